"""Due times as people type them, in Chinese and English: read whole, or refused.

A strict grammar over the NFKC-normalised, case-folded text. Nothing is guessed: a phrase that is not understood to its last
character, that has two readings, or that lies in the past, is refused with one of these codes (`desk.core.errors.Invalid`):

- `due_not_understood`: no due time, or words behind it that are none (`tommorow`, `3万元`).
- `due_ambiguous`: more than one reading (`3点`, `2:30`, `3/4`, `3m`, today's own weekday); `readings` has them.
- `due_past`: it does not lie after now (a date: before today), or next comes in more than ten months.
- `due_no_such_date`: `2月30日`. `due_no_such_time`: `25点`, or a time that the clocks skip that day.
- `due_range`: a period, a limit or a guess (`下周`, `周末`, `周五前`, `3点到5点`, `about 3pm`), or a mere length (`3天`).
- `due_part_of_day`: a part of the day without a time (`明天下午`).
- `due_bare_number`: a number that may be an hour or may not (`fri 2`, `3`), or a year in two figures.
- `due_midnight`: midnight by name (`今晚12点`, `12am`); which day's is not said. `00:00` is the day's first minute.
- `due_contradiction`: the weekday is not that date's, or the hour not in that part of the day (`上午15点`).
- `due_two_times`: two dates or two times (`周五或周六`, `明天 2小时后`).
- `due_too_far`: more than ten years ahead.

Each has `given` (as typed), `nearest` (forms that would be accepted here and now) and `readings` (a tuple of `Due`, may be
empty). What follows `now`: "later" is strictly later; a date alone is today's or later. Weeks start on Monday.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from desk.core.values import Due
from handlers.grammar.due.calendar import Here
from handlers.grammar.due.pieces import DatePiece, RefusedError, TimePiece, Weekday
from handlers.grammar.due.resolve import instead_of, readings, resolve
from handlers.grammar.due.run import Run, runs
from handlers.grammar.due.spelling import LONGEST, date_respelled, respelled
from handlers.grammar.text import Line, cuts, is_separator

EXAMPLES_ZH = ("明天下午3点", "下周五14:30", "月底", "2小时后")
EXAMPLES_EN = ("tomorrow 3pm", "next fri 14:30", "end of month", "in 2 hours")

_SIMPLIFIED = str.maketrans("後點週號禮個時兩俩鐘過內這開間還幾會兒數", "后点周号礼个时两两钟过内这开间还几会儿数")
_FULL_STOP = re.compile("[.。!！]$")
_NUMBER = re.compile("(?:at )?[0-9]{1,2}(?:[.][0-9]{1,2})?")
_WORD = re.compile(r"\S+")
_OPENER = "next"


@dataclass(frozen=True, slots=True)
class DueRun:
    """A due time at the beginning of a stretch of text, up to the normalised offset `end`; `before` when 前 closed it."""

    due: Due
    end: int
    before: bool = False


@dataclass(frozen=True, slots=True)
class NextWeekday:
    """What `next` and the words behind it may mean; one reading when the two ways of reading agree."""

    readings: tuple[Due, ...]
    end: int


def parse_due(text: str, now: datetime, zone: ZoneInfo) -> Due:
    """The due time that the whole text is; raises `Invalid` with a code of this module's."""
    line = Line.plain(text)
    start, end = _inner(line)
    found = list(runs(_text(line)[:end], start)) if end > start else []
    whole = [run for run in found if run.end == end]
    if not whole:
        raise _not_understood(line, start, end, found, Here(now, zone))
    return _due(line, start, _longest(whole), Here(now, zone))


def longest_due(line: Line, start: int, now: datetime, zone: ZoneInfo, *, before: bool = False) -> DueRun | None:
    """The longest due time that begins at the normalised offset `start` (separators there are skipped).

    None when nothing there begins like a due time; raises `Invalid` when what begins like one is refused: ambiguous, past, a
    period, a number 0–24 directly behind a date without a time, a longer time that the match would cut (`3点到5点`). With
    `before`, a 前, 之前 or 以前 behind it is taken along.
    """
    start = line.skip(start)
    run = _run_at(line, start, before=before)
    if run is None:
        return None
    here = Here(now, zone)
    due = _due(line, start, run, here)
    _refuse_misspelled_day(line, start, run, here)
    return DueRun(due, run.end, run.before)


def misspelled(
    line: Line, start: int, now: datetime, zone: ZoneInfo, *, surely: bool = False
) -> tuple[str, str] | None:
    """What stands at `start` as typed, and the due time that it is when its words of time are spelled right
    (`tommorow 3pm`); None when it is none even then. `surely` where it may as well be a note: then a word must be much like
    a long name."""
    typed = line.norm[start : start + LONGEST]
    for spelled in respelled(typed, surely=surely):
        right = Line.plain(spelled)
        try:
            run = longest_due(right, 0, now, zone)
        except Invalid:
            continue
        if run is not None:
            meant = right.original(0, run.end)
            words = list(_WORD.finditer(typed))[: len(_WORD.findall(meant))]
            return line.original(start, start + words[-1].end()), meant
    return None


