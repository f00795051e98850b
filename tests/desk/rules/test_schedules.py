"""Schedules computed from a loan's terms. Figures called published come from the page that the test names."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules.calendar import Calendar
from desk.rules.schedules import (
    DAY_COUNTS,
    METHODS,
    DayCount,
    Row,
    Shift,
    Terms,
    days_between,
    due_dates,
    level_payment,
    part_of_year,
    schedule,
    shifted,
    to_cents,
)
from tests.desk.rules.times import NINE_TO_SIX, day


def terms(amount: str, rate: str, months: int, **values: Any) -> Terms:
    """Return terms whose first instalment is due on 15 February 2026."""
    return Terms(
        amount=Decimal(amount), rate=Decimal(rate), months=months, **{"first_due": day("2026-02-15"), **values}
    )


def rows_of(amount: str, rate: str, months: int, **values: Any) -> tuple[Row, ...]:
    return schedule(terms(amount, rate, months, **values))


def figures(row: Row) -> list[str]:
    """Return the payment of a row, its interest and its principal."""
    return [str(row.amount), str(row.interest), str(row.principal)]


def interest(rows: tuple[Row, ...]) -> str:
    return str(sum(row.interest for row in rows))


def left_after(rows: tuple[Row, ...], number: int) -> str:
    return str(sum(row.principal for row in rows[number:]))


def test_equal_instalments():
    rows = rows_of("100000.00", "4.50", 36)
    assert figures(rows[0]) == ["2974.69", "375.00", "2599.69"]
    assert figures(rows[1]) == ["2974.69", "365.25", "2609.44"]
    assert figures(rows[11]) == ["2974.69", "265.73", "2708.96"]
    assert figures(rows[35]) == ["2974.78", "11.11", "2963.67"]
    assert [left_after(rows, n) for n in (1, 2, 12)] == ["97400.31", "94790.87", "68152.19"]
    assert interest(rows) == "7088.93"
    assert sum(row.amount for row in rows) == Decimal("107088.93")


def test_equal_instalments_as_published_by_loan_calculate_utils():
    rows = rows_of("1000000", "4.9", 360)  # npm loan-calculate-utils, whose page rounds principal and interest apart
    assert str(rows[0].amount) == "5307.27"
    assert left_after(rows, 1) == "998776.06"
    assert (str(rows[-1].amount), interest(rows)) == ("5305.19", "910615.12")


@pytest.mark.parametrize(
    ("amount", "rate", "months", "payment"),
    [
        ("20000.00", "4", 60, "368.33"),  # published: letuscalculate
        ("50000.00", "12", 360, "514.31"),  # published: Fiserv Portico
        ("25000.00", "6", 60, "483.32"),  # calculator.city says 473.65, which does not repay the loan
        ("25000.00", "5", 60, "471.78"),
        ("20000.00", "6", 60, "386.66"),
        ("1200.00", "0", 12, "100.00"),
    ],
)
def test_level_payments(amount: str, rate: str, months: int, payment: str):
    assert str(level_payment(terms(amount, rate, months))) == payment


def test_level_payments_of_an_american_loan():
    rows = rows_of("20000.00", "4", 60)
    assert figures(rows[0]) == ["368.33", "66.67", "301.66"]
    assert (left_after(rows, 1), str(rows[-1].amount), interest(rows)) == ("19698.34", "368.38", "2099.85")
    rows = rows_of("25000.00", "6", 60)
    assert (str(rows[0].interest), left_after(rows, 1)) == ("125.00", "24641.68")
    assert (str(rows[-1].amount), interest(rows)) == ("483.35", "3999.23")


def test_equal_principal():
    rows = rows_of("100000.00", "4.50", 36, method="level_principal")
    assert [str(rows[n - 1].amount) for n in (1, 2, 35, 36)] == ["3152.78", "3142.36", "2798.61", "2788.12"]
    assert {str(row.principal) for row in rows[:-1]} == {"2777.78"}
    assert str(rows[-1].principal) == "2777.70"
    assert interest(rows) == "6937.50"


def test_equal_principal_as_published_by_loan_calculate_utils():
    rows = rows_of("1000000", "4.9", 360, method="level_principal")
    assert [str(rows[n].amount) for n in (0, 1, -1)] == ["6861.11", "6849.77", "2788.32"]
    assert interest(rows) == "737041.08"  # published without rounding: 737,041.67


def test_interest_first():
    rows = rows_of("100000.00", "6", 12, method="interest_first")
    assert {str(row.amount) for row in rows[:-1]} == {"500.00"}
    assert (str(rows[-1].amount), interest(rows)) == ("100500.00", "6000.00")


def test_interest_first_by_days():
    rows = rows_of("100000.00", "6", 12, method="interest_first", day_count="actual_360", paid_out=day("2026-01-15"))
    assert [str(row.interest) for row in rows[:4]] == ["516.67", "466.67", "516.67", "500.00"]
    assert interest(rows) == "6083.36"


def test_flat():
    rows = rows_of("100000.00", "0.30", 36, method="flat", basis="month")
    assert figures(rows[0]) == ["3077.78", "300.00", "2777.78"]
    assert (str(rows[-1].amount), interest(rows)) == ("3077.70", "10800.00")
    assert rows == rows_of("100000.00", "3.60", 36, method="flat")


def test_balloon():
    rows = rows_of("100000.00", "4.50", 36, balloon=Decimal("40000.00"))
    assert (
        level_payment(terms("60000.00", "4.50", 36)) + Decimal("150.00") == rows[0].amount
    )  # 150: interest on the balloon
    assert str(rows[0].amount) == "1934.82"
    assert abs(rows[-1].amount - rows[0].amount - 40000) < Decimal("0.36")
    assert sum(row.principal for row in rows) == 100000


@pytest.mark.parametrize(("day_count", "expected"), [("actual_360", "575.00"), ("actual_365", "567.12")])
def test_a_long_first_period_pays_interest_by_days(day_count: Any, expected: str):
    dates: Any = {"paid_out": day("2026-01-10"), "first_due": day("2026-02-25")}
    rows = rows_of("100000.00", "4.50", 36, day_count=day_count, **dates)
    assert str(rows[0].interest) == expected
    assert rows[0].amount == rows[1].amount


def test_a_long_first_period_of_a_table_by_months():
    rows = rows_of("100000.00", "4.50", 36, paid_out=day("2026-01-10"), first_due=day("2026-02-25"))
    assert str(rows[0].interest) == "562.50"  # 45 of 360 days
    assert rows_of("100000.00", "4.50", 36, paid_out=day("2026-01-15")) == rows_of("100000.00", "4.50", 36)


def interest_for(amount: Decimal, yearly: Decimal, start: date, end: date, day_count: DayCount) -> Decimal:
    return to_cents(amount * yearly / 100 * part_of_year(start, end, day_count))


def test_interest_by_days():
    """Simple interest as American lenders count it, and a payoff after row 12 of 100,000 over 36 months."""
    since, amount = day("2026-01-01"), Decimal("20000.00")
    by_days = {
        n: interest_for(amount, Decimal(6), since, date.fromordinal(since.toordinal() + n), "actual_365")
        for n in (30, 35)
    }
    assert {n: str(each) for n, each in by_days.items()} == {30: "98.63", 35: "115.07"}
    assert str(interest_for(amount, Decimal(6), since, day("2026-02-01"), "thirty_360")) == "100.00"
    principal = level_payment(terms("20000.00", "6", 60)) - by_days[35]
    assert (str(principal), str(amount - principal)) == ("271.59", "19728.41")
    assert str(interest_for(amount - principal, Decimal(6), since, day("2026-01-11"), "actual_365")) == "32.43"
    assert str(interest_for(Decimal("68152.19"), Decimal("4.5"), since, day("2026-01-11"), "actual_360")) == "85.19"
    assert str(interest_for(Decimal("2500.00"), Decimal("6.75"), since, day("2026-01-18"), "actual_360")) == "7.97"


def test_days_by_30_360():
    assert days_between(day("2013-02-28"), day("2013-03-31"), "thirty_360") == 33  # CU*BASE kb3834
    assert days_between(day("2013-02-28"), day("2013-03-31"), "actual_365") == 31
    assert days_between(day("2026-01-31"), day("2026-03-31"), "thirty_360") == 60


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
        ("2027-12-31", ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2026-12-30", ["2026-12-30", "2027-01-30", "2027-02-28", "2027-03-30"]),
    ],
)
def test_the_due_day_comes_back_after_a_short_month(first: str, expected: list[str]):
    assert due_dates(day(first), len(expected)) == tuple(map(day, expected))


def test_the_first_instalment_may_be_on_another_day_than_the_others():
    assert due_dates(day("2026-02-28"), 3, 31) == (day("2026-02-28"), day("2026-03-31"), day("2026-04-30"))


@pytest.mark.parametrize(
    ("shift", "expected"),
    [("none", "2026-10-01"), ("next_working_day", "2026-10-08"), ("previous_working_day", "2026-09-30")],
)
def test_a_due_date_on_a_holiday(shift: Shift, expected: str):
    china = Calendar("CN")
    assert shifted(day("2026-10-01"), shift, china, NINE_TO_SIX) == day(expected)
    sunday = day("2026-11-01")
    assert shifted(sunday, "none", china, NINE_TO_SIX) == sunday
    assert shifted(sunday, "next_working_day", china, NINE_TO_SIX) == day("2026-11-02")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"amount": "0"}, "schedule_amount"),
        ({"amount": "-5"}, "schedule_amount"),
        ({"amount": "100.005"}, "schedule_amount"),
        ({"rate": "-1"}, "schedule_rate"),
        ({"rate": "101"}, "schedule_rate"),
        ({"rate": "9", "basis": "month"}, "schedule_rate"),
        ({"months": 0}, "schedule_months"),
        ({"months": 481}, "schedule_months"),
        ({"balloon": Decimal(1000)}, "schedule_balloon"),
        ({"balloon": Decimal(-1)}, "schedule_balloon"),
        ({"balloon": Decimal(10), "method": "flat"}, "schedule_balloon"),
        ({"paid_out": date(2026, 2, 15)}, "schedule_paid_out"),
        ({"due_day": 32}, "due_day"),
    ],
)
def test_terms_that_no_loan_has(values: dict[str, Any], code: str):
    given_values = {"amount": "1000.00", "rate": "5", "months": 12, **values}
    with pytest.raises(Invalid, match=code):
        rows_of(**given_values)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """Return terms of every method and day count."""
    amount = Decimal(draw(st.integers(100, 1_000_000_000))) / 100
    method = draw(st.sampled_from(METHODS))
    first = draw(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
    early = draw(st.integers(1, 100))
    return Terms(
        amount=amount,
        rate=Decimal(draw(st.integers(0, 3600))) / 100,
        months=draw(st.integers(1, 84)),
        first_due=first,
        method=method,
        day_count=draw(st.sampled_from(DAY_COUNTS)),
        paid_out=draw(st.sampled_from((None, date.fromordinal(first.toordinal() - early)))),
        balloon=(amount / 2).quantize(Decimal("0.01"))
        if method == "level_payment" and draw(st.booleans())
        else Decimal(0),
    )


@given(any_terms())
@settings(max_examples=60, deadline=None)
def test_every_schedule_repays_its_amount_to_the_cent(terms: Terms):
    rows = schedule(terms)
    assert [row.number for row in rows] == list(range(1, terms.months + 1))
    assert sum(row.principal for row in rows) == terms.amount
    assert all(row.principal >= 0 and row.interest >= 0 for row in rows)
    assert all(
        each == each.quantize(Decimal("0.01")) for row in rows for each in (row.principal, row.interest, row.amount)
    )
    assert all(before.due_on < after.due_on for before, after in pairwise(rows))
    months = [row.due_on.year * 12 + row.due_on.month for row in rows]
    assert months == list(range(months[0], months[0] + terms.months))


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 31), st.integers(2, 60))
@settings(max_examples=60, deadline=None)
def test_every_due_date_is_the_due_day_or_the_last_of_a_shorter_month(first: date, due_day: int, months: int):
    for due_on in due_dates(first, months, due_day)[1:]:
        following = date.fromordinal(due_on.toordinal() + 1)
        assert due_on.day == due_day or (due_on.day < due_day and following.month != due_on.month)
