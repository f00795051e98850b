"""A repayment schedule as it is pasted: a line per instalment, with its date and amount, and principal and interest if known."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from desk.core.errors import Invalid
from desk.core.values import GivenInstalment

_ROW = re.compile(
    r"(?:(?:第)?\d{1,3}(?:期)?[.、)]?[\s,;]+)?"
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?(?P<after>[\s,;:]+)(?P<rest>.*)"
)
_AMOUNT = re.compile(
    r"[^\d,.;\s-]*(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,2})?)[^\d,.;\s-]*(?=[\s;]|$)"
)
_SHOWN = 60


def parse_schedule(text: str) -> tuple[GivenInstalment, ...]:
    """Return the rows of a pasted schedule; a first line without any figures is a heading.

    Columns are parted by blanks, tabs, semicolons or commas: a comma behind the date makes all commas such. Raises Invalid
    (`schedule_line`, with the line and its number).
    """
    return tuple(_rows(text))


def _rows(text: str) -> Iterator[GivenInstalment]:
    for number, line in enumerate(text.splitlines(), start=1):
        plain = unicodedata.normalize("NFKC", line).strip()
        if not plain or (number == 1 and not any(map(str.isdigit, plain))):
            continue
        found = _ROW.fullmatch(plain)
        if found is None:
            raise _unclear(number, plain)
        yield _row(number, plain, found)


def _row(number: int, line: str, found: re.Match[str]) -> GivenInstalment:
    try:
        due_on = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError as error:
        raise _unclear(number, line) from error
    rest = found["rest"].replace(",", " ") if "," in found["after"] else found["rest"]
    amounts = _amounts(number, line, rest)
    if len(amounts) == 1:
        return GivenInstalment(number, due_on, amounts[0])
    if len(amounts) == 3:
        return GivenInstalment(number, due_on, *amounts)
    raise _unclear(number, line)


def _amounts(number: int, line: str, rest: str) -> list[Decimal]:
    amounts: list[Decimal] = []
    at = 0
    while at < len(rest):
        if rest[at] in " \t;":
            at += 1
            continue
        found = _AMOUNT.match(rest, at)
        if found is None:
            raise _unclear(number, line)
        amounts.append(Decimal(found["number"].replace(",", "")))
        at = found.end()
    return amounts


def _unclear(number: int, line: str) -> Invalid:
    return Invalid("schedule_line", line=number, given=line[:_SHOWN], nearest=("2026-12-15 2974.69",))
