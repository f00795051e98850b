"""Figures, amounts and dates, as spreadsheets leave them in the cells of a lender's file."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from desk.core.errors import Invalid

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.000)+")
"""Where others write thousands with a point: 1.000 is not 1."""
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TEXT_MARKS = "`'"
"""Put before a number, so that a spreadsheet takes it for text."""
_WHOLE_NUMBER = re.compile(r"(\+?[0-9]+)\.0+")
"""A number that a spreadsheet took for a quantity: `13800138000.0`."""


def figures(text: str) -> str:
    """Return a number as the lender's system writes it."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    plain = plain.lstrip(_TEXT_MARKS).strip()
    whole = _WHOLE_NUMBER.fullmatch(plain)
    return whole[1] if whole else plain


def amount(text: str) -> Decimal:
    """Return an amount of money. Raises Invalid with the reason."""
    plain = figures(text)
    if not _AMOUNT.fullmatch(plain) or _THOUSANDS.fullmatch(text.strip()):
        raise Invalid("import_amount", given=text, nearest=("120000", "120000.00"))
    return Decimal(plain).quantize(Decimal("0.01"))


def day(text: str) -> date | None:
    """Return a date with its year first, None for anything else."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
