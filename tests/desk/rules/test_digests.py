"""When the morning digest is due, and when it is too late to send."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.rules.digests import is_late, next_digest_at
from tests.desk.rules.times import (
    CHINA,
    LORD_HOWE,
    NEW_YORK,
    NINE_TO_SIX,
    NO_HOLIDAYS,
    SHANGHAI,
    at,
    instants,
    wall_clock,
    working_hours,
)

HALF_PAST_EIGHT = time(8, 30)


@pytest.mark.parametrize(
    ("after", "digest"),
    [
        ("2026-11-25 08:00", "2026-11-25 08:30"),
        ("2026-11-25 08:30", "2026-11-26 08:30"),
        ("2026-11-25 10:00", "2026-11-26 08:30"),
        ("2026-11-27 10:00", "2026-11-30 08:30"),
        ("2026-11-28 07:00", "2026-11-30 08:30"),
        ("2026-09-30 10:00", "2026-10-08 08:30"),
        ("2026-10-09 10:00", "2026-10-10 08:30"),
        ("2026-12-31 10:00", "2027-01-04 08:30"),
    ],
)
def test_a_digest_comes_on_the_next_working_day(after: str, digest: str):
    assert wall_clock(next_digest_at(at(after), HALF_PAST_EIGHT, NINE_TO_SIX, CHINA)) == digest


@pytest.mark.parametrize("night", ["2026-03-07", "2026-10-31"])
def test_a_digest_keeps_to_the_wall_clock_when_the_clocks_change(night: str):
    hours = working_hours(9, 18, NEW_YORK)
    first = at(f"{night} 08:30", NEW_YORK)
    second = next_digest_at(first, HALF_PAST_EIGHT, hours, NO_HOLIDAYS)
    assert wall_clock(second, NEW_YORK)[11:] == "08:30"
    assert abs(second - first - timedelta(days=1)) == timedelta(hours=1)


def test_a_digest_time_that_the_clocks_skip_comes_at_the_first_minute_after_it():
    assert next_digest_at(
        at("2026-03-08 00:00", NEW_YORK), time(2, 30), working_hours(0, 24, NEW_YORK), NO_HOLIDAYS
    ) == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_a_digest_time_that_occurs_twice_comes_once():
    hours = working_hours(0, 24, LORD_HOWE)
    first = next_digest_at(at("2026-04-05 00:00", LORD_HOWE), time(1, 45), hours, NO_HOLIDAYS)
    between = first + timedelta(minutes=10)
    assert wall_clock(first, LORD_HOWE) == "2026-04-05 01:45"
    assert wall_clock(next_digest_at(between, time(1, 45), hours, NO_HOLIDAYS), LORD_HOWE) == "2026-04-06 01:45"


def test_a_digest_is_worth_sending_for_three_hours():
    due = at("2026-11-25 08:30")
    assert not is_late(due, at("2026-11-25 08:30"))
    assert not is_late(due, at("2026-11-25 11:30"))
    assert is_late(due, at("2026-11-25 11:31"))
    assert is_late(due, at("2026-11-25 08:41"), limit=timedelta(minutes=10))


@given(
    instants(),
    st.times(),
    st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE, ZoneInfo("Africa/Cairo")]),
)
def test_each_working_day_has_one_digest_and_no_other_day_has(after: datetime, clock: time, zone: ZoneInfo):
    hours = working_hours(9, 18, zone, NINE_TO_SIX.days)
    first = next_digest_at(after, clock, hours, CHINA)
    second = next_digest_at(first, clock, hours, CHINA)
    dates = [instant.astimezone(zone).date() for instant in (first, second)]
    assert after < first < second
    assert CHINA.next_working_day(dates[0], hours) == dates[1]
