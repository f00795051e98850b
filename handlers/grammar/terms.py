"""Find known terms in a line: the longest one at an offset, or those most similar to the text there.

The terms come from the vocabulary or are the keywords of a command. All offsets are in normalised text (`Line.norm`).
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Any, Generic, TypeVar

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY, Word
from handlers.grammar.text import Line, skip_separators, splits_word

W = TypeVar("W", bound=Word)

_HAN = re.compile(r"[\u3400-\u9fff]")
_TEXT_AFTER_SINGLE = re.compile(r"(?!下次)[\u3400-\u9fff]")
_FIRST_WORD = re.compile("[^ ']+")
_MIN_SIMILARITY, _MIN_SIMILARITY_CHINESE = 0.7, 0.5
_MAX_SUGGESTIONS = 3
_COMPARED_LENGTH = 80
"""How many characters of unknown text are compared with the known terms."""


@dataclass(frozen=True, slots=True)
class TermMatch(Generic[W]):
    """A known word found in a line, and the offset where it ends."""

    word: W
    end: int


class Terms(Generic[W]):
    """All the terms that people may type for a list of words.

    Other Chinese text may follow a Chinese term directly. After a term of one character only an opener may (忙 is not the
    beginning of 忙完再说), unless `joins` is set, for words like 到 that connect two parts. A term never matches the beginning
    of a longer term of `never_cut` (身份 in 身份证 is not a purpose).
    """

    def __init__(self, words: Sequence[W], *, joins: bool = False, never_cut: "Terms[Any] | None" = None) -> None:
        self.words = tuple(words)
        self._joins = joins
        self._never_cut = never_cut
        self._word_of = {term: word for word in words for term in word.terms()}
        self._by_first: dict[str, list[tuple[str, str]]] = {}
        for term in sorted(self._word_of, key=len, reverse=True):
            first_word = _FIRST_WORD.match(term)
            self._by_first.setdefault(term[0], []).append((first_word[0] if first_word else "", term))

    def longest(self, norm: str, start: int) -> TermMatch[W] | None:
        """Return the longest term at `start` that does not split a Latin word or number."""
        for first_word, term in self._by_first.get(norm[start : start + 1], ()):
            match = _pattern(term).match(norm, start) if norm.startswith(first_word, start) else None
            if match and not splits_word(norm, match.end()) and (self._joins or not _single_runs_on(norm, match)):
                longer = self._never_cut.longest(norm, start) if self._never_cut else None
                return None if longer and longer.end > match.end() else TermMatch(self._word_of[term], match.end())
        return None

    def reversal_end(self, norm: str, found: TermMatch[W]) -> int | None:
        """Return the end of words that change the meaning of `found` (`paid half`), or None.

        A single Chinese character does so only directly after it: 已接通不了, but not `已接通，不方便`.
        """
        start = skip_separators(norm, found.end)
        for words in found.word.never_before:
            match = _pattern(words).match(norm, start)
            if match is None or splits_word(norm, match.end()):
                continue
            if start == found.end or not _is_one_character(match[0]):
                return match.end()
        return None

    def nearest(self, like: "str | Line", start: int = 0) -> tuple[str, ...]:
        """Return what may be typed instead of the text at `start`: the most similar terms, or every word if none is similar."""
        norm = like if isinstance(like, str) else like.norm
        return self.similar(norm, start) or self.display_forms(
            like if isinstance(like, Line) and like.chinese is not None else norm[start:]
        )

    def similar(self, norm: str, start: int = 0) -> tuple[str, ...]:
        """Return the terms that are most similar to the text at `start`."""
        scores: dict[str, float] = {}
        matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
        for given in _prefixes(norm, start):
            matcher.set_seq2(given)
            minimum = _MIN_SIMILARITY_CHINESE if _HAN.search(given) else _MIN_SIMILARITY
            for term in self._word_of:
                matcher.set_seq1(term)
                if matcher.quick_ratio() >= minimum and (score := matcher.ratio()) >= minimum:
                    scores[term] = max(scores.get(term, 0), score)
        best: dict[str, str] = {}
        for term in sorted(scores, key=lambda term: -scores[term]):
            best.setdefault(self._word_of[term].code, term)
        return tuple(best.values())[:_MAX_SUGGESTIONS]

    def display_forms(self, like: "str | Line" = "") -> tuple[str, ...]:
        """Return the display form of every word, in the language of the text, or of the line's reader if that is known."""
        return tuple(example(like, word.zh, word.en) for word in self.words)


def keyword(code: str, zh: str, *synonyms: str) -> Word:
    """Return a keyword of a command: its English form, which is also its code, its Chinese form, and synonyms."""
    return Word(code=code, zh=zh, en=code, synonyms=synonyms)


def is_chinese(text: str) -> bool:
    """Return whether there is Chinese near the beginning of the text, so that refusals show Chinese examples."""
    return _HAN.search(text[:_COMPARED_LENGTH]) is not None


def example(like: str | Line, zh: str, en: str) -> str:
    """Return the example in the language of the text, or of the line's reader if that is known."""
    if isinstance(like, Line):
        return zh if (is_chinese(like.norm) if like.chinese is None else like.chinese) else en
    return zh if is_chinese(like) else en


@cache  # a desk has two thousand terms; most processes meet a few of them
def _pattern(term: str) -> re.Pattern[str]:
    """Compile a term: for a blank, match any number of blanks, `-` or `_`; for an apostrophe, any kind of apostrophe."""
    return re.compile(re.escape(term).replace(r"\ ", r"[\s_-]+").replace("'", "['’]"))


def _single_runs_on(norm: str, match: re.Match[str]) -> bool:
    return _is_one_character(match[0]) and _TEXT_AFTER_SINGLE.match(norm, match.end()) is not None


def _is_one_character(matched: str) -> bool:
    return len(matched) == 1 and _HAN.match(matched) is not None


def _prefixes(norm: str, start: int) -> Iterator[str]:
    """Yield the first one to three words, and for Chinese, which has no blanks, also the first two to five characters."""
    tokens = re.findall(r"[^\s,、;:]+", norm[start : start + _COMPARED_LENGTH])[:3]
    yield from (" ".join(tokens[:count]) for count in range(1, len(tokens) + 1))
    if tokens and _HAN.match(tokens[0]):
        yield from (tokens[0][:length] for length in range(2, 6))


DOCUMENTS = Terms(VOCABULARY.documents)
PURPOSES = Terms(VOCABULARY.purposes, never_cut=DOCUMENTS)
OUTCOMES = Terms(VOCABULARY.outcomes)
STAGES = Terms(VOCABULARY.stages)
ROLES = Terms(VOCABULARY.roles)
RELATED_ROLES = Terms(VOCABULARY.related_roles)
