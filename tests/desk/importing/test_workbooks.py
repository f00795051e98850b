"""Workbooks as spreadsheet programs write them: read as a person would read them, or refused by name."""

import struct
import tracemalloc
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlwt

from desk.core.errors import Invalid
from desk.core.terms import RateValue
from desk.importing.reading import xlsx_sheets
from desk.importing.reading.ods import hidden_of_ods
from desk.importing.reading.source import Source
from desk.importing.reading.tables import read_file
from desk.importing.reading.xlsx import hidden_of_xlsx
from tests.desk.importing.files import payments, refusal, seen
from tests.desk.importing.workbooks import (
    HEADINGS,
    ROW,
    changed,
    ods_cell,
    ods_file,
    ods_row,
    ods_table,
    openpyxl_file,
    packed,
    parts_of,
    xls_book,
    xls_file,
    xls_row,
    xlsxwriter_file,
)

TABLE = (HEADINGS, ROW)


def merged(*ranges: str) -> Any:
    def change(_book: Any, sheet: Any) -> None:
        for each in ranges:
            sheet.merge_cells(each)

    return change


def with_macros() -> bytes:
    return packed({**parts_of(openpyxl_file(TABLE)), "xl/vbaProject.bin": b"..."})


def with_password() -> bytes:
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def reaching(reference: str) -> bytes:
    return openpyxl_file(TABLE, lambda _book, sheet: sheet.__setitem__(reference, "x"))


BLANK = ("", "", "", "", "")


@pytest.mark.parametrize(
    "content",
    [
        openpyxl_file(TABLE),
        xlsxwriter_file(lambda _book, sheet: [sheet.write_row(n, 0, row) for n, row in enumerate(TABLE)]),
        xlsxwriter_file(lambda _book, sheet: [sheet.write_row(n + 9, 7, row) for n, row in enumerate(TABLE)]),
        xls_file(TABLE),
        ods_file(*ods_table(TABLE)),
        ods_file(
            ods_row([ods_cell("", table__number_columns_repeated="3")], table__number_rows_repeated="7"),
            *ods_table(TABLE),
        ),
        openpyxl_file([("2026年11月贷款明细表",), (), ("制表", "张三"), *TABLE], merged("A1:D1")),
        openpyxl_file([("客户信息", "", "", "状态"), ("编号", "姓名", "手机号", ""), ROW], merged("A1:C1", "D1:D2")),
        openpyxl_file([BLANK, ("", *HEADINGS), BLANK, ("", *ROW), BLANK, ("", "合计", "", "", "")]),
        openpyxl_file([*TABLE, HEADINGS]),
        openpyxl_file(TABLE, lambda book, _sheet: book.create_sheet("说明", 0).append(["怎样填写", "请勿改动"])),
        openpyxl_file(TABLE, lambda book, _sheet: book.create_sheet("空表", 0).append(list(HEADINGS))),
        openpyxl_file([HEADINGS, ("A-1", "王小明", "１３８００１３８０００", "申请")]),
    ],
)
def test_the_one_loan_of_a_workbook_is_found(content: bytes) -> None:
    found = seen(content, "loans.csv")
    assert found.refused == []
    assert [(row.number, row.name, row.phone, row.stage) for row in found.rows] == [
        ("A-1", "王小明", "+8613800138000", "application")
    ]


def test_a_hidden_sheet_is_read_only_if_it_is_named() -> None:
    def hide(book: Any, _sheet: Any) -> None:
        hidden = book.create_sheet("旧")
        hidden.append(list(HEADINGS))
        hidden.append(["A-9", "李雷", 13900139000, "申请"])
        hidden.sheet_state = "hidden"

    content = openpyxl_file(TABLE, hide)
    assert [row.number for row in seen(content).rows] == ["A-1"]
    assert [row.number for row in seen(content, sheet="旧").rows] == ["A-9"]


def test_headings_in_two_rows_say_whose_name_and_phone_a_column_has() -> None:
    top = ("合同号", "借款人", "", "阶段", "担保人", "")
    under = ("", "姓名", "手机号", "", "姓名", "电话")
    rows = [top, under, ("A-1", "王小明", 13800138000, "申请", "李雷", 13900139000)]
    found = seen(openpyxl_file(rows, merged("A1:A2", "B1:C1", "D1:D2", "E1:F1")))
    assert found.refused == []
    [row] = found.rows
    assert (row.name, row.phone) == ("王小明", "+8613800138000")
    assert {role: (who.name, who.phone) for role, who in row.people.items()} == {
        "guarantor": ("李雷", "+8613900139000")
    }


