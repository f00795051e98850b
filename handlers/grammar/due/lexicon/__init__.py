"""The words and spellings of due times in both languages, and the tokens they mean."""

from handlers.grammar.due.lexicon import chinese, chinese_durations, english, english_durations, numeric

PATTERNS = (
    *numeric.PATTERNS,
    *chinese.PATTERNS,
    *chinese_durations.PATTERNS,
    *english.PATTERNS,
    *english_durations.PATTERNS,
)
