"""The times of day that the time words of a due time mean, and the instants they are in a zone."""

from datetime import UTC, date, datetime, time, timedelta

from desk.core.values import Due
from handlers.grammar.due.calendar import Here
from handlers.grammar.due.pieces import Clock, Midnight, Part, RefusedError, TimePiece

_UNSURE = range(1, 8)
"""Hours that on a 24-hour clock would be the small hours, and that people say of the afternoon."""

_NIGHTS = (Part.EVENING, Part.NIGHT, Part.DEEP_NIGHT)


def times(piece: TimePiece, parts: tuple[Part, ...]) -> tuple[time, ...]:
    """The time that was said in those parts of the day: one, or two between which nobody can choose (`3点`).

    Raises `RefusedError`: `due_no_such_time` (`25点`), `due_midnight` (`12am`), `due_contradiction` (`上午15点`).
    """
    if isinstance(piece, Midnight):
        raise RefusedError("due_midnight")
    if piece.hour > 24 or piece.minute > 59:
        raise RefusedError("due_no_such_time")
    if piece.hour == 24 or (piece.hour == 0 and piece.spoken):
        raise RefusedError("due_midnight")
    hours = _hours(piece, sure=bool(parts))
    fitting = tuple(hour for hour in hours if all(hour in part.hours for part in parts))
    if _is_midnight(piece, hours, fitting, parts):
        raise RefusedError("due_midnight")
    if not fitting or (Part.NOON in parts and set(parts) != {Part.NOON}):
        raise RefusedError("due_contradiction")
    return tuple(time(hour, piece.minute) for hour in fitting)


def _is_midnight(piece: Clock, hours: tuple[int, ...], fitting: tuple[int, ...], parts: tuple[Part, ...]) -> bool:
    """Whether the hour after midnight was said by a name (`今晚12点`, `12am`), not in figures of a 24-hour clock."""
    if 0 not in hours:
        return False
    if not fitting:
        return any(part in _NIGHTS for part in parts)
    return fitting == (0,) and (piece.hour == 12 or (not piece.minute and bool(parts or piece.half)))


def _hours(piece: Clock, *, sure: bool) -> tuple[int, ...]:
    """The hours of 24 that the figures can mean; `sure` when a part of the day will choose among them."""
    hour = piece.hour
    if piece.half == "am":
        return () if hour > 12 else (hour % 12,)
    if piece.half == "pm":
        return () if hour == 0 else (hour if hour >= 12 else hour + 12,)
    if hour == 0 or hour > 12:
        return (hour,)
    if sure:
        return (hour % 12, hour % 12 + 12)
    return (hour, hour + 12) if hour in _UNSURE and not piece.padded else (hour,)


def due_at(on: date, said: time, here: Here) -> Due:
    """That time on that day; of a time that occurs twice the first.

    Raises `RefusedError`: `due_no_such_time` for one that the clocks skip, `due_past` unless it lies after now.
    """
    wall = datetime.combine(on, said)
    at = wall.replace(tzinfo=here.zone, fold=0).astimezone(UTC)
    shown = at.astimezone(here.zone).replace(tzinfo=None)
    if shown != wall:
        skipped = here.now.astimezone(here.zone).replace(tzinfo=None) < wall
        raise RefusedError("due_no_such_time", (Due(shown.date(), at),)) if skipped else RefusedError("due_past")
    if at <= here.now:
        raise RefusedError("due_past")
    return Due(on, at)


def next_at(said: time, here: Here) -> Due:
    """The next time that the clock shows it, today or tomorrow."""
    try:
        return due_at(here.today, said, here)
    except RefusedError as refused:
        if refused.code != "due_past":
            raise
    return due_at(here.today + timedelta(days=1), said, here)


def ahead(days: list[date], said: list[time], here: Here) -> tuple[Due, ...]:
    """Those times on those days that exist and lie ahead."""
    found: list[Due] = []
    for on in days:
        for each in said:
            wall = datetime.combine(on, each)
            at = wall.replace(tzinfo=here.zone, fold=0).astimezone(UTC)
            if at > here.now and at.astimezone(here.zone).replace(tzinfo=None) == wall:
                found.append(Due(on, at))
    return tuple(found)
