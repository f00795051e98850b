"""Read one cell of a lender's file strictly: its value, or Invalid with the reason."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from desk.core.errors import Invalid
from desk.core.terms import RateValue
from desk.core.values import NAME_LIMIT, NUMBER_LIMIT, NUMBER_SEPARATOR
from desk.core.vocabulary import VOCABULARY, term_key
from desk.importing.figures import amount, day, figures
from desk.importing.person_cells import NAME_COLUMNS, PERSON_COLUMNS, PHONE_COLUMNS
from desk.importing.term_cells import TERM_COLUMNS, rate_of, read_term
from desk.rules.contacts import clean_name, read_phone

_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|GETTING_DATA)|Err:\d{3}"
)
"""Errors as spreadsheets show them (ECMA-376 part 1, §18.18.11, and later ones), and LibreOffice's."""
_SHOWN = 60
"""Characters of a formula that a report shows."""
_SCIENTIFIC = re.compile(r"[\d.]+e[+-]?\d+", re.IGNORECASE)
YES, NO = frozenset({"yes", "y", "true", "1", "是", "有"}), frozenset({"no", "n", "false", "0", "否", "无"})
NOBODY = frozenset({"无", "没有", "暂无", "", "/", "n/a", "na", "none", "nil"})
"""What lenders write where there is no such person, as `term_key` has it: dashes are nothing."""

_PLAIN = re.compile(r"[\w.@+-]+")
"""A cell with nothing to remove."""
_AS_TEXT = re.compile(r"`|'(?=\s*[=+@＝＋－＠-])")
"""A mark in front of a cell that makes a spreadsheet take it for text."""
_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
"""A text as spreadsheets are made to keep it: `="00123"`."""
_TEXTS = frozenset({"number", "name", *NAME_COLUMNS})
"""The columns that are stored as they are written."""
_LOST = re.compile(r"[\ufffd\x80-\x84\x86-\x9f]")
"""What a conversion leaves in place of a character that it did not know."""
_ORDINARY: Mapping[str, re.Pattern[str]] = {
    "number": re.compile(rf"[A-Za-z][A-Za-z0-9-]{{0,{NUMBER_LIMIT - 1}}}|[0-9][0-9-]{{0,{NUMBER_LIMIT - 1}}}"),
    "name": re.compile(rf"[\u3400-\u9fff]{{1,{NAME_LIMIT}}}"),
}
"""Cells that are their own value, as most numbers and names are: nothing of them is removed or refused."""


_STAGES = {term: stage.code for stage in VOCABULARY.stages for term in stage.terms()}


def clean(text: str) -> str:
    """Return a cell without what spreadsheets and copying leave around it: `="…"`, a leading back-tick, zero-width
    characters, line breaks, and blanks at the ends."""
    if _PLAIN.fullmatch(text):
        return text
    plain = clean_name(text)
    if formula := _FORMULA.fullmatch(plain):
        plain = formula[1]
    return clean_name(
        re.sub(r"[\r\n\t\v\f]+", " ", _AS_TEXT.sub("", plain, count=1) if _AS_TEXT.match(plain) else plain)
    )


def read_cell(column: str, cell: str, *, today: date, region: str) -> Any:
    """Return the value of a cell, or None for an empty one. Raises Invalid with the reason."""
    ordinary = _ORDINARY.get(column)
    if ordinary is not None and ordinary.fullmatch(cell):
        return cell
    text = clean(cell)
    if not text or (column in PERSON_COLUMNS and term_key(text) in NOBODY):
        return None
    refuse_unread(text)
    if column in _TEXTS and (_LOST.search(cell) or not text.strip("?？ ")):
        raise Invalid("import_damaged", given=text)
    return read_term(column, text) if column in TERM_COLUMNS else _READERS[column](text, today, region)


def refuse_unread(text: str) -> None:
    """Raise Invalid for what a spreadsheet shows in place of a value: an error (`import_error_cell`), a formula that was never
    calculated (`import_formula`), a column that was too narrow (`import_narrow`)."""
    if text[:1] not in ("#", "=", "E"):
        return
    if _ERROR.fullmatch(text):
        raise Invalid("import_error_cell", given=text)
    if text.startswith("="):
        raise Invalid("import_formula", given=text[:_SHOWN])
    if not text.strip("#") and len(text) > 2:
        raise Invalid("import_narrow", given=text)


def read_rate(cell: str, basis: str) -> RateValue | None:
    """Return the rate of a row that says of what it is, or None for an empty one. Raises Invalid with the reason."""
    text, of = clean(cell), clean(basis)
    refuse_unread(text)
    refuse_unread(of)
    return rate_of(text, of)


def _number(text: str, _today: date, _region: str) -> str:
    number = figures(text)
    _refuse_rounded(number)
    if NUMBER_SEPARATOR.search(number):
        raise Invalid("import_number_separated", given=text)
    if len(number) > NUMBER_LIMIT:
        raise Invalid("import_too_long", length=len(number), limit=NUMBER_LIMIT)
    return number


def _name(text: str, _today: date, _region: str) -> str:
    if len(text) > NAME_LIMIT:
        raise Invalid("import_too_long", length=len(text), limit=NAME_LIMIT)
    return text


def _refuse_rounded(text: str) -> None:
    if _SCIENTIFIC.fullmatch(text):
        raise Invalid("import_scientific", given=text)


def _phone(text: str, _today: date, region: str) -> str:
    phone = figures(text)
    _refuse_rounded(phone)
    return read_phone(phone, region)


def _stage(text: str, _today: date, _region: str) -> str:
    if code := _STAGES.get(term_key(text)):
        return code
    raise Invalid("unknown_stage", given=text, nearest=tuple(stage.code for stage in VOCABULARY.stages))


def _due_day(text: str, _today: date, _region: str) -> int:
    plain = figures(text).removesuffix("日").removesuffix("号")
    if not plain.isdecimal() or not 1 <= int(plain) <= 31:
        raise Invalid("import_due_day", given=text, nearest=("1", "15", "31"))
    return int(plain)


def _autopay(text: str, _today: date, _region: str) -> bool:
    key = term_key(text)
    if key not in YES | NO:
        raise Invalid("import_yes_no", given=text, nearest=("yes", "no", "是", "否"))
    return key in YES


def _unpaid_since(text: str, today: date, _region: str) -> date:
    since = day(text)
    if since is None or since > today:
        raise Invalid("import_date", given=text, nearest=(today.isoformat(),))
    return since


_READERS: Mapping[str, Callable[[str, date, str], Any]] = {
    "number": _number,
    "name": _name,
    "phone": _phone,
    "stage": _stage,
    "owner": lambda text, _today, _region: text,
    "amount": lambda text, _today, _region: amount(text),
    "due_day": _due_day,
    "autopay": _autopay,
    "unpaid_since": _unpaid_since,
    **dict.fromkeys(NAME_COLUMNS, _name),
    **dict.fromkeys(PHONE_COLUMNS, _phone),
}
