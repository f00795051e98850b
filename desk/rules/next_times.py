"""Times to offer for the next call, when none was agreed."""

from datetime import datetime, timedelta
from typing import Literal

from desk.core.dataclass import dataclass
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.reminders import APART, ContactTimes, next_fitting_minute
from desk.rules.working_time import (
    add_working_minutes,
    instant_of,
    local_date,
    next_working_minute,
    next_working_morning,
)

NextTimeKind = Literal["hours", "morning", "days"]

_HOURS = timedelta(hours=2)
_DAYS = 2


@dataclass(frozen=True, slots=True)
class NextTime:
    """A time to offer: in two working hours, the next working morning, or the same time two working days on."""

    kind: NextTimeKind
    at: datetime


def next_times(now: datetime, hours: WorkingHours, calendar: Calendar, contact: ContactTimes) -> tuple[NextTime, ...]:
    """Return the times to offer, soonest first and at least two hours apart.

    The member works at each of them and the borrower may be called, as far as the coming weeks have such a time.
    """
    minute = now.replace(second=0, microsecond=0)
    worked = add_working_minutes(minute, _HOURS // timedelta(minutes=1), hours, calendar)
    day = calendar.nth_working_day_after(local_date(minute, hours.zone), _DAYS, hours)
    same_time = instant_of(day, minute.astimezone(hours.zone).time(), hours.zone)
    wanted: list[tuple[NextTimeKind, datetime]] = [
        ("hours", next_working_minute(worked, hours, calendar)),
        ("morning", next_working_morning(minute, hours, calendar)),
        ("days", same_time),
    ]
    fitting = [NextTime(kind, next_fitting_minute(at, hours, calendar, contact) or at) for kind, at in wanted]
    found: list[NextTime] = []
    for each in sorted(fitting, key=lambda each: each.at):
        if not found or each.at - found[-1].at >= APART:
            found.append(each)
    return tuple(found)
