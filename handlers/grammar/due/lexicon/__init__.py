"""The words and spellings of due times in both languages, and the tokens they mean."""

from functools import lru_cache

from handlers.grammar.due.lexicon import chinese, chinese_durations, english, english_durations, numeric
from handlers.grammar.due.tokens import Pattern

PATTERNS = (
    *numeric.PATTERNS,
    *chinese.PATTERNS,
    *chinese_durations.PATTERNS,
    *english.PATTERNS,
    *english_durations.PATTERNS,
)


@lru_cache(maxsize=1024)
def patterns_for(character: str) -> tuple[Pattern, ...]:
    """Return those of `PATTERNS`, in their order, whose match can begin with the character."""
    return tuple(each for each in PATTERNS if each.beginnings is None or character in each.beginnings)
