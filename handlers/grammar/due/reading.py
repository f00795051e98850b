"""Read due times: find the candidates in a line, choose the longest, and resolve or refuse it."""

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due
from handlers.grammar.due.candidates import Candidate, candidates
from handlers.grammar.due.dates import ReferenceTime
from handlers.grammar.due.resolution import alternatives, readings, resolve
from handlers.grammar.due.spelling import MAX_LENGTH, corrected_day, corrected_text
from handlers.grammar.due.tokens import BareNumber, DateToken, RefusedError, TimeToken, Weekday
from handlers.grammar.text import Line, is_separator, splits_word

_EXAMPLES_ZH = ("明天下午3点", "下周五14:30", "月底", "2小时后")
_EXAMPLES_EN = ("tomorrow 3pm", "next fri 14:30", "end of month", "in 2 hours")

_SIMPLIFIED = str.maketrans("後點週號禮個時兩俩鐘過內這開間還幾會兒數", "后点周号礼个时两两钟过内这开间还几会儿数")
_FULL_STOP = re.compile("[.。!！]$")
_NUMBER = re.compile("(?:at )?[0-9]{1,2}(?:[.][0-9]{1,2})?")
_WORD = re.compile(r"\S+")
_OPENER = "next"

_SHORT = 24
"""The most characters at the end of a line of which it is remembered what they can mean."""


@dataclass(frozen=True, slots=True)
class DueMatch:
    """A due time found in a line. `end` is its offset in the normalised text; `before` is true if 前 closes it."""

    due: Due
    end: int
    before: bool = False


@dataclass(frozen=True, slots=True)
class NextWeekday:
    """The readings of `next` with a weekday; a single one when both ways to read it agree."""

    readings: tuple[Due, ...]
    end: int


def parse_due(text: str, now: datetime, zone: ZoneInfo) -> Due:
    """Return the due time that the whole text means. Raise `Invalid` with one of this package's codes."""
    line = Line.plain(text)
    start, end = _trim(line)
    found = list(candidates(_matched_text(line)[:end], start)) if end > start else []
    whole = [candidate for candidate in found if candidate.end == end]
    if not whole:
        raise _not_understood(line, start, end, found, ReferenceTime(now, zone))
    return _due(line, start, _longest(whole), ReferenceTime(now, zone))


def longest_due(line: Line, start: int, now: datetime, zone: ZoneInfo, *, before: bool = False) -> DueMatch | None:
    """Return the longest due time that begins at the normalised offset `start`, after any separators.

    Return None if nothing there begins like a due time. Raise `Invalid` if it does but is refused: ambiguous, past, a period, a
    number 0–24 directly after a date without a time, or a longer phrase that the match would cut short (`3点到5点`). With
    `before`, a 前, 之前 or 以前 after the due time is part of it.
    """
    start = line.skip(start)
    candidate = _candidate_at(line, start, before=before)
    if candidate is None:
        return None
    ref = ReferenceTime(now, zone)
    due = _due(line, start, candidate, ref)
    _refuse_misspelled_day(line, start, candidate, ref)
    return DueMatch(due, candidate.end, candidate.before)


def due_end(line: Line, start: int) -> int:
    """Return the end of the longest phrase at `start` that begins like a due time, even a refused one, or 0.

    A number that may or may not be an hour (`15`) is none.
    """
    found = () if splits_word(line.norm, start) else found_at(_matched_text(line), start)
    return max((each.end for each in found if not isinstance(each.tokens[0], BareNumber)), default=0)


def correct_spelling(
    line: Line, start: int, now: datetime, zone: ZoneInfo, *, strict: bool = False
) -> tuple[str, str] | None:
    """Return the text at `start` as typed and with its spelling corrected (`tommorow 3pm`), or None if it is still no due time.

    With `strict`, for places where a note may begin, a word must closely resemble a long name.
    """
    typed = line.norm[start : start + MAX_LENGTH]
    corrected = corrected_text(typed, strict=strict)
    if corrected is None:
        return None
    corrected_line = Line.plain(corrected)
    try:
        due = longest_due(corrected_line, 0, now, zone)
    except Invalid:
        return None
    if due is None:
        return None
    meant = corrected_line.original(0, due.end)
    words = list(_WORD.finditer(typed))[: len(_WORD.findall(meant))]
    return line.original(start, start + words[-1].end()), meant


def next_weekday_readings(line: Line, start: int, now: datetime, zone: ZoneInfo) -> NextWeekday | None:
    """Return both readings of the opener `next` before a weekday at `start`: the coming weekday, and that of next week.

    Return None if `next` is only an opener; `longest_due` then reads what follows. Raise `Invalid` if `next` and what follows
    are a period (`next week`, `next 2 days`). A due time that includes its `next` (`next week fri`) has a single reading.
    """
    ref = ReferenceTime(now, zone)
    start = line.skip(start)
    opener_end = start
    while opener_end and is_separator(line.norm[opener_end - 1]):
        opener_end -= 1
    opener = opener_end - len(_OPENER)
    if not line.norm.endswith(_OPENER, 0, opener_end):
        return None
    candidate = _candidate_at(line, opener)
    if candidate is None:
        return None
    alone = _candidate_at(line, start)
    if alone and not alone.refusal and sum(isinstance(token, DateToken) for token in alone.tokens) > 1:
        return None
    due = _due(line, opener, candidate, ref)
    if alone is None or alone.refusal or alone.end != candidate.end:
        return NextWeekday((due,), candidate.end)
    if not any(isinstance(token, Weekday) for token in alone.tokens):
        return None
    try:
        both = {*readings(alone.tokens, ref), due}
    except RefusedError as refused:
        raise _refused(line, start, alone, refused, ref) from None
    return NextWeekday(tuple(sorted(both, key=lambda each: (each.on, str(each.at)))), candidate.end)


