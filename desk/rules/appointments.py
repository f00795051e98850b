"""When an appointment can be: working hours, days off, and what else a member has then."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.working_time import instant_of, is_working, local_date

_STARTS = (time(10), time(14), time(16))
_AHEAD = 30
"""How many days are looked through for a free time."""

Span = tuple[datetime, timedelta]
"""When something begins, and how long it takes."""


def overlaps(one: Span, other: Span) -> bool:
    """Return whether two spans have a minute in common; one may begin when the other ends."""
    return one[0] < other[0] + other[1] and other[0] < one[0] + one[1]


def fits(span: Span, hours: WorkingHours, calendar: Calendar) -> bool:
    """Return whether a span lies within one working day's hours."""
    start, length = span
    last = start + length - timedelta(minutes=1)
    same_day = local_date(start, hours.zone) == local_date(last, hours.zone)
    return same_day and is_working(start, hours, calendar) and is_working(last, hours, calendar)


def free_times(
    now: datetime,
    length: timedelta,
    hours: WorkingHours,
    calendar: Calendar,
    taken: Iterable[Span],
    *,
    away: Sequence[tuple[date, date]] = (),
    limit: int,
) -> Sequence[datetime]:
    """Return the next starts, from tomorrow on, at which an appointment of that length fits and clashes with nothing. `away` are
    the first and last days of absences."""
    busy, found = list(taken), list[datetime]()
    day = local_date(now, hours.zone)
    for _ in range(_AHEAD):
        day += timedelta(days=1)
        if not calendar.is_working_day(day, hours) or any(first <= day <= last for first, last in away):
            continue
        for clock in _STARTS:
            span = (instant_of(day, clock, hours.zone), length)
            if fits(span, hours, calendar) and not any(overlaps(span, other) for other in busy):
                found.append(span[0])
            if len(found) == limit:
                return found
    return found
