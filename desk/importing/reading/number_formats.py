"""What the format of a spreadsheet's number shows of it: a percentage, or leading zeros (ECMA-376 part 1, §18.8.30 and 31)."""

import re

PERCENTAGES = frozenset({9, 10})
"""The numbers of the formats that every workbook has for percentages."""

_ZEROS = re.compile(r"0{2,}")
_QUOTED = re.compile(r'"[^"]*"|\\.')


def is_percentage(code: str) -> bool:
    """Return whether numbers of that format are shown as percentages."""
    return "%" in _QUOTED.sub("", code)


def digits_of(code: str) -> int:
    """Return with how many digits numbers of that format are shown, filled up with zeros; 0: as they are."""
    plain = _QUOTED.sub("", code)
    return len(plain) if _ZEROS.fullmatch(plain) else 0
