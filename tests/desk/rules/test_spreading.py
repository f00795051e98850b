"""Calls spread over days: even, within what suits each, and none lost."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.rules.spreading import spread_over

MONDAY = date(2026, 11, 30)
DAYS = [MONDAY + timedelta(days=n) for n in range(3)]


def test_the_emptiest_day_comes_first_and_of_several_the_earliest() -> None:
    assert spread_over(DAYS, {DAYS[0]: 2}, [None] * 4) == [DAYS[1], DAYS[2], DAYS[1], DAYS[2]]


def test_a_call_that_no_day_suits_goes_nowhere() -> None:
    assert spread_over(DAYS, {}, [MONDAY - timedelta(days=1), MONDAY]) == [None, MONDAY]


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 3), max_size=30),
    st.lists(st.none() | st.integers(-1, 4), max_size=30),
)
def test_days_differ_by_one_at_most_where_every_day_suits(load: list[int], limits: list[int | None]) -> None:
    chosen = spread_over(DAYS, {}, [None] * len(load))
    counts = [chosen.count(day) for day in DAYS]
    assert max(counts) - min(counts) <= 1
    latest = [None if n is None else MONDAY + timedelta(days=n) for n in limits]
    for day, limit in zip(spread_over(DAYS, {}, latest), latest, strict=True):
        assert day is None or limit is None or day <= limit
        assert (day is None) == (limit is not None and limit < MONDAY)
