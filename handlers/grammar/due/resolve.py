"""From the pieces of a run to the due time that they mean together."""

from collections.abc import Iterator
from datetime import UTC, date, time, timedelta

from desk.core.values import Due
from handlers.grammar.due.calendar import YEARS_AHEAD, Here, days, months_on
from handlers.grammar.due.clock import ahead, due_at, next_at, times
from handlers.grammar.due.pieces import (
    Bare,
    Clock,
    DatePiece,
    DayAfter,
    DayOfMonth,
    Elapsed,
    EndOfDay,
    MinutesOrMonths,
    Part,
    PartOfDay,
    Piece,
    Refusal,
    RefusedError,
    TimePiece,
    Weekday,
)
from handlers.grammar.due.run import Run


def resolve(pieces: tuple[Piece, ...], here: Here) -> Due:
    """The due time that the pieces mean; raises `RefusedError` when there is none, or more than one."""
    first = pieces[0]
    if isinstance(first, Elapsed):
        return _elapsed(first.minutes, here)
    if isinstance(first, MinutesOrMonths):
        in_months = Due(months_on(here.today, first.count))
        raise RefusedError("due_ambiguous", (_elapsed(first.count, here), in_months))
    on = _days(pieces, here)
    said = next((piece for piece in pieces if isinstance(piece, TimePiece)), None)
    parts = tuple(_parts(pieces))
    if said is None:
        return _day_alone(on, parts, here)
    try:
        return _timed(on, times(said, parts), here)
    except RefusedError as refused:
        if refused.code == "due_past":
            raise RefusedError("due_past", _again(pieces, times(said, parts), here)) from None
        if refused.code in ("due_midnight", "due_contradiction"):
            raise RefusedError(refused.code, _instead_of(refused.code, on, said, here)) from None
        raise


def readings(pieces: tuple[Piece, ...], here: Here) -> tuple[Due, ...]:
    """Every due time that may be meant: one, or those between which the grammar will not choose."""
    try:
        return (resolve(pieces, here),)
    except RefusedError as refused:
        if refused.code == "due_ambiguous" and refused.offers:
            return refused.offers
        raise


def instead_of(run: Run, here: Here) -> tuple[Due, ...]:
    """What a refused run may have meant: the due times that its pieces make, or its number as an hour."""
    pieces = run.pieces
    if isinstance(pieces[-1], Bare):
        pieces = (*pieces[:-1], Clock(pieces[-1].hour, pieces[-1].minute, padded=pieces[-1].hour > 12))
        return _readings_or_none(pieces, here)
    dates = [piece for piece in pieces[:-1] if isinstance(piece, DatePiece)]
    first = next(filter(None, (_readings_or_none(pieces[:end], here) for end in range(len(pieces), 0, -1))), ())
    last = _readings_or_none((*(piece for piece in dates if not isinstance(pieces[-1], DatePiece)), pieces[-1]), here)
    return tuple(dict.fromkeys(due for due in (*first, *(last if len(last) == 1 else ()))))


def _readings_or_none(pieces: tuple[Piece, ...], here: Here) -> tuple[Due, ...]:
    if any(isinstance(piece, Bare | Refusal) for piece in pieces):
        return ()
    try:
        return readings(pieces, here)
    except RefusedError:
        return ()


def _parts(pieces: tuple[Piece, ...]) -> Iterator[Part]:
    for piece in pieces:
        if isinstance(piece, DayAfter | Clock | PartOfDay) and piece.part:
            yield piece.part


def _elapsed(minutes: int, here: Here) -> Due:
    """So many minutes from now, to the minute and never sooner than asked."""
    if minutes > YEARS_AHEAD * 365 * 24 * 60:
        raise RefusedError("due_too_far")
    at = here.now.astimezone(UTC) + timedelta(minutes=minutes)
    if at.second or at.microsecond:
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Due(at.astimezone(here.zone).date(), at)


def _days(pieces: tuple[Piece, ...], here: Here) -> tuple[date, ...]:
    """The day that all the date pieces name, the days between which nobody can choose, or none where none was named.

    Beside another date a weekday only confirms it (`Fri 27 Nov`).
    """
    dates = [piece for piece in pieces if isinstance(piece, DatePiece)]
    if not dates:
        return (here.today,) if any(isinstance(piece, EndOfDay) for piece in pieces) else ()
    if len(dates) == 1:
        return days(dates[0], here)
    naming = next((piece for piece in dates if not isinstance(piece, Weekday)), dates[0])
    found = days(naming, here)
    for piece in dates:
        if isinstance(piece, Weekday) and piece.week is None and piece is not naming:
            agrees = all(on.weekday() == piece.day for on in found)
        else:
            agrees = days(piece, here) == found
        if not agrees:
            confirming = isinstance(piece, Weekday) and not isinstance(naming, Weekday)
            raise RefusedError("due_contradiction" if confirming else "due_two_times", tuple(Due(on) for on in found))
    return found


def _day_alone(on: tuple[date, ...], parts: tuple[Part, ...], here: Here) -> Due:
    if parts:
        tomorrow = here.today + timedelta(days=1)
        raise RefusedError("due_part_of_day", ahead(list(on) or [here.today, tomorrow], [time(parts[0].usual)], here))
    if len(on) != 1:
        raise RefusedError("due_ambiguous", tuple(Due(each) for each in on))
    return Due(on[0])


def _timed(on: tuple[date, ...], said: tuple[time, ...], here: Here) -> Due:
    if len(said) == 1 and not on:
        return next_at(said[0], here)
    if len(said) == 1 and len(on) == 1:
        return due_at(on[0], said[0], here)
    if on:
        raise RefusedError("due_ambiguous", ahead(list(on), list(said), here))
    raise RefusedError("due_ambiguous", _next_of_each(said, here))


def _next_of_each(said: tuple[time, ...], here: Here) -> tuple[Due, ...]:
    both = [here.today, here.today + timedelta(days=1)]
    found = (ahead(both, [each], here)[:1] for each in said)
    return tuple(sorted((due for each in found for due in each), key=lambda due: str(due.at)))


def _again(pieces: tuple[Piece, ...], said: tuple[time, ...], here: Here) -> tuple[Due, ...]:
    """That time on the next day of which the same words are true."""
    piece = next((piece for piece in pieces if isinstance(piece, DatePiece)), None)
    if isinstance(piece, DayAfter):
        return ahead([here.today + timedelta(days=1)], list(said), here)
    if isinstance(piece, Weekday):
        return ahead([here.today + timedelta(days=7)], list(said), here)
    if isinstance(piece, DayOfMonth):
        return ahead([months_on(here.today, 1)], list(said), here)
    return ()


def _instead_of(code: str, on: tuple[date, ...], said: TimePiece, here: Here) -> tuple[Due, ...]:
    """Midnight by name: the minute at which the day begins, and the one at which it ends. Else what the figures say."""
    day = on[0] if on else here.today
    both = [day, day + timedelta(days=1)]
    minute = said.minute if isinstance(said, Clock) else 0
    if code == "due_midnight" or not isinstance(said, Clock):
        return ahead(both, [time(0, minute)], here)
    if said.hour <= 6:
        return ahead(both, [time(said.hour, minute)], here)
    return ahead([day] if on else both, [time(said.hour, minute)], here)
