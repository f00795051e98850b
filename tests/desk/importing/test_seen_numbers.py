"""Loan numbers of a large file: few bytes of each, and none is taken for another."""

import tracemalloc
from datetime import date

import pytest

from desk.importing import seen_numbers
from desk.importing.file_rows import FileRows
from desk.importing.rows import Header
from desk.importing.seen_numbers import SeenNumbers


def file_of(*numbers: str) -> FileRows:
    places = {"number": 0, "name": 1}
    rows = FileRows(Header(places, {each: each for each in places}, {}), today=date(2026, 11, 30), region="CN")
    for line, number in enumerate(numbers, 2):
        rows.add(line, [number, "王伟"])
    return rows


def test_seen_numbers_take_at_most_32_bytes_each() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        seen = SeenNumbers()
        for n in range(50_000):
            assert seen.add(f"loan-{n}")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 50_000 <= 32
    assert all(f"loan-{n}" in seen and not seen.add(f"loan-{n}") for n in range(50_000))
    assert not any(f"loan-{n}" in seen for n in range(50_000, 60_000))


def test_a_number_that_occurs_twice_is_no_number_of_the_rows() -> None:
    rows = file_of("A-1", "A-2", "a-1", "A-3")
    assert [each.line for each in rows.close()] == [2, 4]
    assert [each.number for each in rows] == ["A-2", "A-3"]
    assert [key in rows.numbers for key in ("a-1", "a-2", "a-3")] == [False, True, True]


def test_two_numbers_with_the_same_hash_are_both_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_numbers, "_hashed", lambda _key: 7)
    rows = file_of("A-1", "A-2", "A-3", "A-3")
    assert [each.line for each in rows.close()] == [4, 5]
    assert [each.number for each in rows] == ["A-1", "A-2"]
    assert len(rows) == 2
    assert "a-2" in rows.numbers