def test_a_cell_that_is_merged_over_rows_holds_for_all_of_them() -> None:
    rows = [
        ("贷款编号", "还款日期", "还款金额"),
        ("A-1", date(2026, 11, 1), 3250),
        ("", date(2026, 11, 15), 3250.5),
        ("A-2", date(2026, 11, 20), 100),
    ]
    expected = [
        (2, "A-1", date(2026, 11, 1), Decimal(3250)),
        (3, "A-1", date(2026, 11, 15), Decimal("3250.50")),
        (4, "A-2", date(2026, 11, 20), Decimal(100)),
    ]
    assert payments(openpyxl_file(rows, merged("A2:A3"))) == expected
    first = ods_cell("A-1", table__number_rows_spanned="2")
    lines = [ods_row([first, *map(ods_cell, rows[1][1:])]), *ods_table(rows[2:])]
    assert payments(ods_file(*ods_table(rows[:1]), *lines)) == expected


@pytest.mark.parametrize(
    "content",
    [
        openpyxl_file([(*HEADINGS, "逾期日期"), (*ROW, "#N/A"), ("A-2", "李", 13800138001, "申请", "")]),
        xlsxwriter_file(
            lambda _book, sheet: (
                sheet.write_row(0, 0, (*HEADINGS, "逾期日期")),
                sheet.write_row(1, 0, ROW),
                sheet.write_formula(1, 4, "=VLOOKUP(A2,X:Y,2)", None, "#N/A"),
                sheet.write_row(2, 0, ("A-2", "李", 13800138001, "申请")),
            )
        ),
        ods_file(
            *ods_table([(*HEADINGS, "逾期日期")]),
            ods_row([*map(ods_cell, ROW), ods_cell("#N/A", calcext__value_type="error", table__formula="of:=NA()")]),
            *ods_table([("A-2", "李", 13800138001, "申请", "")]),
        ),
    ],
)
def test_a_cell_with_an_error_is_refused_and_not_taken_for_empty(content: bytes) -> None:
    found = seen(content)
    assert found.refused == ["2 逾期日期 (E): #N/A: the spreadsheet has an error in this cell"]
    assert [row.number for row in found.rows] == ["A-2"]


@pytest.mark.parametrize(
    "content",
    [
        openpyxl_file([(*HEADINGS, "金额"), (*ROW, "=B9*2")]),
        xlsxwriter_file(
            lambda _book, sheet: (
                sheet.write_row(0, 0, (*HEADINGS, "金额")),
                sheet.write_row(1, 0, ROW),
                sheet.write_formula(1, 4, "=B9*2"),
            )
        ),
        ods_file(
            *ods_table([(*HEADINGS, "金额")]), ods_row([*map(ods_cell, ROW), ods_cell("", table__formula="of:=B9*2")])
        ),
    ],
)
def test_a_formula_that_was_never_calculated_is_refused(content: bytes) -> None:
    assert seen(content).refused == [
        "2 金额 (E): =B9*2: a formula that was never calculated. Open the file in your spreadsheet program and save it again"
    ]


def test_the_value_of_a_calculated_formula_is_read() -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADINGS, "金额", "产品"))
        sheet.write_row(1, 0, ROW)
        sheet.write_formula(1, 4, "=100*2", None, 200)
        sheet.write_formula(1, 5, '=IF(1,"","x")', None, "x")
        sheet.write_row(2, 0, ("合计", "", "", ""))
        sheet.write_formula(2, 4, "=SUM(E2:E2)")

    content = changed(xlsxwriter_file(fill), "xl/worksheets/sheet1.xml", b"<v>x</v>", b"<v></v>")
    found = seen(content)
    assert (found.refused, found.column("amount")) == ([], [Decimal(200)])
    assert found.table.left_out == {3: "total"}


