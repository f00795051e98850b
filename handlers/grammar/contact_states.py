"""A state of a borrower as people type it, with its last day: `breathing space until 30 dec`, `缓冲期至12月30日`."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.vocabulary import Word, term_for, term_key
from desk.rules.contact_packs import STATES
from handlers.grammar.loan_fields import parse_day
from handlers.grammar.terms import example, keyword

STATE_WORD = keyword("contact", "联系状态", "客户状态", "致电状态", "contact state", "state")
"""What people type for the field."""

EXAMPLES = ("请勿致电", "do not call")

_WORDS = tuple(Word(code=each.code, zh=each.zh, en=each.en, synonyms=each.synonyms) for each in STATES.values())
_UNTIL = re.compile(r"\s*(?:\b(?:until|till|through|to)\b|截至|直到|至|到)\s*", re.IGNORECASE)
_END = re.compile(r"[\s。.!！)）]*(?:为?止)?[\s。.!！)）]*$")
_BRACKETS = str.maketrans("(（", "  ")
_ENDED = frozenset(
    map(
        term_key,
        ("none", "ended", "end", "may be called", "ok", "无", "解除", "取消", "结束", "可致电", "正常", "-", "—"),
    )
)


@dataclass(frozen=True, slots=True)
class TypedState:
    """A state and its last day; `code` None: the present one has ended."""

    code: str | None
    until_on: date | None = None


def parse_state(text: str, now: datetime, zone: ZoneInfo) -> TypedState:
    """Return the state that the whole text means. Raises Invalid (`choice_unknown`), and as `parse_day` does."""
    text = _END.sub("", text).translate(_BRACKETS)
    if term_key(text) in _ENDED:
        return TypedState(None)
    if (word := term_for(_WORDS, text)) is not None:
        return TypedState(word.code)
    for found in _UNTIL.finditer(text):
        word = term_for(_WORDS, text[: found.start()].strip(" ,，:："))
        if word is not None:
            return TypedState(word.code, parse_day(text[found.end() :], now, zone))
    raise Invalid(
        "choice_unknown",
        part="value",
        given=text[:40],
        nearest=tuple(example(text, each.zh, each.en) for each in _WORDS[:4]),
    )
