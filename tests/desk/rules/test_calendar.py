"""Who works on which day: weekends, public holidays, make-up days and the desk's own exceptions."""

from datetime import date, timedelta

import holidays
import pytest

from desk.core.errors import Invalid
from desk.rules.calendar import Calendar, countries
from tests.desk.rules.times import (
    AROUND_THE_CLOCK,
    CHINA,
    NEW_YORK,
    NINE_TO_SIX,
    NO_HOLIDAYS,
    SIX_DAYS,
    day,
    working_hours,
)

MAKE_UP_DAYS_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
PART_TIME = working_hours(9, 18, NINE_TO_SIX.zone, frozenset({0, 2, 4}))


def holidays_between(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [each for each in days if CHINA.is_holiday(each)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ],
)
def test_china_rests_from_the_first_to_the_last_day_of_the_state_councils_notice(first: str, last: str):
    start, end = day(first), day(last)
    around = holidays_between(start - timedelta(days=3), end + timedelta(days=3))
    assert around == [start + timedelta(days=offset) for offset in range((end - start).days + 1)]


@pytest.mark.parametrize("made_up", MAKE_UP_DAYS_2026)
def test_full_week_members_work_on_a_make_up_day_and_part_timers_do_not(made_up: str):
    assert CHINA.is_working_day(day(made_up), NINE_TO_SIX)
    assert CHINA.is_working_day(day(made_up), SIX_DAYS)
    assert not CHINA.is_working_day(day(made_up), PART_TIME)
    assert not NO_HOLIDAYS.is_working_day(day(made_up), NINE_TO_SIX)


def test_the_weekend_of_a_holiday_is_free_for_members_who_work_on_saturdays():
    assert not CHINA.is_working_day(day("2026-02-21"), SIX_DAYS)
    assert not CHINA.is_working_day(day("2026-09-26"), SIX_DAYS)
    assert CHINA.is_working_day(day("2026-11-28"), SIX_DAYS)


def test_other_countries_keep_the_saturday_before_a_holiday():
    labor_day_weekend = working_hours(9, 18, NEW_YORK, frozenset(range(6)))
    american = Calendar("US")
    assert american.is_working_day(day("2026-09-05"), labor_day_weekend)
    assert not american.is_working_day(day("2026-09-07"), labor_day_weekend)


def test_five_working_days_after_monday_before_the_national_week_are_the_make_up_saturday():
    assert CHINA.nth_working_day_after(day("2026-09-28"), 5, NINE_TO_SIX) == day("2026-10-10")


def test_the_national_week_is_skipped_in_both_directions():
    assert CHINA.next_working_day(day("2026-09-30"), NINE_TO_SIX) == day("2026-10-08")
    assert CHINA.previous_working_day(day("2026-10-08"), NINE_TO_SIX) == day("2026-09-30")
    assert CHINA.working_day_on_or_after(day("2026-10-01"), NINE_TO_SIX) == day("2026-10-08")
    assert CHINA.working_day_on_or_after(day("2026-10-08"), NINE_TO_SIX) == day("2026-10-08")
    assert CHINA.nth_working_day_before(day("2026-10-12"), 3, NINE_TO_SIX) == day("2026-10-08")


def test_the_end_of_the_year_is_crossed():
    assert CHINA.next_working_day(day("2025-12-31"), NINE_TO_SIX) == day("2026-01-04")
    assert CHINA.previous_working_day(day("2026-01-04"), NINE_TO_SIX) == day("2025-12-31")
    assert CHINA.nth_working_day_before(day("2027-01-04"), 2, NINE_TO_SIX) == day("2026-12-30")


def test_a_make_up_day_in_december_for_a_holiday_in_january_is_known():
    assert CHINA.is_working_day(day("2011-12-31"), NINE_TO_SIX)


def test_the_desks_own_exceptions_override_the_country():
    own = Calendar("CN", {day("2026-10-02"): True, day("2026-10-10"): False, day("2026-11-25"): False})
    assert own.is_working_day(day("2026-10-02"), NINE_TO_SIX)
    assert not own.is_holiday(day("2026-10-02"))
    assert not own.is_working_day(day("2026-10-10"), NINE_TO_SIX)
    assert own.is_holiday(day("2026-11-25"))
    assert not own.is_working_day(day("2026-11-25"), AROUND_THE_CLOCK)


def test_full_week_members_work_on_a_saturday_declared_working_and_part_timers_do_not():
    own = Calendar("CN", {day("2026-11-28"): True})
    assert own.is_working_day(day("2026-11-28"), NINE_TO_SIX)
    assert not own.is_working_day(day("2026-11-28"), PART_TIME)


def test_a_desk_without_a_country_has_no_holidays():
    assert not NO_HOLIDAYS.is_holiday(day("2026-10-01"))
    assert NO_HOLIDAYS.is_working_day(day("2026-10-01"), AROUND_THE_CLOCK)
    assert not CHINA.is_working_day(day("2026-10-01"), AROUND_THE_CLOCK)


def test_a_year_without_known_make_up_days_is_to_be_entered_once_they_are_announced():
    assert CHINA.year_to_enter(day("2026-11-14")) is None
    assert CHINA.year_to_enter(day("2026-11-15")) == 2027
    assert CHINA.year_to_enter(day("2027-03-01")) == 2027
    assert Calendar("US").year_to_enter(day("2027-03-01")) is None
    assert NO_HOLIDAYS.year_to_enter(day("2027-03-01")) is None


def test_a_year_with_an_entered_make_up_day_is_known():
    assert Calendar("CN", {day("2027-02-06"): True}).year_to_enter(day("2026-12-01")) is None
    assert Calendar("CN", {day("2027-02-05"): False}).year_to_enter(day("2026-12-01")) == 2027


def test_the_search_for_a_working_day_gives_up_when_there_is_none():
    only_mondays = working_hours(9, 18, NINE_TO_SIX.zone, frozenset({0}))
    monday = day("2026-11-30")
    closed = Calendar(None, {monday + timedelta(weeks=week): False for week in range(-70, 70)})
    for search in (closed.next_working_day, closed.previous_working_day):
        with pytest.raises(Invalid, match="no_working_day"):
            search(monday, only_mondays)
    with pytest.raises(Invalid, match="no_working_day"):
        NO_HOLIDAYS.next_working_day(date.max, NINE_TO_SIX)


def test_an_unknown_country_is_refused():
    with pytest.raises(Invalid) as refusal:
        Calendar("XX").is_working_day(day("2026-11-25"), NINE_TO_SIX)
    assert (refusal.value.code, refusal.value.params) == ("unknown_country", {"given": "XX"})


def test_every_country_has_the_days_that_the_holidays_package_says():
    years = (2026, 2027)
    for country in sorted(countries()):
        calendar, known = Calendar(country), holidays.country_holidays(country, years=years)
        assert [each for each in sorted(known) if each.year == 2026 and not calendar.is_holiday(each)] == [], country
        worked = [each for each in known.weekend_workdays if each.year == 2026]
        assert [each for each in worked if not calendar.is_make_up_day(each)] == [], country


def test_a_country_code_may_be_in_lower_case():
    assert Calendar("cn").is_working_day(day("2026-10-10"), NINE_TO_SIX)
    assert Calendar("cn").year_to_enter(day("2027-03-01")) == 2027


def test_a_five_day_week_has_as_many_working_days_as_the_notice_leaves():
    days = (day("2026-01-01") + timedelta(days=offset) for offset in range(365))
    assert sum(CHINA.is_working_day(each, NINE_TO_SIX) for each in days) == 248
