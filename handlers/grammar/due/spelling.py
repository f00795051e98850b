"""Misspelled words of time: never accepted as typed, but shown corrected in the refusal."""

import re
from difflib import get_close_matches

from handlers.grammar.due.lexicon.english import MONTHS, TOMORROW, WEEKDAYS

_WORD = re.compile("[a-z]{4,}")
_KNOWN = [*MONTHS, *WEEKDAYS, *TOMORROW, "today", "tonight", "next", "this", "noon", "hours", "hour", "minutes", "days"]
_KNOWN += ["weeks", "months", "month", "week", "morning", "afternoon", "evening", "night", "after", "half"]
_DAY_NAMES = [name for name in (*WEEKDAYS, *TOMORROW) if len(name) > 5]
_LONG_NAMES = [name for name in _KNOWN if len(name) > 5]
_LOOSE_CUTOFF, _STRICT_CUTOFF = 0.75, 0.84
MAX_LENGTH = 60
"""The longest text, in characters, that can be a due time."""


def corrected_text(text: str, *, strict: bool = False) -> str | None:
    """Return the text with each word replaced by the word of time it resembles, or None if nothing changes.

    Return None as well for a text longer than `MAX_LENGTH`. Use `strict` where the text may be a note.
    """
    if len(text) > MAX_LENGTH:
        return None
    corrected = _WORD.sub(_strict_match if strict else _loose_match, text)
    return corrected if corrected != text else None


def corrected_day(text: str, at: int) -> tuple[str, int] | None:
    """Return the day name that the word at `at` closely resembles (`tomorow`) and the word's end, or None."""
    word = _WORD.match(text, at)
    if word is None or word[0] in _KNOWN or len(word[0]) > max(map(len, _DAY_NAMES)) + 1:
        return None
    near = get_close_matches(word[0], _DAY_NAMES, n=1, cutoff=_STRICT_CUTOFF)
    return (near[0], word.end()) if near else None


def _strict_match(word: re.Match[str]) -> str:
    # Many words of a note resemble short names: `start` and `sat`, `money` and `mon`, `none` and `noon`.
    near = [] if word[0] in _KNOWN else get_close_matches(word[0], _LONG_NAMES, n=1, cutoff=_STRICT_CUTOFF)
    return near[0] if near else word[0]


def _loose_match(word: re.Match[str]) -> str:
    if word[0] in _KNOWN:
        return word[0]
    near = get_close_matches(word[0], _KNOWN, n=1, cutoff=_LOOSE_CUTOFF)
    return near[0] if near else word[0]
