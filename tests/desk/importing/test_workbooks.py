"""Workbooks as spreadsheet programs write them: sheets, headings, merged cells and formulas, read as a person would read them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from desk.importing.reading import forms, xlsx_sheets
from desk.importing.reading.ods import without_indents
from desk.importing.reading.source import Source
from desk.importing.reading.xlsx import hidden_of_xlsx
from tests.desk.importing.files import payments, seen
from tests.desk.importing.workbooks import (
    HEADINGS,
    ROW,
    TABLE,
    changed,
    indented,
    ods_cell,
    ods_file,
    ods_row,
    ods_table,
    openpyxl_file,
    packed,
    parts_of,
    xls_file,
    xlsxwriter_file,
)


def merged(*ranges: str) -> Any:
    def change(_book: Any, sheet: Any) -> None:
        for each in ranges:
            sheet.merge_cells(each)

    return change


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
        indented(ods_file(*ods_table(TABLE))),
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


def test_a_spreadsheet_with_line_breaks_between_cells_is_the_same_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [HEADINGS, *((f"A-{n}", "王 小明", 13800138000 + n, "申请") for n in range(30))]
    plain = ods_file(*ods_table(rows))
    monkeypatch.setattr(forms, "_CHUNK", 5)  # so that tags and line breaks are cut anywhere
    read = parts_of(without_indents(Source("loans.ods", indented(plain))).getvalue())
    assert read["content.xml"] == parts_of(plain)["content.xml"]


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
