"""Figures, amounts and dates, as spreadsheets leave them in the cells of a lender's file."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from desk.core.errors import Invalid
from desk.importing.reading.dates import readings

_AMOUNT = re.compile(
    r"(?:人民币|rmb|cny|¥)?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(\.[0-9]+)?\s*(万)?\s*(?:元|圆|人民币|rmb|cny)?整?",
    re.IGNORECASE,
)
"""An amount: with commas between thousands, in 万, with its currency."""
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.000)+")
"""Where others write thousands with a point: 1.000 is not 1."""
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_TEXT_MARKS = "`'"
"""Put before a number, so that a spreadsheet takes it for text."""
_SCIENTIFIC = re.compile(r"[0-9]\.[0-9]+E\+?([0-9]{1,3})", re.IGNORECASE)
"""A number as spreadsheets write long ones."""
FIRST_DAY = date(1900, 3, 1)
"""The first day that all spreadsheets count alike: what is earlier is a number or a mistake."""
_WHOLE_NUMBER = re.compile(r"(\+?[0-9]+)\.0+")
"""A number that a spreadsheet took for a quantity: `13800138000.0`."""


def figures(text: str) -> str:
    """Return a number as the lender's system writes it."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    plain = plain.lstrip(_TEXT_MARKS).strip()
    whole = _WHOLE_NUMBER.fullmatch(plain)
    return whole[1] if whole else _all_digits(plain)


def _all_digits(text: str) -> str:
    """Return the digits of a number in scientific notation that has all of them: `1.3800138001E+10`, but not `1.38E+10`."""
    found = _SCIENTIFIC.fullmatch(text)
    if found is None or len(text.upper().partition("E")[0]) - 1 <= int(found[1]):
        return text
    value = Decimal(text)
    return str(int(value)) if value == int(value) else text


def amount(text: str) -> Decimal:
    """Return an amount of money. Raises Invalid with the reason."""
    plain = figures(text)
    found = _AMOUNT.fullmatch(plain)
    if found is None or _THOUSANDS.fullmatch(text.strip()):
        raise Invalid("import_amount", given=text, nearest=("120000", "120000.00"))
    value = Decimal(found[1].replace(",", "") + (found[2] or "")) * (10_000 if found[3] else 1)
    cents = value.quantize(Decimal("0.01"))
    if cents != value or cents >= 10**12:
        raise Invalid("import_amount", given=text, nearest=("120000", "120000.00"))
    return cents


def day(text: str) -> date | None:
    """Return a date with its year first, with or without a time behind it; None for anything else.

    Raises Invalid: `import_day_order` for one with its year last of which nothing says whether the day or the month comes
    first (`reading.dates` has found no reason in the column), `import_day_early` for one that spreadsheets count differently.
    """
    plain = _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    match = _DATE.fullmatch(plain) or _DIGITS.fullmatch(plain)
    if match is None:
        days = readings(plain)
        if len(days) == 2:
            raise Invalid("import_day_order", given=text, days=days)
        return None
    try:
        found = date(*map(int, match.groups()))
    except ValueError:
        return None
    if found < FIRST_DAY:
        raise Invalid("import_day_early", given=text)
    return found
