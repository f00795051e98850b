"""Texts as cells of CSV that spreadsheets open: none of them is taken for a formula, and none is shortened as a number.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\u2060\ufeff]*[=+\-@＝＋－＠]")
"""What spreadsheets calculate: also full-width signs, and behind blanks that some of them skip."""
_SHORTENED = re.compile(r"0\d+|\d{12,}")
"""Numbers that lose zeros or digits."""

_QUOTED = re.compile(r'=\s*"(.*)"', re.DOTALL)
"""A text as spreadsheets are made to keep it: `="00123"`."""


def is_like_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula."""
    return _FORMULA.match(text) is not None


def neutral(text: str) -> str:
    """Return a text as a cell: one that a spreadsheet would take for a formula has an apostrophe before it."""
    return f"'{text}" if is_like_formula(text) else text


def kept_as_text(text: str) -> str:
    """Return a cell of a file of refused rows, which is neither calculated nor shortened: reading removes what is put around it
    (`importing.cells.clean`)."""
    plain = text.strip()
    if quoted := _QUOTED.fullmatch(plain):
        plain = quoted[1].strip()
    if _SHORTENED.fullmatch(plain):
        return f'="{plain}"'
    return plain if plain == "-" else neutral(plain)
