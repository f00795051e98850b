"""Whom to call next."""

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.rules.queues import InArrears, QueueRules, is_not_spoken_to, is_ready, load_queue_rules, rank, reasons

TODAY = date(2026, 11, 25)

ROWS = st.builds(
    InArrears,
    broken=st.booleans(),
    bucket=st.sampled_from([0, 1, 31, 61, 91]),
    days=st.integers(0, 400),
    amount=st.none() | st.decimals(0, 10_000, places=2),
    spoken_on=st.none() | st.dates(date(2025, 1, 1), TODAY),
    escalated=st.sampled_from([None, None, "legal"]),
)


def row(
    *,
    broken: bool = False,
    bucket: int = 1,
    days: int = 5,
    amount: str | None = None,
    spoken: date | None = None,
    escalated: str | None = None,
) -> InArrears:
    return InArrears(broken, bucket, days, Decimal(amount) if amount else None, spoken, escalated)


def test_the_order_is_broken_promise_then_bucket_then_amount_then_the_longest_without_a_conversation() -> None:
    yesterday = TODAY - timedelta(days=1)
    in_order = [
        row(broken=True, bucket=1, amount="1.00", spoken=TODAY),
        row(bucket=91, days=95),
        row(bucket=31, days=40, amount="9000.00", spoken=TODAY),
        row(bucket=1, amount="3000.00", spoken=TODAY),
        row(bucket=1, amount="2999.99"),
        row(bucket=1),
        row(bucket=1, days=20, spoken=yesterday),
        row(bucket=1, days=5, spoken=yesterday),
        row(bucket=1, days=30, spoken=TODAY),
        row(broken=True, bucket=91, days=95, escalated="legal"),
        row(bucket=91, days=95, escalated="upset"),
    ]
    mixed = random.Random(3).sample(in_order, len(in_order))
    assert sorted(mixed, key=rank) == in_order


@given(ROWS, ROWS)
@settings(max_examples=60)
def test_a_broken_promise_comes_before_everything_and_a_later_bucket_before_any_amount(
    one: InArrears, other: InArrears
) -> None:
    if (one.escalated is None) != (other.escalated is None):
        assert (rank(one) < rank(other)) == (one.escalated is None), "those whose calls wait for a manager come last"
    elif one.broken != other.broken:
        assert (rank(one) < rank(other)) == one.broken
    elif one.bucket != other.bucket:
        assert (rank(one) < rank(other)) == (one.bucket > other.bucket)


def test_the_reasons_begin_with_the_most_important() -> None:
    everything = row(broken=True, bucket=31, amount="10.00", spoken=TODAY - timedelta(days=7))
    assert reasons(everything, TODAY) == ("promise", "bucket", "amount", "not_spoken")
    assert reasons(row(spoken=TODAY - timedelta(days=6)), TODAY) == ("bucket",)
    assert reasons(row(broken=True, spoken=TODAY, escalated="legal"), TODAY) == ("escalated", "promise", "bucket")


def test_who_was_never_spoken_to_is_pointed_out() -> None:
    assert is_not_spoken_to(None, TODAY)
    assert not is_not_spoken_to(TODAY, TODAY)
    assert is_not_spoken_to(TODAY - timedelta(days=3), TODAY, QueueRules(not_spoken_days=3))


def test_a_check_is_ready_when_it_is_due_or_its_papers_were_accepted() -> None:
    assert is_ready("employer", due=True, still_open=["employment"], accepted=[])
    assert is_ready("income", due=False, still_open=["insurance"], accepted=["bank"])
    assert not is_ready("income", due=False, still_open=["income"], accepted=["bank"])
    assert not is_ready("income", due=False, still_open=[], accepted=["id"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("taken_minutes = 0", "taken_minutes"),
        ("minutes = 5", "minutes"),
        ('[papers]\nsigning = ["id"]', "line 2, .* no check"),
        ('[papers]\nidentity = ["passport"]', "line 2, .* no document 'passport'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, names: str) -> None:
    source = tmp_path / "queue.toml"
    source.write_text(text, "utf-8")
    with pytest.raises(DataFileError, match=names):
        load_queue_rules(source)
