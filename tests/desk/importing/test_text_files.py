"""Files of text as lenders' systems and spreadsheet programs write them: read as a person would read them, or refused by name."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from desk.core.errors import Invalid
from desk.importing.reading import text_files
from desk.importing.reading.tables import read_file
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import explain_file
from tests.desk.importing.files import payments, refusal, seen
from tests.desk.importing.workbooks import HEADINGS, openpyxl_file

HEADER = "合同号,姓名,手机号,阶段"
ROW = "A-1,王小明,13800138000,申请"
TABLE = f"{HEADER}\n{ROW}\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("gb18030"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", "\t").encode("utf-16-le"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "|").encode(),
        TABLE.replace(",", "，").encode(),
        b"sep=;\r\n" + TABLE.replace(",", ";").replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + b'"sep=|"\n' + TABLE.replace(",", "|").encode(),
        "sep=\t\n".encode("utf-16") + TABLE.replace(",", "\t").encode("utf-16-le"),
        TABLE.replace("\n", "\r").encode(),
        f'"合同号","姓名","手机号","阶\n段"\n{ROW}\n'.encode(),
        f"2026年11月贷款明细,,,\n制表:张三,,,\n\n{TABLE}".encode(),
        f"贷款明细；截至11月\n\n{TABLE.replace(',', ';')}".encode(),
        f",,,,\n,{HEADER}\n,,,,\n,{ROW}\n,,,,\n".encode(),
        f"{HEADER}\n{ROW},,,\n".encode(),
        f"{TABLE}合计,,,\n".encode(),
        f"{TABLE}总计：,,,\nTotal,,,\n".encode(),
        f"{TABLE}{HEADER}\n".encode(),
        "合同编号,客户姓名(必填),联系电话*,贷款阶段\n".replace("(必填)", "").encode() + ROW.encode(),
        f"Loan No.,Customer Name,Cell Phone,Loan Status\n{ROW}\n".encode(),
        f"客户信息,,,\n合同号,姓名,手机号,阶段\n{ROW}\n".encode(),
    ],
)
def test_a_table_is_found_and_its_one_loan_read(content: bytes) -> None:
    found = seen(content)
    assert found.refused == []
    assert [(row.number, row.name, row.phone, row.stage) for row in found.rows] == [
        ("A-1", "王小明", "+8613800138000", "application")
    ]


def test_a_row_has_the_number_of_its_line_in_the_file() -> None:
    found = seen(f"sep=,\n标题,,,\n\n{HEADER}\n{ROW}\n\nA-2,李,12345,申请\n")
    assert [row.line for row in found.rows] == [5]
    assert found.refused == ["7 手机号: 12345 isn't a valid phone number"]


def test_totals_and_repeated_headings_are_left_out_and_named() -> None:
    found = seen(f"{HEADER},金额\n{ROW},100\n{HEADER},金额\nA-2,李,13800138001,申请,50\n小计,,,,150\n合计,,,,150\n")
    assert found.table.left_out == {3: "headings", 5: "total", 6: "total"}
    assert found.table.count == 2


@pytest.mark.parametrize(
    "word", ["合计：", "合计（共2笔）", "本页小计", "总计: 2户", "Total (2)", "Grand Total", "小计 2"]
)
def test_a_total_that_counts_is_left_out(word: str) -> None:
    assert seen(f"{HEADER},金额\n{ROW},100\n{word},,,,100\n").table.left_out == {3: "total"}


@pytest.mark.parametrize(
    "title", ["单位：万元,,,,", "2026年贷款台账（万元）,,,,", "制表：李,,,单位：,万元", "金额单位：人民币万元,,,,"]
)
def test_a_unit_above_the_headings_holds_for_the_amounts(title: str) -> None:
    text = f"{title}\n{HEADER},贷款金额\n{ROW},12\nA-2,李,13800138001,申请,x\n{HEADER},贷款金额\n"
    found = seen(text)
    assert [row.amount for row in found.rows] == [Decimal(120_000)]
    assert found.table.headings[4] == "贷款金额（万元）"  # and so in a file of refused rows
    assert found.table.left_out == {5: "headings"}
    assert seen(text.replace("贷款金额", "贷款金额（元）")).column("amount") == [Decimal(12)]


def test_amounts_in_a_unit_that_is_not_read_are_not_imported() -> None:
    found = seen(f"单位：千元,,,,\n{HEADER},贷款金额\n{ROW},12\n")
    assert found.column("amount") == [None]
    assert [each.heading for each in found.table.unknown] == ["贷款金额（千元）"]
    text = "单位：千元,,\n贷款编号,还款日期,还款金额\nA-1,2026-11-01,1\n"
    assert "A line above the headings says that 还款金额 is in 千元" in refusal(text)
    assert refusal(text, language="zh") != refusal(text)


def test_a_loan_that_is_called_total_is_no_total() -> None:
    found = seen(f"{HEADER}\nTotal,王小明,13800138000,申请\n")
    assert [row.number for row in found.rows] == ["Total"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("13800138000.0", None),
        ("1.3800138001E+10", None),
        ("1.3800138001e+010", None),
        ("１３８００１３８０００", None),
        ('="13800138000"', None),
        ("+86 138 0013 8000", None),
        ("8613800138000", None),
        ("1.38E+10", "1.38E+10: Excel turned this into a rounded number. Format the column as text and enter it again"),
        (
            "1.3800138E+10",
            "1.3800138E+10: Excel turned this into a rounded number. Format the column as text and enter it again",
        ),
        ("#N/A", "#N/A: the spreadsheet has an error in this cell"),
        ("########", "########: the column was too narrow to show the value. Widen it and save the file again"),
        (
            "=B2",
            "=B2: a formula that was never calculated. Open the file in your spreadsheet program and save it again",
        ),
    ],
)
def test_phones_as_spreadsheets_leave_them(cell: str, reason: str | None) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    found = seen(f"{HEADER}\nA-1,王小明,{quoted},申请\n")
    assert found.refused == ([] if reason is None else [f"2 手机号: {reason}"])
    assert len(found.rows) == (1 if reason is None else 0)


def test_a_number_that_lost_digits_is_refused_by_name() -> None:
    found = seen(f"{HEADER}\n3.3E+17,王小明,13800138000,申请\n")
    assert found.refused[0].startswith("2 合同号: 3.3E+17: Excel turned this into a rounded number")


@pytest.mark.parametrize(
    ("heading", "cell", "amount"),
    [
        ("金额", "120,000.50", "120000.50"),
        ("金额", "１２０，０００", "120000"),
        ("金额", "￥120000", "120000"),
        ("金额", "120000元", "120000"),
        ("金额", "12万", "120000"),
        ("金额", "12.5万元", "125000"),
        ("金额", "12 万", "120000"),
        ("贷款金额(元)", "120000.00", "120000"),
        ("贷款金额（万元）", "12.5", "125000"),
        ("贷款金额（单位：万元）", "12.5", "125000"),
        ("贷款金额（万元）", "12.5万", "125000"),
        ("贷款金额（万元）", "", None),
    ],
)
def test_amounts_with_their_units(heading: str, cell: str, amount: str | None) -> None:
    found = seen(f'{HEADER},{heading}\n{ROW},"{cell}"\n')
    assert found.refused == []
    assert found.column("amount") == [None if amount is None else Decimal(amount)]


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("03/04/2026", "23/04/2026"), (date(2026, 4, 3), date(2026, 4, 23))),
        (("03/04/2026", "04/23/2026"), (date(2026, 3, 4), date(2026, 4, 23))),
        (("3.4.2026", "31.12.2025"), (date(2026, 4, 3), date(2025, 12, 31))),
        (("03-04-2026", "05-13-2026"), (date(2026, 3, 4), date(2026, 5, 13))),
        (("2026-04-03", "2026/4/3 0:00"), (date(2026, 4, 3), date(2026, 4, 3))),
        (("2026年4月3日", "20260403"), (date(2026, 4, 3), date(2026, 4, 3))),
        (("3 Apr 2026", "April 3, 2026"), (date(2026, 4, 3), date(2026, 4, 3))),
        (("3-Apr-2026", "05/05/2026"), (date(2026, 4, 3), date(2026, 5, 5))),
        (("46115", "46115.0"), (date(2026, 4, 3), date(2026, 4, 3))),
    ],
)
def test_the_order_of_day_and_month_is_told_by_the_whole_column(
    dates: tuple[str, str], days: tuple[date, date]
) -> None:
    found = seen(
        f"{HEADER},逾期日期\n" + "".join(f'A-{n},王小明,13800138000,申请,"{d}"\n' for n, d in enumerate(dates))
    )
    assert found.refused == []
    assert tuple(found.column("unpaid_since")) == days


def test_dates_of_which_nothing_tells_the_order_are_refused_with_both_readings() -> None:
    rows = "".join(
        f"A-{n},王小明,13800138000,申请,{d}\n" for n, d in enumerate(("03/04/2026", "05/05/2026", "11/12/2025"))
    )
    found = seen(f"{HEADER},逾期日期\n{rows}")
    reason = "may be {}, and nothing in the column says which. Write the year first, like 2027-01-15"
    assert found.refused == [
        f"2 逾期日期: 03/04/2026 {reason.format('Fri 3 Apr 2026 or Wed 4 Mar 2026')}",
        f"4 逾期日期: 11/12/2025 {reason.format('Thu 11 Dec 2025 or Wed 12 Nov 2025')}",
    ]
    both = seen(
        f"{HEADER},逾期日期\n{ROW},03/04/2026\nA-2,李,13800138001,申请,13/04/2026\nA-3,韩,13800138002,申请,04/13/2026\n"
    )
    assert [line.split(" may")[0] for line in both.refused] == ["2 逾期日期: 03/04/2026"]
    assert both.column("unpaid_since") == [date(2026, 4, 13), date(2026, 4, 13)]


def test_payments_with_day_first_dates_and_thousands_are_read() -> None:
    content = (
        '流水号;贷款编号;交易日期;交易金额\nT1;A-1;03/11/2026;"3,250.00"\nT2;A-1;23/11/2026 10:05;3250元\n合计;;;6500\n'
    )
    assert payments(content) == [
        (2, "A-1", date(2026, 11, 3), Decimal(3250)),
        (3, "A-1", date(2026, 11, 23), Decimal(3250)),
    ]


@pytest.mark.parametrize("word", ["无", "/", "-", "N/A", "暂无"])
def test_where_a_lender_writes_that_there_is_nobody_there_is_nobody(word: str) -> None:
    found = seen(f"{HEADER},配偶,担保人姓名\n{ROW},{word},李雷\n")
    assert found.refused == []
    assert list(found.rows[0].people) == ["guarantor"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "loans is empty"),
        (b"\xef\xbb\xbf\r\n", "loans is empty"),
        (b"%PDF-1.7 ...", "loans is PDF, which I can't read"),
        (b"<html><table><tr><td>A-1</td></tr></table></html>", "loans is HTML, which I can't read"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
            "loans is XML, which I can't read",
        ),
        (TABLE.encode().replace(b"A-1", b"A\0-1"), "loans isn't a CSV file"),
        (b"just words\nand more\n", "This isn't a table of loans"),
        (
            (",".join(f"c{n}" for n in range(10_000)) + "\n").encode(),
            "The table has 10000 columns or more; the most are 1000",
        ),
        (f'{HEADER}\n{ROW}\n"A-1,王小明\n\n\n'.encode(), "In the row that begins in line 3, a quotation mark"),
        (f"{HEADER}\nA-1,{'x' * 200_000},1,申请\n".encode(), "or a cell has more than 131072 characters"),
        ("合同号,姓名,手机号\nA-1,王,1\n".encode(), "The column stage is missing"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(content: bytes, words: str) -> None:
    assert words in refusal(content)
    assert refusal(content, language="zh") != refusal(content)


def test_a_table_with_dates_and_names_but_no_stage_is_no_file_of_payments() -> None:
    assert "The column stage is missing" in refusal("编号,姓名,手机,金额,日期\nA-1,王,13800138000,100,2026-11-01\n")
    found = payments("贷款编号,客户姓名,还款日期,还款金额\nA-1,王小明,2026-11-01,100\n")
    assert found == [(2, "A-1", date(2026, 11, 1), Decimal(100))]


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    with file.open("wb") as opened:
        opened.truncate(2 * 1024**3)
    with pytest.raises(Invalid) as refused:
        read_file(file, "loans.csv")
    assert (
        explain_file(Translator("en"), refused.value)
        == "loans.csv is larger than 1024 MB. Split it into several files."
    )


def test_more_rows_than_a_file_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"A-{n},王小明,13800138000,申请\n" for n in range(4))
    monkeypatch.setattr(text_files, "MOST_ROWS", 4)
    assert len(seen(f"标题,,,\n,,,\n{HEADER}\n{rows}\n\n").rows) == 4  # titles and empty rows are no rows
    assert "The file has more than 4 rows. Split it into several files." in refusal(f"{HEADER}\n{rows}A-5,王,1,申请\n")


def test_a_pipe_is_read_once_and_as_often_as_needed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, TABLE.encode("gb18030"))
        table = read_file(pipe, str(pipe))
        written.result()
    assert [cells[1] for _, cells in (*table.rows(), *table.rows())] == ["王小明", "王小明"]
    assert table.source.sha256() == hashlib.sha256(TABLE.encode("gb18030")).hexdigest()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_who_waits_for_a_file_hears_how_far_it_is(form: str) -> None:
    rows = [[f"A-{n}", "王小明", "13800138000", "申请"] for n in range(4000)]
    told: list[int] = []
    content = (
        openpyxl_file([HEADINGS, *rows])
        if form == "xlsx"
        else "\n".join(",".join(each) for each in [HEADINGS, *rows]).encode()
    )
    table = read_file(content, "loans", tell=told.append)
    assert told[-1] == 50  # its columns are known
    assert len(list(table.rows())) == 4000
    assert told[-1] == 100
    assert told == sorted(set(told))
    assert len(told) > 10
