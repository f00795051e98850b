"""Numbers, rates and dates of workbooks: read as their cells show them, or refused where they may be wrong."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from desk.core.terms import RateValue
from tests.desk.importing.files import seen
from tests.desk.importing.workbooks import (
    HEADINGS,
    ROW,
    ods_cell,
    ods_file,
    ods_row,
    ods_table,
    openpyxl_file,
    xls_file,
    xlsxwriter_file,
)


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


@pytest.mark.parametrize(
    ("serials", "days"),
    [
        ((46052.999872685185, 46080.999872685185), [date(2026, 1, 31), date(2026, 2, 28)]),
        ((46053.000497685185, 46081.000497685185), [date(2026, 1, 31), date(2026, 2, 28)]),
        ((46052.999872685185, 46080.999884259261), [date(2026, 1, 30), date(2026, 2, 27)]),
        ((46052.999872685185, 46052.999872685185), [date(2026, 1, 30)] * 2),
        ((46052.999988425923, 46080.999988425923), [date(2026, 1, 30), date(2026, 2, 27)]),
        ((46052.999872685185, 46081.0), [date(2026, 1, 30), date(2026, 2, 28)]),
    ],
    ids=["SheetJS in Detroit", "SheetJS in Shanghai", "two times", "one day", "the end of the day", "another time"],
)
@pytest.mark.parametrize("shown", ["m/d/yy", "General"])
def test_dates_that_all_have_one_time_just_short_of_midnight_are_of_the_days_that_follow(
    serials: tuple[float, float], days: list[date], shown: str
) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADINGS, "逾期日期"))
        for at, serial in enumerate(serials, 1):
            sheet.write_row(at, 0, (f"A-{at}", *ROW[1:]))
            sheet.write_number(at, 4, serial, book.add_format({"num_format": shown}))

    assert seen(xlsxwriter_file(fill)).column("unpaid_since") == days


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
