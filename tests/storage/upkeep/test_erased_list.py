"""The list of what was deleted for good: what was changed on it is found, and what a killed process left unfinished is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from storage.engine.cipher import KeyRing
from storage.upkeep.erased_list import BadErasedListError, Erased, ErasedList

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
ROWS = [Erased(AT, UUID(int=1), "loan", UUID(int=number), "ended_loan") for number in range(10, 14)]
RING = KeyRing(keys={1: b"k" * 32}, current=1, search=b"s" * 32)


@pytest.fixture
def listed(tmp_path: Path) -> ErasedList:
    found = ErasedList(tmp_path / "kept" / "erased.txt", RING)
    found.append(ROWS[:2])
    found.append([])
    found.append(ROWS[2:])
    return found


def test_what_was_written_is_read_by_its_owner_alone(listed: ErasedList) -> None:
    assert listed.read() == ROWS
    assert listed.file.stat().st_mode & 0o077 == 0


CHANGES: list[Callable[[list[str]], list[str]]] = [
    lambda lines: [lines[0].replace(" loan ", " call "), *lines[1:]],
    lambda lines: [*lines[:2], lines[2].replace("2026", "2025"), lines[3]],
    lambda lines: lines[1:],
    lambda lines: [lines[0], *lines[2:]],
    lambda lines: [lines[0], lines[2], lines[1], lines[3]],
    lambda lines: [*lines, lines[1]],
    lambda lines: [*lines, f"{ROWS[0]}\n"],
    lambda lines: [*lines, "\n"],
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_list_is_refused(listed: ErasedList, change: Callable[[list[str]], list[str]]) -> None:
    lines = listed.file.read_text("utf-8").splitlines(keepends=True)
    listed.file.write_text("".join(change(lines)), "utf-8")
    with pytest.raises(BadErasedListError, match=r"line [1-5] of the list"):
        listed.read()


def test_every_changed_byte_is_found(listed: ErasedList) -> None:
    content = listed.file.read_bytes()
    for place in range(len(content) - 1):
        listed.file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(BadErasedListError):
            listed.read()


def test_a_list_that_another_search_key_marked_is_refused(listed: ErasedList) -> None:
    with pytest.raises(BadErasedListError, match="another search key"):
        replace(listed, ring=KeyRing(keys=RING.keys, current=1, search=b"t" * 32)).read()


def test_an_unfinished_line_is_none_and_the_next_takes_its_place(listed: ErasedList) -> None:
    content = listed.file.read_bytes()
    listed.file.write_bytes(content[:-7])
    assert listed.read() == ROWS[:-1]
    listed.append(ROWS[-1:])
    assert listed.file.read_bytes() == content
