"""Workbooks that are locked, damaged, too large or made to do harm: refused by name, before they cost memory."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from desk.core.errors import Invalid
from desk.importing.reading.ods import hidden_of_ods
from desk.importing.reading.source import Source
from desk.importing.reading.tables import read_file
from tests.desk.importing.files import refusal, seen
from tests.desk.importing.workbooks import (
    HEADINGS,
    ROW,
    TABLE,
    changed,
    ods_cell,
    ods_file,
    ods_row,
    ods_table,
    openpyxl_file,
    packed,
    parts_of,
)


def with_macros() -> bytes:
    return packed({**parts_of(openpyxl_file(TABLE)), "xl/vbaProject.bin": b"..."})


def with_password() -> bytes:
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def reaching(reference: str) -> bytes:
    return openpyxl_file(TABLE, lambda _book, sheet: sheet.__setitem__(reference, "x"))


def test_an_error_that_is_repeated_over_a_million_cells_is_kept_in_little_memory() -> None:
    error = ods_cell("#N/A", calcext__value_type="error", table__number_columns_repeated="90")
    filled = ods_row([*map(ods_cell, ROW), error], table__number_rows_repeated="12000")
    content = ods_file(*ods_table([(*HEADINGS, "逾期日期")]), filled)
    tracemalloc.start()
    try:
        hidden_of_ods(Source("loans.ods", content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (with_password(), "loans is protected with a password"),
        (with_macros(), "loans has macros"),
        (openpyxl_file(TABLE)[:3000], "loans is damaged"),
        (b"PK\x03\x04" + bytes(100), "loans is damaged"),
        (
            bytes.fromhex("D0CF11E0A1B11AE1") + bytes(100) + "Workbook".encode("utf-16-le") + bytes(900),
            "loans is damaged",
        ),
        (packed({"word/document.xml": b"<w/>"}), "loans is Word"),
        (packed({"xl/workbook.bin": b"..."}), "loans is XLSB"),
        (packed({"a.txt": b"..."}), "loans is ZIP"),
        (reaching("XFD2"), "The table has 16384 columns or more; the most are 1000"),
        (reaching("A100200"), "The sheet has more than 100000 rows. Save it as CSV"),
        (reaching("ALL90000"), "The sheet has more than 100000 rows. Save it as CSV"),
        (
            ods_file(*ods_table(TABLE), ods_row([ods_cell("x")], table__number_rows_repeated="1048000")),
            "The sheet has more than 100000 rows",
        ),
        (
            ods_file(*ods_table(TABLE), ods_row([ods_cell("x", table__number_columns_repeated="16384")])),
            "The table has 16384 columns or more",
        ),
        (openpyxl_file([("a", "b"), (1, 2)]), "This isn't a table of loans"),
        (openpyxl_file([HEADINGS[:3], ROW[:3]]), "The column stage is missing"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused_by_name(content: bytes, words: str) -> None:
    assert words in refusal(content)
    assert refusal(content, language="zh") != refusal(content)


def damaged(mark: bytes, place: int, by: bytes) -> bytes:
    """Return a workbook with those bytes at a place behind the first such mark."""
    content = openpyxl_file(TABLE)
    at = content.index(mark) + place
    return content[:at] + by + content[at + len(by) :]


@pytest.mark.parametrize(
    "content",
    [
        damaged(b"PK\x01\x02", 6, b"\xff\x00"),  # a version of ZIP to come
        damaged(b"PK\x05\x06", 16, b"\xff\xff"),  # so that the first part would begin before the file does
        damaged(b"PK\x01\x02", 8, b"\x00\x08" + bytes(36) + b"\xff"),  # a name that is not the UTF-8 that it says it is
        damaged(b"docProps/app.xml", 16, b"\xff" * 8),  # what was not deflated
        packed({name: part for name, part in parts_of(openpyxl_file(TABLE)).items() if "/_rels/" not in name}),
        changed(openpyxl_file(TABLE), "xl/workbook.xml", b"</workbook>", b""),
        changed(openpyxl_file(TABLE), "xl/workbook.xml", b"<sheets>", b"<sheets><sheet/>"),
        packed(
            {
                **parts_of(openpyxl_file(TABLE)),
                "xl/styles.xml": b'<?xml version="1.0" encoding="no-such"?><styleSheet/>',
            }
        ),
    ],
    ids=["version", "place", "name", "deflated", "part", "end", "attribute", "encoding"],
)
def test_a_damaged_workbook_is_refused_in_memory_and_on_disk(content: bytes, tmp_path: Path) -> None:
    assert "loans is damaged" in refusal(content)
    (tmp_path / "loans").write_bytes(content)
    with pytest.raises(Invalid) as raised:
        read_file(tmp_path / "loans", "loans")
    assert raised.value.code == "import_broken"


@pytest.mark.parametrize("reference", ["XFD2", "A100200"])
def test_a_sheet_that_reaches_too_far_is_asked_about_and_holds_up_no_other(reference: str) -> None:
    def far(book: Any, sheet: Any) -> None:
        sheet.title = "贷款"
        book.create_sheet("流水")[reference] = "x"

    content = openpyxl_file(TABLE, far)
    assert "Several sheets may be meant: 贷款, 流水." in refusal(content)
    assert [row.number for row in seen(content, sheet="贷款").rows] == ["A-1"]
    assert "The " in refusal(content, sheet="流水")

    def hidden(book: Any, sheet: Any) -> None:
        far(book, sheet)
        book["流水"].sheet_state = "hidden"

    assert [row.number for row in seen(openpyxl_file(TABLE, hidden)).rows] == ["A-1"]


def test_parts_in_other_letters_are_looked_at_too() -> None:
    content = openpyxl_file([HEADINGS, ("#N/A", *ROW[1:])], lambda _book, sheet: None)
    parts = parts_of(content)
    renamed = packed({name.replace("sheet1.xml", "SHEET1.XML"): part for name, part in parts.items()})
    assert seen(renamed).refused == ["2 合同号 (A): #N/A: the spreadsheet has an error in this cell"]
    bomb = packed({**parts, "xl/worksheets/more": b"\0" * 2_000_000})
    assert "loans unpacks to more than 512 MB" in refusal(_said(bomb, "xl/worksheets/more", 2 * 1024**3))


@pytest.mark.parametrize("twice", ["xl/Workbook.xml", "xl/worksheets/SHEET1.xml"])
def test_a_workbook_that_two_readers_would_read_differently_is_damaged(twice: str) -> None:
    assert "loans is damaged" in refusal(packed({**parts_of(openpyxl_file(TABLE)), twice: b"<x/>"}))


def test_two_sheets_of_one_name_are_damaged() -> None:
    two = openpyxl_file(TABLE, lambda book, _sheet: book.create_sheet("Sheet2"))
    assert "loans is damaged" in refusal(changed(two, "xl/workbook.xml", b'name="Sheet2"', b'name="Sheet"'))


def test_an_open_document_with_a_manifest_in_other_letters_is_damaged() -> None:
    parts = parts_of(ods_file(*ods_table(TABLE)))
    manifest = parts.pop("META-INF/manifest.xml")
    assert "loans is damaged" in refusal(packed({**parts, "meta-inf/Manifest.xml": manifest}))


def test_a_file_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    parts = parts_of(openpyxl_file(TABLE))
    bomb = packed({**parts, "xl/sharedStrings.xml": b"\0" * 2_000_000})
    assert "loans unpacks to more than 512 MB" in refusal(_said(bomb, "xl/sharedStrings.xml", 2 * 1024**3))
    assert "loans is damaged" in refusal(_said(bomb, "xl/sharedStrings.xml", 100))


def _said(content: bytes, part: str, size: int) -> bytes:
    """Return a ZIP file whose directory says that a part has that size."""
    name = part.encode()
    at = content.rindex(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :]


def test_a_part_that_declares_entities_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    content = changed(openpyxl_file(TABLE), "xl/worksheets/sheet1.xml", b"<worksheet", bomb + b"<worksheet")
    assert "loans is damaged" in refusal(content)
