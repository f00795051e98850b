"""When an instalment is due, which is the next unpaid one, and when the call to remind of it is."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules.instalments import (
    instalment_in,
    instalment_on_or_after,
    instalment_on_or_before,
    next_instalment,
    next_unpaid_instalment,
    repayment_follow_up_on,
)
from tests.desk.rules.times import CHINA, NINE_TO_SIX, SHANGHAI, at, day

TODAY = day("2026-11-25")


def test_a_month_without_the_due_day_has_its_instalment_on_the_last_day():
    last_days = [instalment_in(2027, month, 31).day for month in range(1, 13)]
    assert last_days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert instalment_in(2028, 2, 30) == day("2028-02-29")


@pytest.mark.parametrize("due_day", [0, 32, -1])
def test_a_due_day_that_no_month_has_is_refused(due_day: int):
    with pytest.raises(Invalid, match="due_day"):
        instalment_in(2026, 11, due_day)


def test_the_next_instalment_crosses_the_year():
    assert next_instalment(day("2026-12-15"), 15) == day("2027-01-15")
    assert instalment_on_or_after(day("2026-12-16"), 15) == day("2027-01-15")
    assert instalment_on_or_after(day("2026-12-15"), 15) == day("2026-12-15")
    assert instalment_on_or_before(day("2027-01-14"), 15) == day("2026-12-15")


def test_the_31st_comes_back_after_a_short_month():
    january = day("2027-01-31")
    february = next_instalment(january, 31)
    assert (february, next_instalment(february, 31)) == (day("2027-02-28"), day("2027-03-31"))


def test_without_data_from_the_lender_the_next_unpaid_instalment_is_in_the_future():
    assert next_unpaid_instalment(TODAY, 10) == day("2026-12-10")
    assert next_unpaid_instalment(TODAY, 25) == TODAY
    assert next_unpaid_instalment(TODAY, 10, paid_through=day("2026-07-10")) == day("2026-12-10")


def test_an_instalment_paid_ahead_is_not_asked_for_again():
    assert next_unpaid_instalment(TODAY, 10, paid_through=day("2026-12-10")) == day("2027-01-10")
    assert next_unpaid_instalment(TODAY, 25, paid_through=TODAY) == day("2026-12-25")


def test_an_instalment_that_the_lender_reports_unpaid_comes_first():
    assert next_unpaid_instalment(TODAY, 10, unpaid_since=day("2026-09-10")) == day("2026-09-10")
    assert next_unpaid_instalment(TODAY, 10, unpaid_since=day("2026-09-12")) == day("2026-09-10")


def test_paying_the_oldest_unpaid_instalment_leads_to_the_one_after_it():
    unpaid = day("2026-09-10")
    assert next_unpaid_instalment(TODAY, 10, unpaid_since=unpaid, paid_through=unpaid) == day("2026-10-10")
    assert next_unpaid_instalment(TODAY, 10, unpaid_since=unpaid, paid_through=day("2026-12-10")) == day("2027-01-10")


def follow_up(instalment: str, now: str = "2026-11-25 10:00") -> date:
    return repayment_follow_up_on(day(instalment), at(now), NINE_TO_SIX, CHINA, working_days_before=3)


@pytest.mark.parametrize(
    ("instalment", "call"),
    [
        ("2026-12-10", "2026-12-07"),
        ("2026-12-15", "2026-12-10"),
        ("2026-12-13", "2026-12-09"),
        ("2027-01-04", "2026-12-29"),
    ],
)
def test_the_call_is_three_working_days_before_the_instalment(instalment: str, call: str):
    assert follow_up(instalment) == day(call)


def test_holidays_and_make_up_days_are_counted():
    assert follow_up("2026-10-08", "2026-09-01 10:00") == day("2026-09-28")
    assert follow_up("2026-10-12", "2026-09-01 10:00") == day("2026-10-08")


def test_when_that_day_has_passed_the_call_is_today_while_work_is_not_over():
    assert follow_up("2026-11-26") == day("2026-11-25")
    assert follow_up("2026-11-26", "2026-11-25 19:00") == day("2026-11-26")
    assert follow_up("2026-11-25") == day("2026-11-25")


def test_the_call_is_after_the_instalment_only_when_no_working_day_is_left():
    assert follow_up("2026-11-29", "2026-11-27 19:00") == day("2026-11-30")
    assert follow_up("2026-09-10") == day("2026-11-25")


days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
due_days = st.integers(1, 31)


@given(days, due_days)
def test_instalments_follow_each_other_month_by_month(after: date, due_day: int):
    first = next_instalment(after, due_day)
    second = next_instalment(first, due_day)
    assert after < first < second
    assert (second.year * 12 + second.month) - (first.year * 12 + first.month) == 1
    assert instalment_on_or_before(second - timedelta(days=1), due_day) == first
    assert instalment_on_or_after(first, due_day) == first
    assert first.day == due_day or (first + timedelta(days=1)).day == 1


@given(st.dates(date(2026, 1, 1), date(2027, 6, 30)), st.integers(0, 60))
def test_the_call_is_never_in_the_past_and_before_the_instalment_if_it_can_be(instalment: date, ahead: int):
    now = datetime(instalment.year, instalment.month, instalment.day, 10, tzinfo=SHANGHAI) - timedelta(days=ahead)
    call = repayment_follow_up_on(instalment, now, NINE_TO_SIX, CHINA, working_days_before=3)
    assert call >= now.date()
    assert CHINA.is_working_day(call, NINE_TO_SIX)
    assert call <= instalment or CHINA.previous_working_day(call, NINE_TO_SIX) < now.date()
