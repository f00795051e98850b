"""Words of time that were spelled wrong: never read as if they were right, but shown right in the refusal."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from handlers.grammar.due.lexicon.english import MONTHS, TOMORROW, WEEKDAYS

_WORD = re.compile("[a-z]{4,}")
_KNOWN = [*MONTHS, *WEEKDAYS, *TOMORROW, "today", "tonight", "next", "this", "noon", "hours", "hour", "minutes", "days"]
_KNOWN += ["weeks", "months", "month", "week", "morning", "afternoon", "evening", "night", "after", "half"]
_DAY_NAMES = [name for name in (*WEEKDAYS, *TOMORROW) if len(name) > 5]
_LONG_NAMES = [name for name in _KNOWN if len(name) > 5]
_LOOSE_CUTOFF, _STRICT_CUTOFF = 0.75, 0.84
MAX_LENGTH = 60


def corrections(text: str, *, strict: bool = False) -> Iterator[str]:
    """The text with every word that looks like a word of time written as that word; nothing when nothing changes, or the text
    is too long to be a due time. `strict` where it may as well be a note."""
    if len(text) > MAX_LENGTH:
        return
    changed = _WORD.sub(_strict_match if strict else _loose_match, text)
    if changed != text:
        yield changed


def corrected_day(text: str, at: int) -> tuple[str, int] | None:
    """The name of a day that the word at a place strict was meant to be (`tomorow`), and where the word ends."""
    word = _WORD.match(text, at)
    if word is None or word[0] in _KNOWN or len(word[0]) > max(map(len, _DAY_NAMES)) + 1:
        return None
    near = get_close_matches(word[0], _DAY_NAMES, n=1, cutoff=_STRICT_CUTOFF)
    return (near[0], word.end()) if near else None


def _strict_match(word: re.Match[str]) -> str:
    # Too many words of a note are like short names: `start` is like `sat`, `money` like `mon`, `none` like `noon`.
    near = [] if word[0] in _KNOWN else get_close_matches(word[0], _LONG_NAMES, n=1, cutoff=_STRICT_CUTOFF)
    return near[0] if near else word[0]


def _loose_match(word: re.Match[str]) -> str:
    if word[0] in _KNOWN:
        return word[0]
    near = get_close_matches(word[0], _KNOWN, n=1, cutoff=_LOOSE_CUTOFF)
    return near[0] if near else word[0]
