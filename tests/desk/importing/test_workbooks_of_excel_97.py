"""Workbooks of Excel 97: their errors, percentages, formulas and days are told from the file's records."""

import struct
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlwt

from desk.core.terms import RateValue
from tests.desk.importing.files import refusal, seen
from tests.desk.importing.workbooks import (
    HEADINGS,
    ROW,
    xls_book,
    xls_file,
    xls_row,
)

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