def test_numbers_are_read_as_their_format_shows_them() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADINGS, "年利率", "金额（万元）"))
        for at, (number, rate, shown) in enumerate(
            ((42, 0.0599, "0.00%"), (1042, 0.06, "0%"), (7, 0.055, '0.0"年"%')), 1
        ):
            sheet.write_row(at, 0, ("", *ROW[1:]))
            sheet.write_number(at, 0, number, book.add_format({"num_format": "000000"}))
            sheet.write_number(at, 4, rate, book.add_format({"num_format": shown}))
            sheet.write_number(at, 5, 12.5)

    found = seen(xlsxwriter_file(fill))
    assert found.refused == []
    assert found.column("number") == ["000042", "001042", "000007"]
    assert found.column("rate") == [RateValue(Decimal(text), "year") for text in ("5.99", "6", "5.5")]
    assert found.column("amount") == [Decimal(125_000)] * 3

    percentage = ods_cell(0.0599, office__value_type="percentage")
    found = seen(ods_file(*ods_table([(*HEADINGS, "年利率")]), ods_row([*map(ods_cell, ROW), percentage])))
    assert found.column("rate") == [RateValue(Decimal("5.99"), "year")]


NOT_CALCULATED = bytes.fromhex("030000000000ffff")
"""The value that xlwt gives each formula: none, as Excel writes it of a formula whose text is empty."""


def test_errors_and_percentages_of_excel_97_are_told() -> None:
    def fill(_book: Any, sheet: Any) -> None:
        xls_row(sheet, 0, (*HEADINGS, "年利率", "逾期日期"))
        xls_row(sheet, 1, (42, *ROW[1:], 0.0599), "000000")
        sheet.write(1, 4, 0.0599, xlwt.easyxf(num_format_str="0.00%"))
        xls_row(sheet, 2, ("A-2", *ROW[1:]))
        sheet.row(2).set_cell_error(5, 0x2A)
        xls_row(sheet, 3, ("A-3", *ROW[1:], 0.0599))
        xls_row(sheet, 4, ("A-4", *ROW[1:]))
        sheet.write(4, 5, xlwt.Formula("1/0"))
        for place, rate in ((4, 0.05), (5, 0.06)):  # numbers side by side are one record
            sheet.write(5, place, rate, xlwt.easyxf(num_format_str="0%"))
        xls_row(sheet, 5, ("A-5", *ROW[1:]))

    content = xls_book(fill)
    assert content.count(NOT_CALCULATED) == 1
    found = seen(content.replace(NOT_CALCULATED, bytes.fromhex("020007000000ffff")))
    assert found.refused == [
        "3 逾期日期 (F): #N/A: the spreadsheet has an error in this cell",
        "4 年利率 (E): 0.0599: write a rate with its percent sign, like 5.99%",
        "5 逾期日期 (F): #DIV/0!: the spreadsheet has an error in this cell",
        "6 逾期日期 (F): 6% isn't a date up to today, written like 2026-11-25",
    ]
    assert found.column("number") == ["000042"]
    assert found.column("rate") == [RateValue(Decimal("5.99"), "year")]


def test_formulas_of_excel_97_without_a_value_are_refused_unless_the_file_was_calculated() -> None:
    def fill(_book: Any, sheet: Any) -> None:
        xls_row(sheet, 0, (*HEADINGS, "金额", "产品"))
        xls_row(sheet, 1, ("A-1", *ROW[1:]))
        sheet.write(1, 4, xlwt.Formula("100*2"))
        xls_row(sheet, 2, ("A-2", *ROW[1:]))
        sheet.write(2, 5, xlwt.Formula('IF(1,"","x")'))

    never = "=…: a formula that was never calculated. Open the file in your spreadsheet program and save it again"
    content = xls_book(fill)
    assert seen(content).refused == [f"2 金额 (E): {never}", f"3 产品 (F): {never}"]
    found = seen(content.replace(NOT_CALCULATED, struct.pack("<d", 200), 1))
    assert (found.refused, found.column("amount")) == ([], [Decimal(200), None])
    asked = content.index(NOT_CALCULATED) + 8
    on_opening = content[:asked] + b"\2" + content[asked + 1 :]
    assert seen(on_opening).refused[0] == f"2 金额 (E): {never}"


