"""Pieces beyond what memory may have come back from a file that has nothing to read in it."""

import os
from pathlib import Path
from typing import Any

import pytest

from desk.importing.packed_rows import PackedRows
from storage.files import overflow
from storage.files.overflow import Overflow

ROWS = [(line, [f"A-{line}", "王小明"]) for line in range(2, 1_602)]


def packed() -> PackedRows:
    rows = PackedRows()
    for line, cells in ROWS:
        rows.add(line, cells)
    return rows


@pytest.mark.parametrize("most", [0, 100, 10**9])
def test_rows_come_back_wherever_they_are_kept(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(overflow, "IN_MEMORY", most)
    rows = packed()
    assert [(line, cells) for line, cells in rows] == ROWS
    assert [rows.cells_at(line) for line in (1_601, 2, 700)] == [ROWS[1_599][1], ROWS[0][1], ROWS[698][1]]
    assert [(line, cells) for line, cells in rows] == ROWS


def test_the_file_has_no_name_and_is_sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(overflow, "IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened: list[Any] = []
    make = overflow.tempfile.TemporaryFile

    def noting(*args: Any, **options: Any) -> Any:
        opened.append(make(*args, **options))
        return opened[-1]

    monkeypatch.setattr(overflow.tempfile, "TemporaryFile", noting)
    pieces = Overflow()
    for piece in (b"13800138000" * 9, b"13800138000" * 9):
        pieces.append(piece)
    assert list(os.scandir(tmp_path)) == []
    content = os.pread(opened[0].fileno(), 10_000, 0)
    assert (len(content) > 190, b"138" in content, content[:99] == content[115:214]) == (True, False, False)
    assert pieces[1] == b"13800138000" * 9


def test_without_a_place_for_files_all_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overflow, "IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert [(line, cells) for line, cells in packed()] == ROWS
