"""What a typed cell of a spreadsheet says, as the text that a person would have typed."""

from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import TypeAlias

Value: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

_EXACT = 10**15
"""From here on a spreadsheet's number no longer has all its digits."""


def text_of(value: Value) -> str:
    """Return the text of a cell: a date year first, a whole number without a point, and a number that may have lost digits in
    scientific notation, which is refused wherever digits count."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def number_text(value: float) -> str:
    """Return the text of a number: the fifteen digits that a spreadsheet keeps."""
    if not isfinite(value):
        return str(value)
    whole = int(value)
    if not -_EXACT < whole < _EXACT:
        return f"{value:.14E}"
    return str(whole) if value == whole else f"{value:.15g}"


def percent_text(text: str) -> str:
    """Return a number that its format shows as a percentage."""
    try:
        return f"{float(text) * 100:.12g}%"
    except ValueError:
        return text


def padded_text(text: str, digits: int) -> str:
    """Return a number that its format shows with leading zeros."""
    return text.zfill(digits) if text.isdecimal() else text