def next_weekday_readings(line: Line, start: int, now: datetime, zone: ZoneInfo) -> NextWeekday | None:
    """Both readings of an opener `next` with a weekday at `start`: the weekday to come, and that of next week.

    None when `next` there is nothing but an opener (go on with `longest_due`). Raises `Invalid` when `next` and what follows
    are a period (`next week`, `next 2 days`). A due time that holds its `next` (`next week fri`) is a single reading.
    """
    here = Here(now, zone)
    start = line.skip(start)
    opener_end = start
    while opener_end and is_separator(line.norm[opener_end - 1]):
        opener_end -= 1
    opener = opener_end - len(_OPENER)
    if not line.norm.endswith(_OPENER, 0, opener_end):
        return None
    run = _run_at(line, opener)
    if run is None:
        return None
    alone = _run_at(line, start)
    if alone and not alone.refusal and sum(isinstance(piece, DatePiece) for piece in alone.pieces) > 1:
        return None
    due = _due(line, opener, run, here)
    if alone is None or alone.refusal or alone.end != run.end:
        return NextWeekday((due,), run.end)
    if not any(isinstance(piece, Weekday) for piece in alone.pieces):
        return None
    try:
        both = {*readings(alone.pieces, here), due}
    except RefusedError as refused:
        raise _refused(line, start, alone, refused, here) from None
    return NextWeekday(tuple(sorted(both, key=lambda each: (each.on, str(each.at)))), run.end)


def _inner(line: Line) -> tuple[int, int]:
    """The text without blanks, separators and a full stop around it."""
    end = len(line.norm)
    while end and is_separator(line.norm[end - 1]):
        end -= 1
    if _FULL_STOP.search(line.norm[:end]) and not re.search(r"[ap]\.\s?m\.$", line.norm[:end]):
        end -= 1
    return line.skip(0), end


def _text(line: Line) -> str:
    """What is matched: the normalised text, with the words of time that are written otherwise in Taipei and Hong Kong."""
    return _simplified(line.norm)


@lru_cache(maxsize=1)  # one line is read at many places
def _simplified(norm: str) -> str:
    return norm.translate(_SIMPLIFIED)


def _run_at(line: Line, start: int, *, before: bool = False) -> Run | None:
    if cuts(line.norm, start):
        return None
    found = list(runs(_text(line), start, before=before))
    return _longest(found) if found else None


def _longest(found: list[Run]) -> Run:
    return max(found, key=lambda run: (run.end, run.refusal is None, run.before, -len(run.pieces)))


def _due(line: Line, start: int, run: Run, here: Here) -> Due:
    if any(_is_raised(character) for character in line.original(start, run.end)):
        raise _invalid("due_not_understood", line.original(start, run.end))
    try:
        if run.refusal:
            raise RefusedError(run.refusal.code, instead_of(run, here), run.refusal.examples)
        return resolve(run.pieces, here)
    except RefusedError as refused:
        raise _refused(line, start, run, refused, here) from None


def _refuse_misspelled_day(line: Line, start: int, run: Run, here: Here) -> None:
    """`3pm tomorow documents` is not today at three with a note."""
    word_start = line.skip(run.end)
    time_alone = all(isinstance(piece, TimePiece) for piece in run.pieces)
    day = date_respelled(line.norm, word_start) if time_alone and word_start > run.end else None
    if day and not cuts(line.norm, day[1]):
        meant = line.original(start, word_start) + day[0]
        raise _invalid("due_not_understood", line.original(start, day[1]), (meant,) if _reads(meant, here) else ())


def _is_raised(character: str) -> bool:
    """Whether normalising it changes what it says: `2²` is not 22."""
    return unicodedata.decomposition(character).startswith(("<super>", "<sub>", "<fraction>"))


def _refused(line: Line, start: int, run: Run, refused: RefusedError, here: Here) -> Invalid:
    given = line.original(start, run.end)
    examples = tuple(example for example in refused.examples if _reads(example, here))
    nearest = examples or tuple(form for form in (_absolute(due, here) for due in refused.offers) if _reads(form, here))
    return _invalid(refused.code, given, nearest, refused.offers if refused.code == "due_ambiguous" else ())


def _absolute(due: Due, here: Here) -> str:
    return f"{due.at.astimezone(here.zone):%Y-%m-%d %H:%M}" if due.at else due.on.isoformat()


def _invalid(code: str, given: str, nearest: tuple[str, ...] = (), meant: tuple[Due, ...] = ()) -> Invalid:
    chinese = any("\u4e00" <= character <= "\u9fff" for character in given)
    examples = EXAMPLES_ZH if chinese else EXAMPLES_EN
    return Invalid(code, given=given, nearest=nearest or examples, readings=meant)


def _not_understood(line: Line, start: int, end: int, found: list[Run], here: Here) -> Invalid:
    """Why a text as a whole is no due time: the reason of what it begins with, else what it may have been meant to be."""
    given = line.original(start, end)
    if _NUMBER.fullmatch(line.norm, start, end):
        return _invalid("due_bare_number", given)
    if found and (longest := _longest(found)).refusal:
        refused = RefusedError(longest.refusal.code, instead_of(longest, here), longest.refusal.examples)
        return _refused(line, start, longest, refused, here)
    spelled = tuple(candidate for candidate in respelled(line.norm[start:end]) if _reads(candidate, here))
    return _invalid("due_not_understood", given, spelled)


def _reads(text: str, here: Here) -> bool:
    try:
        parse_due(text, here.now, here.zone)
    except Invalid:
        return False
    return True
