"""Resolve time tokens to times of day, and a date and time to an instant in a time zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from desk.core.values import Due
from handlers.grammar.due.dates import ReferenceTime
from handlers.grammar.due.tokens import ClockTime, DayPart, Midnight, RefusedError, TimeToken

_AMBIGUOUS_HOURS = range(1, 8)
"""Hours that mean early morning on a 24-hour clock but that people also use for the afternoon."""

_NIGHTS = (DayPart.EVENING, DayPart.NIGHT, DayPart.DEEP_NIGHT)


def clock_times(token: TimeToken, parts: tuple[DayPart, ...]) -> tuple[time, ...]:
    """Return the time that a token means within the given parts of the day, or both readings of an ambiguous one (`3点`).

    Raise `RefusedError`: `due_no_such_time` (`25点`), `due_midnight` (`12am`), `due_contradiction` (`上午15点`).
    """
    if isinstance(token, Midnight):
        raise RefusedError("due_midnight")
    if token.hour > 24 or token.minute > 59:
        raise RefusedError("due_no_such_time")
    if token.hour == 24 or (token.hour == 0 and token.hour_only):
        raise RefusedError("due_midnight")
    hours = _hours(token, has_day_part=bool(parts))
    possible = tuple(hour for hour in hours if all(hour in part.hours for part in parts))
    if _is_midnight(token, hours, possible, parts):
        raise RefusedError("due_midnight")
    if not possible or (DayPart.NOON in parts and set(parts) != {DayPart.NOON}):
        raise RefusedError("due_contradiction")
    return tuple(time(hour, token.minute) for hour in possible)


def _is_midnight(
    token: ClockTime, hours: tuple[int, ...], possible: tuple[int, ...], parts: tuple[DayPart, ...]
) -> bool:
    """Return whether the hour after midnight was named (`今晚12点`, `12am`) rather than written as a 24-hour time."""
    if 0 not in hours:
        return False
    if not possible:
        return any(part in _NIGHTS for part in parts)
    return possible == (0,) and (token.hour == 12 or (not token.minute and bool(parts or token.meridiem)))


def _hours(token: ClockTime, *, has_day_part: bool) -> tuple[int, ...]:
    """Return the hours (0–23) that the number can mean. With `has_day_part`, a part of the day will choose among them."""
    hour = token.hour
    if token.meridiem == "am":
        return () if hour > 12 else (hour % 12,)
    if token.meridiem == "pm":
        return () if hour == 0 else (hour if hour >= 12 else hour + 12,)
    if hour == 0 or hour > 12:
        return (hour,)
    if has_day_part:
        return (hour % 12, hour % 12 + 12)
    return (hour, hour + 12) if hour in _AMBIGUOUS_HOURS and not token.padded else (hour,)


def due_at(on: date, at_time: time, ref: ReferenceTime) -> Due:
    """Return the due time at a local date and time; a time that occurs twice is the first one.

    Raise `RefusedError`: `due_no_such_time` for a time that the clocks skip, `due_past` unless it is later than now.
    """
    wall = datetime.combine(on, at_time)
    at = wall.replace(tzinfo=ref.zone, fold=0).astimezone(UTC)
    shown = at.astimezone(ref.zone).replace(tzinfo=None)
    if shown != wall:
        skipped = ref.now.astimezone(ref.zone).replace(tzinfo=None) < wall
        raise RefusedError("due_no_such_time", (Due(shown.date(), at),)) if skipped else RefusedError("due_past")
    if at <= ref.now:
        raise RefusedError("due_past")
    return Due(on, at)


def next_occurrence(at_time: time, ref: ReferenceTime) -> Due:
    """Return the next occurrence of a time of day, today or tomorrow."""
    try:
        return due_at(ref.today, at_time, ref)
    except RefusedError as refused:
        if refused.code != "due_past":
            raise
    return due_at(ref.today + timedelta(days=1), at_time, ref)


def future_dues(days: Sequence[date], times: Sequence[time], ref: ReferenceTime) -> tuple[Due, ...]:
    """Return each combination of the days and times that exists and is later than now."""
    found: list[Due] = []
    for on in days:
        for each in times:
            wall = datetime.combine(on, each)
            at = wall.replace(tzinfo=ref.zone, fold=0).astimezone(UTC)
            if at > ref.now and at.astimezone(ref.zone).replace(tzinfo=None) == wall:
                found.append(Due(on, at))
    return tuple(found)