def _trim(line: Line) -> tuple[int, int]:
    """Return the bounds of the text without surrounding blanks and separators and a final full stop."""
    end = len(line.norm)
    while end and is_separator(line.norm[end - 1]):
        end -= 1
    if _FULL_STOP.search(line.norm[:end]) and not re.search(r"[ap]\.\s?m\.$", line.norm[:end]):
        end -= 1
    return line.skip(0), end


def _matched_text(line: Line) -> str:
    """Return the normalised text with the traditional characters of time words simplified."""
    return _simplified(line.norm)


@lru_cache(maxsize=1)  # one line is read at many places
def _simplified(norm: str) -> str:
    return norm.translate(_SIMPLIFIED)


def _candidate_at(line: Line, start: int, *, before: bool = False) -> Candidate | None:
    if splits_word(line.norm, start):
        return None
    found = found_at(_matched_text(line), start, before=before)
    return _longest(found) if found else None


@lru_cache(maxsize=8)  # the same places of a line are read again, and no line is kept for long
def found_at(text: str, start: int, *, before: bool = False) -> tuple[Candidate, ...]:
    """Return the candidates at a place of a normalised text, as `candidates` finds them."""
    if len(text) - start > _SHORT:
        return tuple(candidates(text, start, before=before))
    first = max(0, start - 1)
    return tuple(each.moved(first) for each in _found_at_end(text[first:], start - first, before=before))


@lru_cache(maxsize=1024)  # many lines end with `tomorrow 10am`; what is longer may be a note, which is not kept
def _found_at_end(text: str, start: int, *, before: bool) -> tuple[Candidate, ...]:
    """Return the candidates at the end of a line. They depend on nothing before it but one character."""
    return tuple(candidates(text, start, before=before))


def _longest(found: Sequence[Candidate]) -> Candidate:
    return max(found, key=lambda each: (each.end, each.refusal is None, each.before, -len(each.tokens)))


def _due(line: Line, start: int, candidate: Candidate, ref: ReferenceTime) -> Due:
    given = line.original(start, candidate.end)
    if not given.isascii() and any(map(_is_superscript, given)):
        raise _invalid(line, "due_not_understood", given)
    try:
        if candidate.refusal:
            raise RefusedError(candidate.refusal.code, alternatives(candidate, ref), candidate.refusal.examples)
        return resolve(candidate.tokens, ref)
    except RefusedError as refused:
        raise _refused(line, start, candidate, refused, ref) from None


def _refuse_misspelled_day(line: Line, start: int, candidate: Candidate, ref: ReferenceTime) -> None:
    """Refuse a misspelled day after a time: `3pm tomorow documents` is not today at 15:00 with a note."""
    word_start = line.skip(candidate.end)
    time_alone = all(isinstance(token, TimeToken) for token in candidate.tokens)
    day = corrected_day(line.norm, word_start) if time_alone and word_start > candidate.end else None
    if day and not splits_word(line.norm, day[1]):
        meant = line.original(start, word_start) + day[0]
        raise _invalid(
            line, "due_not_understood", line.original(start, day[1]), (meant,) if _is_accepted(meant, ref) else ()
        )


def _is_superscript(character: str) -> bool:
    """Return whether normalising the character changes its meaning: `2²` is not 22."""
    return unicodedata.decomposition(character).startswith(("<super>", "<sub>", "<fraction>"))


def _refused(line: Line, start: int, candidate: Candidate, refused: RefusedError, ref: ReferenceTime) -> Invalid:
    given = line.original(start, candidate.end)
    forms = _accepted(refused.examples, ref) or _accepted((_iso(due, ref) for due in refused.offers), ref)
    readings = refused.offers if refused.code == "due_ambiguous" else ()
    return _invalid(line, refused.code, given, tuple(forms), readings, tuple(forms.values()))


def _accepted(forms: Iterable[str], ref: ReferenceTime) -> dict[str, Due]:
    """Return those of the forms that are accepted, and what they mean."""
    found: dict[str, Due] = {}
    for form in forms:
        with contextlib.suppress(Invalid):
            found[form] = parse_due(form, ref.now, ref.zone)
    return found


def _iso(due: Due, ref: ReferenceTime) -> str:
    return f"{due.at.astimezone(ref.zone):%Y-%m-%d %H:%M}" if due.at else due.on.isoformat()


def _invalid(
    line: Line,
    code: str,
    given: str,
    nearest: tuple[str, ...] = (),
    readings: tuple[Due, ...] = (),
    meant: tuple[Due, ...] = (),
) -> Invalid:
    given_chinese = any("\u4e00" <= character <= "\u9fff" for character in given)
    chinese = given_chinese if line.chinese is None else line.chinese
    examples = _EXAMPLES_ZH if chinese else _EXAMPLES_EN
    return Invalid(code, given=given, nearest=nearest or examples, readings=readings, meant=meant)


def _not_understood(line: Line, start: int, end: int, found: list[Candidate], ref: ReferenceTime) -> Invalid:
    """Return why a text is not a due time: the refusal of the phrase it begins with, or one that suggests a spelling."""
    given = line.original(start, end)
    if _NUMBER.fullmatch(line.norm, start, end):
        return _invalid(line, "due_bare_number", given)
    if found and (longest := _longest(found)).refusal:
        refused = RefusedError(longest.refusal.code, alternatives(longest, ref), longest.refusal.examples)
        return _refused(line, start, longest, refused, ref)
    corrected = corrected_text(line.norm[start:end])
    return _invalid(
        line, "due_not_understood", given, (corrected,) if corrected and _is_accepted(corrected, ref) else ()
    )


def _is_accepted(text: str, ref: ReferenceTime) -> bool:
    return bool(_accepted((text,), ref))