def test_days_of_excel_97_are_counted_as_the_workbook_counts_them() -> None:
    def fill(book: Any, sheet: Any) -> None:
        book.dates_1904 = True
        xls_row(sheet, 0, (*HEADINGS, "逾期日期"))
        xls_row(sheet, 1, ("A-1", *ROW[1:], 46341 - 1462))

    assert seen(xls_book(fill)).column("unpaid_since") == [date(2026, 11, 15)]


def test_a_sheet_of_excel_97_that_reaches_too_far_is_refused_before_it_is_opened() -> None:
    def fill(_book: Any, sheet: Any) -> None:
        xls_row(sheet, 0, HEADINGS)
        sheet.write(65_535, 255, "x")

    assert "more than 100000 rows" in refusal(xls_book(fill))


@pytest.mark.parametrize("at", [512, 700, 76])
def test_a_damaged_file_of_excel_97_is_refused(at: int) -> None:
    content = xls_file([HEADINGS, *([ROW] * 50)])
    assert "loans is damaged" in refusal(content[:at] + b"\xfe" * 12 + content[at + 12 :])


def test_an_error_that_is_repeated_over_millions_of_cells_is_kept_in_little_memory() -> None:
    error = ods_cell("#N/A", calcext__value_type="error", table__number_columns_repeated="90")
    filled = ods_row([*map(ods_cell, ROW), error], table__number_rows_repeated="90000")
    content = ods_file(*ods_table([(*HEADINGS, "逾期日期")]), filled)
    tracemalloc.start()
    try:
        hidden_of_ods(Source("loans.ods", content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 150_000_000


def test_a_fraction_without_a_percent_format_is_refused() -> None:
    found = seen(openpyxl_file([(*HEADINGS, "年利率"), (*ROW, 0.0599)]))
    assert found.refused == ["2 年利率 (E): 0.0599: write a rate with its percent sign, like 5.99%"]


@pytest.mark.parametrize("make", [openpyxl_file, xls_file, lambda rows: ods_file(*ods_table(rows))])
def test_a_long_number_that_was_typed_as_a_number_is_refused(make: Any) -> None:
    rows = [
        HEADINGS,
        (330106199001011234, *ROW[1:]),
        ("330106199001011234", *ROW[1:]),
        (202611250001, *ROW[1:]),
        (1e15, *ROW[1:]),
    ]
    if make is xls_file:
        rows = [tuple(float(each) if isinstance(each, int) else each for each in row) for row in rows]
    found = seen(make(rows))
    assert [line.partition(": Excel")[0] for line in found.refused] == [
        "2 合同号 (A): 3.30106199001011E+17",
        "5 合同号 (A): 1.00000000000000E+15",
    ]
    assert found.column("number") == ["330106199001011234", "202611250001"]


@pytest.mark.parametrize("make", [openpyxl_file, xls_file, lambda rows: ods_file(*ods_table(rows))])
def test_dates_of_a_workbook(make: Any) -> None:
    rows = [
        (*HEADINGS, "逾期日期"),
        ("A-1", *ROW[1:], date(2026, 11, 15)),
        ("A-2", *ROW[1:], 46341),
        ("A-3", *ROW[1:], "2026年11月15日"),
        ("A-4", *ROW[1:], 59),
    ]
    found = seen(make(rows))
    assert found.column("unpaid_since") == [date(2026, 11, 15)] * 3
    assert found.refused == ["5 逾期日期 (E): 59 isn't a date up to today, written like 2026-11-25"]


def test_days_are_counted_as_the_workbook_counts_them() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADINGS, "逾期日期"))
        sheet.write_row(1, 0, ("A-1", *ROW[1:]))
        sheet.write_datetime(1, 4, datetime(2026, 11, 15), book.add_format({"num_format": "d/m/yyyy"}))  # noqa: DTZ001
        sheet.write_row(2, 0, ("A-2", *ROW[1:], 46341 - 1462))

    assert seen(xlsxwriter_file(fill, date_1904=True)).column("unpaid_since") == [date(2026, 11, 15)] * 2


def test_a_date_before_march_1900_is_refused() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADINGS, "逾期日期"))
        for at, serial in enumerate((1, 59, 60, 61), 1):
            sheet.write_row(at, 0, (f"A-{at}", *ROW[1:]))
            sheet.write_number(at, 4, serial, book.add_format({"num_format": "yyyy-mm-dd"}))

    found = seen(xlsxwriter_file(fill))
    assert [line.split(":")[0] for line in found.refused] == ["2 逾期日期 (E)", "3 逾期日期 (E)", "4 逾期日期 (E)"]
    assert "is before March 1900" in found.refused[0]
    assert found.column("unpaid_since") == [date(1900, 3, 1)]


