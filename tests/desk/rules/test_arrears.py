"""Days past due, buckets, what payments cover, and what becomes of a promise."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.rules.arrears import (
    SCALE,
    Bucket,
    Pause,
    PromiseRule,
    Scale,
    arrears,
    cover,
    days_past_due,
    load_scale,
    next_unpaid,
    promise_state,
)
from tests.desk.rules.times import day

RULE = PromiseRule()


@dataclass(frozen=True, slots=True)
class Due:
    due_on: date
    amount: Decimal


THREE = [Due(day(f"2026-{month}-15"), Decimal("1000.00")) for month in ("01", "02", "03")]


def word(days: int) -> str:
    return SCALE.bucket(days).word("en")


@pytest.mark.parametrize(
    ("due", "dates"),
    [
        # RBI circular of 2021-11-12: days 0, 30, 60 and 90 of a loan due on 31 March
        ("2021-03-31", {"2021-03-31": 0, "2021-04-01": 1, "2021-04-30": 30, "2021-05-30": 60, "2021-06-29": 90}),
        ("2021-12-01", {"2021-12-31": 30, "2022-01-30": 60, "2022-03-01": 90}),
        ("2026-03-15", {"2026-04-01": 17, "2026-03-14": 0}),
        ("2006-11-01", {"2006-11-30": 29, "2006-12-31": 60}),
        ("2013-02-28", {"2013-03-31": 31}),
        ("2026-10-01", {"2026-10-10": 9}),
        ("2026-10-08", {"2026-10-10": 2, "2026-10-08": 0}),
    ],
)
def test_days_past_due(due: str, dates: dict[str, int]):
    assert {as_of: max(days_past_due(day(due), day(as_of)), 0) for as_of in dates} == dates


def test_buckets_by_days():
    assert [word(days) for days in (0, 1, 30, 31, 60, 61, 90, 91, 400)] == [
        *("M0", "M1", "M1", "M2", "M2", "M3", "M3", "M3+", "M3+")
    ]


def test_due_on_31_january_and_28_february_is_one_bucket_by_days_although_two_instalments_are_unpaid():
    rows = cover([Due(day("2026-01-31"), Decimal(100)), Due(day("2026-02-28"), Decimal(100))], Decimal(0))
    found = arrears(rows, day("2026-03-01"))
    assert (found.days, found.instalments, word(found.days)) == (29, 2, "M1")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[[bucket]]\nfrom = 1\nzh = 'a'\nen = 'a'\n", "day 0"),
        ("[[bucket]]\nfrom = 0\nzh = 'a'\nen = 'a'\n", "day 1"),
        ("".join(f"[[bucket]]\nfrom = {n}\nzh = 'a'\nen = 'b'\n" for n in (0, 1, 31, 31)), "does not begin after"),
        ("[[bucket]]\nfrom = 'x'\nzh = 'a'\nen = 'a'\n", "bad.toml"),
        ("[promise]\nkept_percent = 101\n", "kept_percent"),
        ("[buckets]\n", "buckets"),
        ("[[bucket]\n", "bad.toml"),
    ],
)
def test_a_table_of_buckets_with_a_mistake_names_it(tmp_path: Path, text: str, error: str):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(DataFileError, match=r"bad\.toml") as refused:
        load_scale(file)
    assert error in str(refused.value)


def test_buckets_of_thirty_sixty_ninety(tmp_path: Path):
    file = tmp_path / "scale.toml"
    words = {0: "current", 1: "1–29", 30: "30–59", 60: "60–89", 90: "90–119", 120: "120+"}
    file.write_text("".join(f"[[bucket]]\nfrom = {n}\nzh = '{each}'\nen = '{each}'\n" for n, each in words.items()))
    scale = load_scale(file)
    assert [scale.bucket(days).word("zh") for days in (29, 30, 60, 119, 120)] == [
        *("1–29", "30–59", "60–89", "90–119", "120+")
    ]
    assert load_scale(resources.files("desk") / "data" / "arrears.toml") == SCALE


def test_part_payments_cover_the_oldest_first():
    rows = cover(THREE, Decimal("1600.00"))
    found = arrears(rows, day("2026-03-20"))
    assert (found.since, found.days, found.amount, found.instalments) == (day("2026-02-15"), 33, Decimal("1400.00"), 2)
    assert word(found.days) == "M2"
    found = arrears(cover(THREE, Decimal("2000.00")), day("2026-03-21"))
    assert (found.since, found.days, found.amount) == (day("2026-03-15"), 6, Decimal("1000.00"))


def test_what_is_paid_early_covers_the_next_ones():
    rows = cover(THREE, Decimal("1500.00"))
    assert [row.paid for row in rows] == [Decimal("1000.00"), Decimal("500.00"), Decimal(0)]
    following = next_unpaid(rows)
    assert following is not None
    assert (following.due_on, following.left) == (day("2026-02-15"), Decimal("500.00"))
    assert next_unpaid(cover(THREE, Decimal("9000.00"))) is None


def test_instalments_paid_before_the_schedule_was_entered_need_no_payments():
    rows = cover(THREE, Decimal("400.00"), settled_through=day("2026-02-15"))
    assert [row.left for row in rows] == [Decimal(0), Decimal(0), Decimal("600.00")]


@pytest.mark.parametrize(("as_of", "days"), [("2026-03-18", 0), ("2026-03-19", 4), ("2026-04-15", 31)])
def test_days_of_grace_are_not_past_due_and_count_after_them(as_of: str, days: int):
    found = arrears(cover(THREE, Decimal("2000.00")), day(as_of), grace_days=3)
    assert (found.days, found.since) == (days, day("2026-03-15") if days else None)


def test_a_pause_takes_its_days_away():
    pause = Pause(day("2026-03-10"), day("2026-03-20"))
    assert days_past_due(day("2026-03-01"), day("2026-04-10"), pauses=[pause]) == 30
    assert days_past_due(day("2026-03-01"), day("2026-03-15"), pauses=[pause]) == 9
    assert days_past_due(day("2026-03-12"), day("2026-03-15"), pauses=[pause]) == 0
    again = Pause(day("2026-03-15"), day("2026-03-25"))
    assert days_past_due(day("2026-03-01"), day("2026-04-10"), pauses=[pause, again, pause]) == 25


@given(st.lists(st.integers(1, 500_000), min_size=1, max_size=24), st.integers(0, 5_000_000), st.integers(0, 900))
@settings(max_examples=80, deadline=None)
def test_payments_are_counted_to_the_cent(cents: list[int], paid: int, later: int):
    rows = [Due(date(2026, 1 + n % 12, 15).replace(year=2026 + n // 12), Decimal(c) / 100) for n, c in enumerate(cents)]
    covered = cover(rows, Decimal(paid) / 100)
    assert sum(row.paid for row in covered) == min(Decimal(paid), Decimal(sum(cents))) / 100
    first_open = next((n for n, row in enumerate(covered) if row.left), len(covered))
    assert all(not row.paid for row in covered[first_open + 1 :])
    as_of = date.fromordinal(date(2026, 1, 1).toordinal() + later)
    found = arrears(covered, as_of)
    assert found.amount == sum((row.left for row in covered if row.due_on < as_of), Decimal(0))
    assert (found.days > 0) is (found.since is not None) is (found.amount > 0)


@pytest.mark.parametrize(
    ("promised", "paid", "today", "state"),
    [
        ("1000.00", "0", "2026-03-15", "open"),
        ("1000.00", "0", "2026-03-18", "open"),
        ("1000.00", "0", "2026-03-19", "broken"),
        ("1000.00", "949.99", "2026-03-19", "partly_kept"),
        ("1000.00", "949.99", "2026-03-18", "open"),
        ("1000.00", "950.00", "2026-03-15", "kept"),
        ("1000.00", "2000.00", "2026-03-01", "kept"),
        (None, "0.01", "2026-03-15", "kept"),
        (None, "0", "2026-03-19", "broken"),
    ],
)
def test_promises(promised: str | None, paid: str, today: str, state: str):
    amount = None if promised is None else Decimal(promised)
    assert promise_state(amount, day("2026-03-15"), Decimal(paid), day(today), RULE) == state


DAYS = st.dates(date(2026, 1, 1), date(2026, 6, 30))
PAUSES = st.lists(
    st.tuples(DAYS, st.integers(1, 40)).map(lambda each: Pause(each[0], each[0] + timedelta(each[1]))), max_size=4
)


@given(DAYS, st.integers(0, 200), PAUSES, st.integers(0, 10))
@settings(max_examples=80, deadline=None)
def test_days_past_due_are_the_days_outside_all_pauses_counted_one_by_one(
    due: date, later: int, pauses: list[Pause], grace: int
):
    days = [due + timedelta(each) for each in range(later)]
    counted = sum(not any(pause.start <= each < pause.end for pause in pauses) for each in days)
    as_of = due + timedelta(later)
    assert days_past_due(due, as_of, grace_days=grace, pauses=pauses) == (counted if counted > grace else 0)


@given(st.sets(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 500))
@settings(max_examples=80, deadline=None)
def test_each_day_past_due_is_in_the_bucket_that_began_last(firsts: set[int], days: int):
    own = Scale((SCALE.buckets[0], *(Bucket(first, f"from {first}", "") for first in sorted(firsts))), RULE)
    begun = [first for first in firsts if first <= days]
    assert own.bucket(days).first == max(begun, default=SCALE.buckets[0].first)
    assert own.bucket(days + 1).first >= own.bucket(days).first


@given(
    st.one_of(st.none(), st.decimals("0.01", "9999.99", places=2)),
    st.decimals("0", "9999.99", places=2),
    st.decimals("0", "99.99", places=2),
    st.integers(-10, 20),
    st.builds(PromiseRule, kept_percent=st.integers(50, 100), patience_days=st.integers(0, 10)),
)
@settings(max_examples=120, deadline=None)
def test_a_promise_is_kept_by_enough_and_never_by_less_and_is_settled_when_patience_ends(
    promised: Decimal | None, paid: Decimal, more: Decimal, later: int, rule: PromiseRule
):
    due = date(2026, 3, 15)
    found = promise_state(promised, due, paid, due + timedelta(later), rule)
    enough = paid * 100 >= promised * rule.kept_percent if promised is not None else paid > 0
    assert (found == "kept") == enough
    assert (found == "open") == (not enough and later <= rule.patience_days)
    assert (found == "broken") == (not enough and later > rule.patience_days and paid == 0)
    if found == "kept":
        assert promise_state(promised, due, paid + more, due + timedelta(later), rule) == "kept"
