"""Instants and working hours in a short notation for tests."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from desk.rules.calendar import Calendar
from desk.rules.hours import EVERY_DAY, WEEKDAYS, WorkingHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")

NINE_TO_SIX = WorkingHours(time(9), time(18), WEEKDAYS, SHANGHAI)
SIX_DAYS = WorkingHours(time(9), time(18), frozenset(range(6)), SHANGHAI)
AROUND_THE_CLOCK = WorkingHours(time(0), time(0), EVERY_DAY, SHANGHAI)

CHINA = Calendar("CN")
NO_HOLIDAYS = Calendar(None)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the instant when a wall clock shows `2026-11-25 10:00`; of two, the first."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def wall_clock(instant: datetime | None, zone: ZoneInfo = SHANGHAI) -> str:
    """Return what a wall clock shows at an instant, which must be in UTC."""
    assert instant is not None
    assert instant.tzinfo is UTC
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def day(text: str) -> date:
    return date.fromisoformat(text)


def working_hours(start: int, end: int, zone: ZoneInfo, days: frozenset[int] = EVERY_DAY) -> WorkingHours:
    """Return working hours from whole hours, by default every day; an end of 24 is midnight."""
    return WorkingHours(time(start), time(end % 24), days, zone)


def instants() -> st.SearchStrategy[datetime]:
    """Return whole minutes within fourteen months, which include clock changes, holidays and a new year."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return st.integers(0, 425 * 24 * 60).map(lambda minutes: start + timedelta(minutes=minutes))
