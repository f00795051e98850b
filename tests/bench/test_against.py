"""The comparison of two checkouts calls nothing better when the spread covers it."""

from pathlib import Path

import pytest

from bench import seed
from bench.against import PARTS, table
from bench.checkout import Checkout, open_checkout, write_loans

SIDES = Checkout("ours", Path(), Path()), Checkout("829f692", Path(), Path())


@pytest.mark.parametrize(
    ("measure", "ours", "theirs", "row"),
    [
        ("CPU ms", [2.0, 2.5], [7.0, 7.5], "| SQLite | CPU ms | 7.25 | 2.25 | 3.25 (3.00–3.50) | better |"),
        ("answers/s", [300.0, 200.0], [100.0, 100.0], "| SQLite | answers/s | 100.00 | 250.00 | 2.50 (2.00–3.00) | better |"),
        ("MB", [150.0, 90.0], [100.0, 99.0], "| SQLite | MB | 99.50 | 120.00 | 0.88 (0.67–1.10) | no clear difference |"),
        ("answers/s", [90.0, 95.0], [100.0, 100.0], "| SQLite | answers/s | 100.00 | 92.50 | 0.93 (0.90–0.95) | worse |"),
        ("CPU s", [2.0], [6.0], "| SQLite | CPU s | 6.00 | 2.00 | 3.00 (3.00–3.00) | one round |"),
        ("failed, 300 a second", [0.0, 0.0], [100.0, 59.0], "| SQLite | failed, 300 a second | 159 | 0 | – | |"),
    ],
)  # fmt: skip
def test_a_row_compares_round_with_round(measure: str, ours: list[float], theirs: list[float], row: str) -> None:
    assert table("SQLite", {measure: {"ours": ours, "829f692": theirs}}, SIDES) == [row]


def test_a_checkout_without_an_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run make there"):
        open_checkout(tmp_path)


def test_this_checkouts_bench_can_fill_its_database() -> None:
    dataset = seed.named("bench", "dataset")

    assert callable(dataset.add_members)
    assert seed.named(seed.named("bench", "environment"), "Environment")


def test_each_member_owns_as_many_loans(tmp_path: Path) -> None:
    write_loans(tmp_path / "loans.csv", members=3, each=2)

    lines = (tmp_path / "loans.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 3 * 2
    assert lines[-1] == "B-2-1,刘小明,13800000005,approved,agent2@lender.example"


def test_every_target_has_a_part_that_compares_it() -> None:
    targets = {"commands", "growth", "growth_of_loans", "deliveries", "burst", "import", "beside", "start"}

    assert targets == set(PARTS)
