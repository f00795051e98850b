"""Working time as the model counts it: minute by minute, from a list of every minute on which an office works."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

LENDER_ZONE = ZoneInfo("Asia/Shanghai")
CALLS_FROM, CALLS_UNTIL = time(8), time(22)
"""The hours in the lender's zone in which borrowers may be called."""

HOLIDAYS = {
    date(2026, month, day)
    for month, days in {
        1: (1, 2, 3),
        2: range(15, 24),
        4: (4, 5, 6),
        5: range(1, 6),
        6: (19, 20, 21),
        9: (25, 26, 27),
        10: range(1, 8),
    }.items()
    for day in days
} | {date(2027, 1, 1)}
"""China's public holidays, as the State Council announced them."""

MAKE_UP_DAYS = {date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}
"""The days at weekends on which China works instead."""


class Exceptions:
    """The lender's own exceptions to the public calendar."""

    def __init__(self) -> None:
        self.days: dict[date, bool] = {}

    def works(self, day: date) -> bool:
        """Return whether members who work from Monday to Friday work on that date."""
        if day in self.days:
            return self.days[day]
        return day in MAKE_UP_DAYS or (day.weekday() < 5 and day not in HOLIDAYS)


class Office:
    """Members who work the same hours in the same place, between two dates."""

    def __init__(self, zone: str, start: time, end: time, exceptions: Exceptions, first: date, last: date) -> None:
        self.zone, self.start, self.end = ZoneInfo(zone), start, end
        self.exceptions, self.first, self.last = exceptions, first, last

    @cached_property
    def minutes(self) -> list[int]:
        """Every working minute, as minutes since 1970."""
        return [minute for minute, local in self._walk() if self._is_worked(local)]

    @cached_property
    def callable_minutes(self) -> list[int]:
        """Every working minute in which borrowers may be called."""
        return [minute for minute in self.minutes if _is_callable(minute)]

    @cached_property
    def spans(self) -> dict[date, tuple[int, int]]:
        """The first minute of work on each working date, and the one after the last."""
        found: dict[date, tuple[int, int]] = {}
        for minute in self.minutes:
            day = self.date_of(minute)
            found[day] = (found.get(day, (minute, 0))[0], minute + 1)
        return found

    def date_of(self, minute: int) -> date:
        """Return the local date."""
        return instant(minute).astimezone(self.zone).date()

    def minute_of(self, day: date, clock: time) -> int:
        """Return the minute with that local time."""
        return minute_of(datetime.combine(day, clock, self.zone))

    def later(self, minute: int, working_minutes: int) -> int:
        """Return the end of the last of that many working minutes, counted from that one on."""
        return self.minutes[bisect_left(self.minutes, minute) + working_minutes - 1] + 1

    def next_minute(self, minute: int) -> int:
        """Return the minute, or the next one of work."""
        return self.minutes[bisect_left(self.minutes, minute)]

    def next_callable(self, minute: int) -> int:
        """Return the minute, or the next one of work in which borrowers may be called."""
        return self.callable_minutes[bisect_left(self.callable_minutes, minute)]

    def unfinished_day(self, minute: int) -> date:
        """Return the first working date whose work is not over."""
        return self.date_of(self.next_minute(minute))

    def on_or_after(self, day: date) -> date:
        """Return the date, or the next working one."""
        while not self.exceptions.works(day):
            day += timedelta(days=1)
        return day

    def working_days_after(self, day: date, count: int) -> date:
        """Return the date that many working days later."""
        for _ in range(count):
            day = self.on_or_after(day + timedelta(days=1))
        return day

    def working_days_before(self, day: date, count: int) -> date:
        """Return the date that many working days earlier."""
        for _ in range(count):
            day -= timedelta(days=1)
            while not self.exceptions.works(day):
                day -= timedelta(days=1)
        return day

    def _walk(self) -> Iterator[tuple[int, datetime]]:
        begin, end = (minute_of(datetime.combine(day, time(0), UTC)) for day in (self.first, self.last))
        for minute in range(begin, end):
            yield minute, instant(minute).astimezone(self.zone)

    def _is_worked(self, local: datetime) -> bool:
        return self.start <= local.time() < self.end and self.exceptions.works(local.date())


def instant(minute: int) -> datetime:
    """Return the minute as an instant."""
    return datetime.fromtimestamp(minute * 60, UTC)


def minute_of(at: datetime) -> int:
    """Return the minute of an instant."""
    return int(at.timestamp()) // 60


def _is_callable(minute: int) -> bool:
    return CALLS_FROM <= instant(minute).astimezone(LENDER_ZONE).time() < CALLS_UNTIL
