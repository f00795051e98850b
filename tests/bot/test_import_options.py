"""What an operator says about a file: which sheet, what its columns are, whether the good rows go in alone; and what is shown."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.console import Console
from sqlmodel import select

from bot.commands.import_options import Options
from bot.commands.importing import run
from desk.core.transaction import Office
from desk.loans.borrowers import contact
from storage.queries.loans import loans
from storage.tables import AuditEntry, Borrower, ImportColumn, Loan, Workspace
from tests.bot.keys import settings_with
from tests.imports import bring_rows

HEADER = "number,name,phone,stage,担保人\n"
COMPANY = "A-1,王小明,13800138000,申请,众信担保公司\n"


@pytest.fixture
async def operator(office: Office, workspace: Workspace, database_url: str, tmp_path: Path):
    """Runs the command on a file with that content, and returns its exit code and what it printed."""

    async def type_import(
        content: str | bytes, *, name: str = "loans.csv", dry_run: bool = False, language: str = "en", **options: Any
    ) -> tuple[int, str]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        printed = StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        typed = Options(dry_run=dry_run, language=language, **options)
        code = await run(settings_with(database_url), file, console, typed)
        return code, printed.getvalue()

    return type_import


async def numbers(office: Office, workspace: Workspace) -> list[str]:
    async with office.reading_desk(workspace) as desk:
        return sorted(loan.number for loan in (await desk.session.exec(select(Loan))).all())


async def test_what_is_not_certain_is_asked_once_remembered_shown_and_can_be_forgotten(
    operator, office: Office, workspace: Workspace
) -> None:
    code, printed = await operator(HEADER + COMPANY)
    assert code == 1
    assert "What are these columns? Say it once, and I remember it:\n" in printed
    assert "担保人: guarantor, or something else: --map '担保人=guarantor'\n" in printed
    assert "--map '担保人=ignore'" in printed
    assert await numbers(office, workspace) == []

    code, printed = await operator(HEADER + COMPANY, said=["担保人=ignore"], dry_run=True)
    assert (code, "担保人: not imported, as you said\n" in printed) == (0, True)
    assert (await operator(HEADER + COMPANY))[0] == 1, "a dry run remembers nothing"

    code, printed = await operator(HEADER + COMPANY, said=["担保人=不导入"])
    assert (code, "new 1 " in printed) == (0, True)
    for _ in range(2):
        code, printed = await operator(HEADER + COMPANY)
        assert (code, "担保人: not imported, as you said\n" in printed) == (0, True)
    code, printed = await operator(HEADER + COMPANY, language="zh")
    assert "担保人：按您的说明不导入\n" in printed

    code, printed = await operator(HEADER + COMPANY, forgotten=["担保人"])
    assert (code, "What are these columns?" in printed) == (1, True)
    code, printed = await operator(HEADER + COMPANY, forgotten=["担保人", "车主"], said=["担保人=guarantor"])
    assert (code, "车主: nothing was said of it\n" in printed) == (0, True)
    assert "担保人: guarantor, as you said\n" in printed
    async with office.reading_desk(workspace) as desk:
        [row] = (await desk.session.exec(select(ImportColumn))).all()
        acts = [entry.act for entry in (await desk.session.exec(select(AuditEntry))).all()]
    assert (row.kind, row.heading, row.field) == ("loans", "担保人", "guarantor")
    assert (acts.count("import_columns"), acts.count("forget_import_columns")) == (2, 1)


async def test_cells_that_can_only_mean_one_thing_are_not_asked_about(operator) -> None:
    header = "number,name,phone,stage,还款方式,贷款时间,担保人\n"
    code, printed = await operator(
        header + "A-1,王小明,13800138000,申请,等额本息,36,李雷\nA-2,韩梅,13900139000,申请,,24,\n"
    )
    assert code == 0
    assert "还款方式: repayment method, as its cells say\n" in printed
    assert "贷款时间: term, as its cells say\n" in printed
    assert "担保人: guarantor, as its cells say\n" in printed

    code, printed = await operator(header + "A-3,王小明,13800138000,申请,代扣,2026-01-05,是\n")
    assert code == 1
    assert [line.split(":")[0].strip() for line in printed.splitlines()[1:-1]] == ["还款方式", "贷款时间", "担保人"]


async def test_of_two_columns_with_one_meaning_the_named_one_is_taken(
    operator, office: Office, workspace: Workspace
) -> None:
    content = "number,name,手机号,联系电话,stage\nA-1,王,13800138000,13900139000,申请\n"
    assert (await operator(content))[0] == 1
    code, printed = await operator(content, said=["联系电话=手机"])
    assert (code, "联系电话: phone, as you said\n" in printed) == (0, True)
    assert "not imported: 手机号\n" in printed
    code, printed = await operator(content)
    assert (code, "unchanged 1 " in printed) == (0, True)


@pytest.mark.parametrize("second", ["phone", "\u200bPhone"])
async def test_two_columns_of_the_very_same_heading_are_asked_by_their_letters_and_remembered(
    operator, office: Office, workspace: Workspace, second: str
) -> None:
    content = f"number,name,phone,{second},stage\nA-1,王,,13800138000,申请\n"
    code, printed = await operator(content)
    assert code == 1
    assert "phone (C): phone, as " in printed
    assert "--map 'phone (C)=phone'" in printed
    assert "(D)=phone'" in printed
    code, printed = await operator(content, said=["phone (E)=phone"])
    assert (code, "phone (E)" in printed) == (1, True)

    code, printed = await operator(content, said=["phone (D)=phone"])
    assert (code, "new 1 " in printed, "(D): phone, as you said" in printed) == (0, True, True)
    code, printed = await operator(content)
    assert (code, "unchanged 1 " in printed) == (0, True), "it is remembered"
    async with office.reading_desk(workspace) as desk:
        [borrower] = (await desk.session.exec(select(Borrower))).all()
        assert contact(desk, borrower).phone == "+8613800138000"

    code, printed = await operator(content, forgotten=["phone (D)"])
    assert (code, "What are these columns?" in printed) == (1, True)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("担保人", "write heading=column"),
        ("担保人=", "write heading=column"),
        ("担保人=colour", "colour is no column that I import. The columns are: number, name, phone"),
        ("车主=guarantor", "The file has no column 车主. Its columns are: number, name, phone, stage, 担保人"),
    ],
)
async def test_what_is_said_of_columns_is_checked(operator, said: str, words: str) -> None:
    code, printed = await operator(HEADER + COMPANY, said=[said])
    assert (code, words in printed) == (1, True)


async def test_refused_rows_are_written_to_be_mended_and_imported(
    operator, office: Office, workspace: Workspace, tmp_path: Path
) -> None:
    header = "合同号,姓名,手机号,阶段,身份证号,备注\n"
    rows = "A-1,王,13800138000,申请,,\nA-2,李,+861380,申请,330106199001011234,=1+1\nA-3,,13900139000,睡觉,,\n"
    refused = tmp_path / "refused.csv"
    code, printed = await operator(header + rows, refused_file=refused, language="zh")
    assert (code, f"未导入的行在 {refused} 中。" in printed) == (1, True)
    assert refused.stat().st_mode & 0o077 == 0
    written = refused.read_text("utf-8-sig")
    assert list(csv.reader(StringIO(written))) == [
        ["合同号", "姓名", "手机号", "阶段", "身份证号", "备注", "文件中的行", "原因"],
        ["A-2", "李", "'+861380", "申请", '="330106199001011234"', "'=1+1", "3", "手机号：+861380 不是有效的电话号码"],
        [
            *("A-3", "", "13900139000", "睡觉", "", "", "4"),
            "阶段：睡觉 不是贷款阶段；可用：咨询、申请、已批、未批、已签约、已放款、结清、放弃、核销; 姓名：为空",
        ],
    ]

    mended = written.replace("'+861380", "'+8613800138001").replace("A-3,,", "A-3,韩,").replace("睡觉", "申请")
    code, printed = await operator(mended.encode("utf-8-sig"), name="refused.csv")
    assert (code, "new 2 " in printed) == (0, True)
    assert "not imported: 身份证号, 备注\n" in printed
    assert await numbers(office, workspace) == ["A-1", "A-2", "A-3"]


async def test_refused_rows_are_not_written_over_the_file(operator, tmp_path: Path) -> None:
    content = "number,name,phone,stage\nA-1,王,12345,申请\n"
    code, printed = await operator(content, refused_file=tmp_path / "loans.csv")
    assert (code, "loans.csv is the file that is imported. Name another one" in printed) == (1, True)
    assert (tmp_path / "loans.csv").read_text() == content
    code, printed = await operator(content, refused_file=tmp_path / "nowhere" / "refused.csv")
    assert (code, "I can't write" in printed) == (1, True)


@pytest.mark.parametrize("place", ["", "no/mend.csv"])
async def test_nothing_is_imported_if_refused_rows_could_not_be_written(
    operator, office: Office, workspace: Workspace, tmp_path: Path, place: str
) -> None:
    content = "number,name,phone,stage\nA-1,王小明,13800138000,申请\nA-2,李雷,1,申请\n"
    code, printed = await operator(content, refused_file=tmp_path / place)
    assert (code, "I can't write" in printed) == (1, True)
    assert await numbers(office, workspace) == []


async def test_a_sheet_of_a_file_of_text_is_refused(operator) -> None:
    content = "number,name,phone,stage\nA-1,王小明,13800138000,申请\n"
    code, printed = await operator(content, sheet="十一月")
    assert (code, "is a file of text, which has no sheets: leave out --sheet." in printed) == (1, True)


async def test_all_or_nothing_imports_nothing_if_a_row_is_refused(
    operator, office: Office, workspace: Workspace
) -> None:
    good, bad = "A-1,王,13800138000,申请\n", "A-2,李,12345,申请\n"
    code, printed = await operator(f"number,name,phone,stage\n{good}{bad}", good_rows=False)
    assert code == 1
    assert "Line 3 refused · phone: 12345 isn't a valid phone number" in printed
    assert "Nothing was imported, because rows were refused. --good-rows imports the others.\n" in printed
    assert await numbers(office, workspace) == []
    async with office.reading_desk(workspace) as desk:
        assert [entry for entry in (await desk.session.exec(select(AuditEntry))).all() if entry.act == "import"] == []
    assert (await operator(f"number,name,phone,stage\n{good}", good_rows=False))[0] == 0
    assert await numbers(office, workspace) == ["A-1"]
    assert (await operator(f"number,name,phone,stage\nA-3,李,13800138001,申请\n{bad}"))[0] == 1
    assert await numbers(office, workspace) == ["A-1", "A-3"]


async def test_a_dry_run_shows_what_would_become_of_each_row_and_column(
    operator, office: Office, workspace: Workspace
) -> None:
    header = "number,name,phone,stage,amount"
    await bring_rows(
        office,
        workspace,
        *(f"A-{n},王小明,1380013800{n},申请,100000" for n in range(1, 4)),
        header=header,
    )
    rows = [
        "A-1,王小明,13800138001,申请,100000",
        "A-2,王小明,13800138002,申请,120000",
        "A-3,王小红,13900139003,申请,",
        "A-4,李雷,13800138004,申请,90000",
        "A-5,,12345,申请,90000",
    ]
    content = "\n".join([header, *rows, ""])
    code, printed = await operator(content, dry_run=True)
    assert code == 1
    for line in (
        "Line 3 · A-2 · changed: amount",
        "Line 4 · A-3 · changed: name, phone",
        "Line 5 · A-4 · new",
        "Line 6 refused · name: empty",
        "Line 6 refused · phone: 12345 isn't a valid phone number",
        "Column number: new 1 · changed 0 · unchanged 3 · refused 0",
        "Column name: new 1 · changed 1 · unchanged 2 · refused 1",
        "Column phone: new 1 · changed 1 · unchanged 2 · refused 1",
        "Column amount: new 1 · changed 1 · unchanged 1 · refused 0",
    ):
        assert f"{line}\n" in printed
    assert "Line 2" not in printed
    _, printed = await operator(content, dry_run=True, language="zh")
    assert "第3行 · A-2 · 更新：金额\n" in printed
    assert "amount列：新增 1 · 更新 1 · 未变 1 · 拒绝 0\n" in printed
    _, printed = await operator(content)
    assert "Column " not in printed
    async with office.database.reading() as session:
        assert await loans.by_number(session, workspace.id, "A-4") is not None


async def test_a_workbook_with_two_sheets_of_loans_asks_which(operator, office: Office, workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    for name, number in (("十月 旧", "A-1"), ("十一月", "A-2")):
        sheet = book.create_sheet(name)
        sheet.append(["合同号", "姓名", "手机号", "阶段"])
        sheet.append([number, "王小明", 13800138000, "申请"])
    written = BytesIO()
    book.save(written)
    content = written.getvalue()
    code, printed = await operator(content, name="loans.xlsx")
    assert (code, "Several sheets may be meant: 十月 旧, 十一月." in printed) == (1, True)
    assert "--sheet '十月 旧'\n" in printed
    code, printed = await operator(content, name="loans.xlsx", sheet="12月")
    assert (code, "There is no sheet 12月. The sheets are: Sheet, 十月 旧, 十一月\n" in printed) == (1, True)
    code, printed = await operator(content, name="loans.xlsx", sheet="十一月")
    assert (code, "Sheet: 十一月\n" in printed) == (0, True)
    assert await numbers(office, workspace) == ["A-2"]
