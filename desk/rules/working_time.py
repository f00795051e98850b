"""Working minutes on real clocks. Arguments are aware instants; results are in UTC.

A local time that does not exist (the clocks go forward) means the first minute after the gap; one that occurs twice
(they go back) means the first. Working time is therefore counted as it really elapses.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from desk.rules.calendar import Calendar
from desk.rules.hours import MIDNIGHT, WorkingHours

MORNING_WITHOUT_A_START = time(9)
"""When the morning begins for members who work around the clock: "in the morning" never means midnight."""


def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant when `zone` shows this date and time, under the module's rule for DST."""
    first = datetime.combine(day, clock, tzinfo=zone)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == first.replace(tzinfo=None):
        return instant
    # In a gap, fold=1 reads the wall clock with the new offset, before the change, and fold=0 after it.
    return _change_between(first.replace(fold=1).astimezone(UTC), instant, zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar date in `zone` at that instant."""
    return instant.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of a date in `zone`, and the first of the next date."""
    return instant_of(day, MIDNIGHT, zone), instant_of(day + timedelta(days=1), MIDNIGHT, zone)


def work_start(day: date, hours: WorkingHours) -> datetime:
    """Return when work starts on a date, whether or not it is a working day."""
    return instant_of(day, hours.start, hours.zone)


def work_end(day: date, hours: WorkingHours) -> datetime:
    """Return when work ends on a date, whether or not it is a working day."""
    if hours.end == MIDNIGHT:
        return day_bounds(day, hours.zone)[1]
    return instant_of(day, hours.end, hours.zone)


def morning_of(day: date, hours: WorkingHours) -> datetime:
    """Return the start of work on a date, 09:00 for members who work around the clock."""
    if hours.around_the_clock:
        return instant_of(day, MORNING_WITHOUT_A_START, hours.zone)
    return work_start(day, hours)


def is_working(instant: datetime, hours: WorkingHours, calendar: Calendar) -> bool:
    """Return whether the member is at work at that instant. The last minute of a shift counts, its end does not."""
    day = local_date(instant, hours.zone)
    return calendar.is_working_day(day, hours) and work_start(day, hours) <= instant < work_end(day, hours)


def next_working_minute(instant: datetime, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return the instant when it is working time, otherwise the next start of work.

    Raise `Invalid("no_working_day")` when none is near.
    """
    start, _ = next(_shifts(instant, hours, calendar))
    return max(instant.astimezone(UTC), start)


def next_working_morning(instant: datetime, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return the morning of the next working day after today's local date, even when today's work has not begun.

    Raise `Invalid("no_working_day")` when none is near.
    """
    return morning_of(calendar.next_working_day(local_date(instant, hours.zone), hours), hours)


def next_unfinished_day(instant: datetime, hours: WorkingHours, calendar: Calendar) -> date:
    """Return the first working date, today included, whose work is not over.

    Raise `Invalid("no_working_day")` when none is near.
    """
    start, _ = next(_shifts(instant, hours, calendar))
    return local_date(start, hours.zone)


def add_working_minutes(instant: datetime, minutes: int, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return the instant by which that many working minutes have passed.

    A span that ends exactly with a shift ends there, not at the next start; zero minutes lead to the next working
    minute. Raise `Invalid("no_working_day")` when the calendar has no more.
    """
    if minutes <= 0:
        return next_working_minute(instant, hours, calendar)
    left = timedelta(minutes=minutes)
    shifts = _shifts(instant, hours, calendar)
    while True:
        start, end = next(shifts)
        begin = max(instant.astimezone(UTC), start)
        if left <= end - begin:
            return begin + left
        left -= end - begin


def _shifts(instant: datetime, hours: WorkingHours, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Yield the shifts that end after the instant, in order, without shifts that fall into a DST gap."""
    day = calendar.working_day_on_or_after(local_date(instant, hours.zone), hours)
    while True:
        start, end = work_start(day, hours), work_end(day, hours)
        if start < end and instant < end:
            yield start, end
        day = calendar.next_working_day(day, hours)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the second when the zone's offset changes between two instants."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while low < high:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle + 1
        else:
            high = middle
    return before + timedelta(seconds=low)
