"""Working minutes, mornings and days on real clocks, including nights when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules.hours import WorkingHours
from desk.rules.working_time import (
    add_working_minutes,
    day_bounds,
    instant_of,
    is_working,
    morning_of,
    next_unfinished_day,
    next_working_minute,
    next_working_morning,
    work_end,
    work_start,
)
from tests.desk.rules.times import (
    AROUND_THE_CLOCK,
    CHINA,
    LORD_HOWE,
    NEW_YORK,
    NINE_TO_SIX,
    NO_HOLIDAYS,
    SHANGHAI,
    at,
    day,
    instants,
    wall_clock,
    working_hours,
)

ZONES = [SHANGHAI, NEW_YORK, LORD_HOWE, *map(ZoneInfo, ("Africa/Cairo", "America/St_Johns", "Pacific/Chatham"))]


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-25 10:00", 180, "2026-11-25 13:00"),
        ("2026-11-25 16:30", 180, "2026-11-26 10:30"),
        ("2026-11-25 07:00", 60, "2026-11-25 10:00"),
        ("2026-11-25 20:00", 60, "2026-11-26 10:00"),
        ("2026-11-27 17:00", 120, "2026-11-30 10:00"),
        ("2026-11-25 14:00", 240, "2026-11-25 18:00"),
        ("2026-11-25 09:00", 540 * 3, "2026-11-27 18:00"),
        ("2026-09-30 17:00", 120, "2026-10-08 10:00"),
        ("2026-10-09 17:00", 120, "2026-10-10 10:00"),
        ("2026-12-31 17:00", 120, "2027-01-04 10:00"),
        ("2026-11-28 12:00", 0, "2026-11-30 09:00"),
        ("2026-11-25 12:00", 0, "2026-11-25 12:00"),
    ],
)
def test_working_minutes_count_only_working_time(start: str, minutes: int, end: str):
    assert wall_clock(add_working_minutes(at(start), minutes, NINE_TO_SIX, CHINA)) == end


def test_seconds_are_kept():
    start = at("2026-11-25 16:30:20")
    assert add_working_minutes(start, 180, NINE_TO_SIX, CHINA) == at("2026-11-26 10:30:20")


def test_an_instant_may_come_in_any_zone_and_leaves_in_utc():
    start = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
    assert wall_clock(add_working_minutes(start, 30, NINE_TO_SIX, CHINA)) == "2026-11-25 10:30"
    assert wall_clock(next_working_minute(start, NINE_TO_SIX, CHINA)) == "2026-11-25 10:00"


@pytest.mark.parametrize(
    ("zone", "start", "minutes", "end"),
    [
        (NEW_YORK, "2026-03-08 01:00", 120, "2026-03-08 04:00"),
        (NEW_YORK, "2026-11-01 00:30", 180, "2026-11-01 02:30"),
        (LORD_HOWE, "2026-10-04 01:00", 120, "2026-10-04 03:30"),
        (LORD_HOWE, "2026-04-05 00:30", 180, "2026-04-05 03:00"),
    ],
)
def test_an_hour_of_work_is_an_hour_in_the_night_when_the_clocks_change(
    zone: ZoneInfo, start: str, minutes: int, end: str
):
    hours = working_hours(0, 24, zone)
    assert wall_clock(add_working_minutes(at(start, zone), minutes, hours, NO_HOLIDAYS), zone) == end


@pytest.mark.parametrize(
    ("zone", "on", "minutes"),
    [
        (NEW_YORK, "2026-03-08", 23 * 60),
        (NEW_YORK, "2026-11-01", 25 * 60),
        (LORD_HOWE, "2026-10-04", 23 * 60 + 30),
        (LORD_HOWE, "2026-04-05", 24 * 60 + 30),
        (SHANGHAI, "2026-10-04", 24 * 60),
    ],
)
def test_a_day_has_the_minutes_that_its_clocks_give_it(zone: ZoneInfo, on: str, minutes: int):
    start, end = day_bounds(day(on), zone)
    assert (end - start) // timedelta(minutes=1) == minutes


@pytest.mark.parametrize(
    ("zone", "on", "clock", "first"),
    [
        (NEW_YORK, "2026-03-08", time(2, 30), "2026-03-08 03:00"),
        (NEW_YORK, "2026-03-08", time(2), "2026-03-08 03:00"),
        (NEW_YORK, "2026-03-08", time(3), "2026-03-08 03:00"),
        (LORD_HOWE, "2026-10-04", time(2, 10), "2026-10-04 02:30"),
        (ZoneInfo("Africa/Cairo"), "2026-04-24", time(0), "2026-04-24 01:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-30", time(9), "2011-12-31 00:00"),
    ],
)
def test_a_time_that_the_clocks_skip_becomes_the_first_that_exists(zone: ZoneInfo, on: str, clock: time, first: str):
    assert wall_clock(instant_of(day(on), clock, zone), zone) == first


def test_a_time_that_occurs_twice_is_the_first():
    assert instant_of(day("2026-11-01"), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert instant_of(day("2026-04-05"), time(1, 45), LORD_HOWE) == datetime(2026, 4, 4, 14, 45, tzinfo=UTC)


def test_a_shift_inside_a_clock_change_is_not_worked():
    two_to_three = working_hours(2, 3, NEW_YORK)
    assert work_start(day("2026-03-08"), two_to_three) == work_end(day("2026-03-08"), two_to_three)
    night = at("2026-03-08 00:00", NEW_YORK)
    assert wall_clock(next_working_minute(night, two_to_three, NO_HOLIDAYS), NEW_YORK) == "2026-03-09 02:00"


def test_work_until_midnight_ends_with_the_day():
    late = working_hours(14, 24, SHANGHAI)
    assert wall_clock(work_end(day("2026-12-31"), late)) == "2027-01-01 00:00"
    assert is_working(at("2026-12-31 23:59"), late, NO_HOLIDAYS)
    assert not is_working(at("2027-01-01 00:00"), late, NO_HOLIDAYS)


def test_around_the_clock_has_no_pause_at_midnight():
    assert (
        wall_clock(add_working_minutes(at("2026-12-31 23:30"), 60, AROUND_THE_CLOCK, NO_HOLIDAYS)) == "2027-01-01 00:30"
    )
    assert is_working(at("2027-01-01 00:00"), AROUND_THE_CLOCK, NO_HOLIDAYS)


@pytest.mark.parametrize(
    ("moment", "at_work"),
    [
        ("2026-11-25 08:59", False),
        ("2026-11-25 09:00", True),
        ("2026-11-25 17:59", True),
        ("2026-11-25 18:00", False),
        ("2026-11-28 10:00", False),
        ("2026-10-05 10:00", False),
        ("2026-10-10 10:00", True),
    ],
)
def test_at_work_from_the_first_minute_to_the_last(moment: str, at_work: bool):
    assert is_working(at(moment), NINE_TO_SIX, CHINA) is at_work


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-11-25 10:00", "2026-11-26 09:00"),
        ("2026-11-25 07:00", "2026-11-26 09:00"),
        ("2026-11-25 23:59", "2026-11-26 09:00"),
        ("2026-11-27 10:00", "2026-11-30 09:00"),
        ("2026-09-30 10:00", "2026-10-08 09:00"),
        ("2026-10-09 10:00", "2026-10-10 09:00"),
        ("2026-12-31 20:00", "2027-01-04 09:00"),
    ],
)
def test_the_next_working_morning_is_never_today(now: str, morning: str):
    assert wall_clock(next_working_morning(at(now), NINE_TO_SIX, CHINA)) == morning


def test_the_next_morning_is_of_the_members_own_day():
    new_yorker = working_hours(8, 17, NEW_YORK)
    assert (
        wall_clock(next_working_morning(at("2026-11-25 10:00"), new_yorker, NO_HOLIDAYS), NEW_YORK)
        == "2026-11-25 08:00"
    )


def test_a_member_who_works_around_the_clock_has_a_morning_at_nine():
    assert wall_clock(morning_of(day("2026-11-26"), AROUND_THE_CLOCK)) == "2026-11-26 09:00"
    assert wall_clock(next_working_morning(at("2026-11-25 10:00"), AROUND_THE_CLOCK, NO_HOLIDAYS)) == "2026-11-26 09:00"


def test_the_first_day_with_work_left_is_today_until_work_ends():
    assert next_unfinished_day(at("2026-11-25 07:00"), NINE_TO_SIX, CHINA) == day("2026-11-25")
    assert next_unfinished_day(at("2026-11-25 17:59"), NINE_TO_SIX, CHINA) == day("2026-11-25")
    assert next_unfinished_day(at("2026-11-25 18:00"), NINE_TO_SIX, CHINA) == day("2026-11-26")
    assert next_unfinished_day(at("2026-11-28 10:00"), NINE_TO_SIX, CHINA) == day("2026-11-30")


def test_the_search_for_working_time_ends_with_the_calendar():
    with pytest.raises(Invalid, match="no_working_day"):
        add_working_minutes(at("9999-12-30 10:00"), 10_000, NINE_TO_SIX, NO_HOLIDAYS)


days = st.dates(date(2026, 1, 1), date(2027, 3, 1))
zones = st.sampled_from(ZONES)


@st.composite
def members(draw: st.DrawFn) -> WorkingHours:
    start = draw(st.integers(0, 47))
    end = draw(st.integers(start + 1, 48))
    clock = [time(half // 2 % 24, half % 2 * 30) for half in (start, end)]
    return WorkingHours(clock[0], clock[1], draw(st.frozensets(st.integers(0, 6), min_size=1)), draw(zones))


@given(days, st.times().map(lambda clock: clock.replace(second=0, microsecond=0)), zones)
def test_a_wall_clock_shows_what_was_asked_or_the_first_minute_after_it(on: date, clock: time, zone: ZoneInfo):
    instant = instant_of(on, clock, zone)
    asked = datetime.combine(on, clock)
    seen = instant.astimezone(zone).replace(tzinfo=None)
    assert seen >= asked
    just_before = (instant - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    assert just_before < asked


def minutes_of_work(start: datetime, end: datetime, hours: WorkingHours) -> int:
    """Return the whole working minutes between two instants, counted shift by shift."""
    total = timedelta()
    on, last = start.astimezone(hours.zone).date(), end.astimezone(hours.zone).date()
    while on <= last:
        if CHINA.is_working_day(on, hours):
            total += max(min(end, work_end(on, hours)) - max(start, work_start(on, hours)), timedelta())
        on += timedelta(days=1)
    return total // timedelta(minutes=1)


@given(instants(), st.integers(1, 5000), members())
def test_exactly_the_given_working_minutes_pass(start: datetime, minutes: int, hours: WorkingHours):
    end = add_working_minutes(start, minutes, hours, CHINA)
    assert minutes_of_work(start, end, hours) == minutes
    assert is_working(end - timedelta(seconds=1), hours, CHINA)


@given(instants(), members())
def test_the_next_working_minute_is_worked_and_none_before_it_is(start: datetime, hours: WorkingHours):
    minute = next_working_minute(start, hours, CHINA)
    assert is_working(minute, hours, CHINA)
    assert minutes_of_work(start, minute, hours) == 0


@given(instants(), members())
def test_the_next_working_morning_lies_ahead_on_a_working_day(now: datetime, hours: WorkingHours):
    morning = next_working_morning(now, hours, CHINA)
    assert morning > now
    assert CHINA.is_working_day(morning.astimezone(hours.zone).date(), hours)
    assert morning.astimezone(hours.zone).date() > now.astimezone(hours.zone).date()