def test_dates_that_a_spreadsheet_may_have_swapped_are_refused() -> None:
    rows = [
        (*HEADINGS, "逾期日期"),
        ("A-1", *ROW[1:], "23/04/2026"),
        ("A-2", *ROW[1:], date(2026, 3, 4)),
        ("A-3", *ROW[1:], date(2026, 5, 5)),
    ]
    found = seen(openpyxl_file(rows))
    assert found.refused == [
        "3 逾期日期 (E): 03/04/2026 may be Fri 3 Apr 2026 or Wed 4 Mar 2026, and nothing in the column says which. "
        "Write the year first, like 2027-01-15"
    ]
    late = seen(openpyxl_file([*rows, ("A-4", *ROW[1:], date(2026, 5, 25))]))
    assert late.refused == []


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


def test_notes_and_leading_zeros_of_an_open_document() -> None:
    note = "<office:annotation><text:p>why?</text:p></office:annotation>"
    ok = ods_cell(42).replace("<text:p>42", f"{note}<text:p>000042")
    error = ods_cell("#DIV/0!", table__formula="of:=1/0", calcext__value_type="error").replace(
        "<text:p>", f"{note}<text:p>"
    )
    rest = [*map(ods_cell, ROW[1:])]
    found = seen(ods_file(*ods_table([HEADINGS]), ods_row([ok, *rest]), ods_row([error, *rest])))
    assert [row.number for row in found.rows] == ["000042"]
    assert found.refused == ["3 合同号 (A): #DIV/0!: the spreadsheet has an error in this cell"]


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


@pytest.mark.parametrize(
    "content",
    [
        openpyxl_file(
            [(*HEADINGS, "金额"), (*ROW, "#REF!"), (*ROW, '=A1&"<&>"'), (*ROW, '="x"'), (None, True, "a&b", 1.5)]
        ),
        xlsxwriter_file(
            lambda book, sheet: (
                sheet.write_row(0, 0, HEADINGS),
                sheet.write_formula(1, 1, '=IF(A1<1,"&","")', None, "#DIV/0!"),
                sheet.write_formula(1, 2, "=1+1"),
                sheet.write_formula(2, 2, "=1+1", book.add_format({"num_format": "0%"}), 2),
                sheet.write_number(3, 0, 0.5, book.add_format({"num_format": "0.0%"})),
                sheet.write_number(3, 27, 7, book.add_format({"num_format": "000"})),
                sheet.write_blank(4, 4, None, book.add_format({"num_format": "000"})),
                sheet.write_boolean(5, 0, True),
                sheet.write_rich_string(6, 0, "a", book.add_format({"bold": True}), "b"),
            ),
            constant_memory=True,
        ),
    ],
)
def test_the_quick_way_to_look_at_a_sheet_sees_what_the_parser_sees(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> dict[int, dict[int, str]]:
        sheets, _ = hidden_of_xlsx(Source("loans.xlsx", content))
        [found] = sheets.values()
        return {row: {place: change("0.5") for place, change in found.of_row(row)} for row in found.rows}

    with monkeypatch.context() as patched:
        patched.setattr(xlsx_sheets, "SheetXml", None)  # the parser is not needed
        quick = shown()
    with monkeypatch.context() as patched:
        patched.setattr(xlsx_sheets, "_scanned", lambda *_: None)
        assert shown() == quick
    assert len(quick) >= 2


def test_cells_without_references_and_with_a_prefix_are_found_too() -> None:
    content = openpyxl_file([(*HEADINGS, "金额"), (*ROW, "#REF!")])
    sheet = parts_of(content)["xl/worksheets/sheet1.xml"].decode()
    for reference in ("ABCDE"[n] + str(row) for n in range(5) for row in (1, 2)):
        sheet = sheet.replace(f' r="{reference}"', "")
    plain = packed({**parts_of(content), "xl/worksheets/sheet1.xml": sheet.encode()})
    assert seen(plain).refused == ["2 金额 (E): #REF!: the spreadsheet has an error in this cell"]
