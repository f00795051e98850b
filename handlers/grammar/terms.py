"""Finds known words in a line: the longest that may stand at a place, or those that look most like what stands there.

The words are the vocabulary's, or the keywords of a command. All offsets are offsets in normalised text (`Line.norm`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Generic, TypeVar

from desk.core.vocabulary import VOCABULARY, Word
from handlers.grammar.text import skip_separators, splits_word

W = TypeVar("W", bound=Word)

_HAN = re.compile(r"[\u3400-\u9fff]")
_RUNS_ON_AFTER_ONE = re.compile(r"(?!下次)[\u3400-\u9fff]")
_LIKENESS, _LIKENESS_OF_CHINESE = 0.7, 0.5
_MOST_SUGGESTIONS = 3
_LOOKED_AT = 80
"""So many characters of what was not understood are compared with what would be."""


@dataclass(frozen=True, slots=True)
class TermMatch(Generic[W]):
    """A known word and where it ends."""

    word: W
    end: int


class Terms(Generic[W]):
    """All that people may type for some words.

    A Chinese word may run on into what follows, but one of a single character only into an opener (忙 is not the
    beginning of 忙完再说), unless `joins`: words like 到 that stand between two parts. None is the beginning of a longer
    word of `never_cut` (身份 in 身份证 is no purpose).
    """

    def __init__(self, words: Sequence[W], *, joins: bool = False, never_cut: "Terms[Any] | None" = None) -> None:
        self.words = tuple(words)
        self._joins = joins
        self._never_cut = never_cut
        self._word_of = {term: word for word in words for term in word.terms()}
        self._by_first: dict[str, list[tuple[re.Pattern[str], W]]] = {}
        for term in sorted(self._word_of, key=len, reverse=True):
            entry = (_pattern(term), self._word_of[term])
            self._by_first.setdefault(term[0], []).append(entry)
        self._never_before = {word.code: tuple(map(_pattern, word.never_before)) for word in words}

    def longest(self, norm: str, start: int) -> TermMatch[W] | None:
        """The longest term at `start` that splits_word no Latin word or number."""
        for pattern, word in self._by_first.get(norm[start : start + 1], ()):
            match = pattern.match(norm, start)
            if match and not splits_word(norm, match.end()) and (self._joins or not _one_that_runs_on(norm, match)):
                longer = self._never_cut.longest(norm, start) if self._never_cut else None
                return None if longer and longer.end > match.end() else TermMatch(word, match.end())
        return None

    def reversal_end(self, norm: str, found: TermMatch[W]) -> int | None:
        """Where the words end that turn what was found into something else (`paid half`), or None.

        One Chinese character does so only where it stands directly behind it: 已接通不了, not `已接通，不方便`.
        """
        behind = skip_separators(norm, found.end)
        for pattern in self._never_before[found.word.code]:
            match = pattern.match(norm, behind)
            if (
                match
                and not splits_word(norm, match.end())
                and (behind == found.end or not _is_one_character(match[0]))
            ):
                return match.end()
        return None

    def nearest(self, norm: str, start: int = 0) -> tuple[str, ...]:
        """What may be typed instead of the words at `start`: the likest terms, or every word when none is like them."""
        scores: dict[str, float] = {}
        matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
        for given in _ways_to_cut(norm, start):
            matcher.set_seq2(given)
            enough = _LIKENESS_OF_CHINESE if _HAN.search(given) else _LIKENESS
            for term in self._word_of:
                matcher.set_seq1(term)
                if matcher.quick_ratio() >= enough and (score := matcher.ratio()) >= enough:
                    scores[term] = max(scores.get(term, 0), score)
        likest: dict[str, str] = {}
        for term in sorted(scores, key=lambda term: -scores[term]):
            likest.setdefault(self._word_of[term].code, term)
        return tuple(likest.values())[:_MOST_SUGGESTIONS] or self.shown(norm[start:])

    def shown(self, like: str = "") -> tuple[str, ...]:
        """Every word as it is shown, in the language in which `like` was typed."""
        return tuple(word.zh if is_chinese(like) else word.en for word in self.words)


def keyword(code: str, zh: str, *synonyms: str) -> Word:
    """A word of a command's grammar: its English form, its Chinese one, and others."""
    return Word(code=code, zh=zh, en=code, synonyms=synonyms)


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese near its beginning, so that its writer is answered with Chinese examples."""
    return _HAN.search(text[:_LOOKED_AT]) is not None


def _pattern(term: str) -> re.Pattern[str]:
    """Any number of blanks, `-` or `_` where the term has a blank, and any apostrophe."""
    return re.compile(re.escape(term).replace(r"\ ", r"[\s_-]+").replace("'", "['’]"))


def _one_that_runs_on(norm: str, match: re.Match[str]) -> bool:
    return _is_one_character(match[0]) and _RUNS_ON_AFTER_ONE.match(norm, match.end()) is not None


def _is_one_character(matched: str) -> bool:
    return len(matched) == 1 and _HAN.match(matched) is not None


def _ways_to_cut(norm: str, start: int) -> Iterator[str]:
    """The first word to the first three, and the first few characters of Chinese, which runs on."""
    tokens = re.findall(r"[^\s,、;:]+", norm[start : start + _LOOKED_AT])[:3]
    yield from (" ".join(tokens[:count]) for count in range(1, len(tokens) + 1))
    if tokens and _HAN.match(tokens[0]):
        yield from (tokens[0][:length] for length in range(2, 6))


DOCUMENTS = Terms(VOCABULARY.documents)
PURPOSES = Terms(VOCABULARY.purposes, never_cut=DOCUMENTS)
OUTCOMES = Terms(VOCABULARY.outcomes)
STAGES = Terms(VOCABULARY.stages)
ROLES = Terms(VOCABULARY.roles)
