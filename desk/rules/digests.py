"""When a member's daily digest is due."""

from datetime import datetime, time, timedelta

from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.working_time import instant_of, local_date

LATE_LIMIT = timedelta(hours=3)
"""How long after its time a digest is still sent."""


def next_digest_at(after: datetime, digest_time: time, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return the next instant after `after` when the member's clock shows their digest time on a working day.

    Raise `Invalid("no_working_day")` when the member has none.
    """
    day = calendar.working_day_on_or_after(local_date(after, hours.zone), hours)
    instant = instant_of(day, digest_time, hours.zone)
    if instant > after:
        return instant
    return instant_of(calendar.next_working_day(day, hours), digest_time, hours.zone)


def is_late(due_at: datetime, now: datetime, limit: timedelta = LATE_LIMIT) -> bool:
    """Return whether a digest due at `due_at` is too late to send now."""
    return now - due_at > limit
