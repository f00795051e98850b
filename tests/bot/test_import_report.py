"""What `loandesk import` prints: columns that it does not know, every fault of a row, names of a dry run; and the cells that it
cleans. Runs as an operator types it."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.commands.import_options import Options
from bot.commands.importing import run
from desk.core.transaction import Office
from desk.importing.batches import Outcome, loan_counts
from desk.importing.results import ImportResult
from desk.importing.updating import Remark
from desk.loans.borrowers import contact_of
from storage.queries.loans import loans
from storage.tables import Workspace
from tests.bot.keys import settings_with
from tests.builders import make_member
from tests.imports import bring_in, bring_rows, refusals


@pytest.fixture
async def operator(office: Office, workspace: Workspace, database_url: str, tmp_path: Path):
    """Runs the command on a file with that content, and returns its exit code and what it printed."""

    async def type_import(
        content: str | bytes, *, dry_run: bool = False, language: str | None = "en", **options: Any
    ) -> tuple[int, str]:
        file = tmp_path / "loans.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        printed = StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        typed = Options(dry_run=dry_run, language=language, **options)
        code = await run(settings_with(database_url), file, console, typed)
        return code, printed.getvalue()

    return type_import


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    "unknown",
    [
        ("合同金额", "扣款日", "业务员", "逾期天数"),
        ("Loan Amount", "Due Date", "Assigned To", "Days Past Due"),
        ("[red]", "x"),
    ],
)
async def test_columns_that_are_not_imported_are_named(operator, dry_run: bool, unknown: tuple[str, ...]) -> None:
    header = ",".join(("number", "name", "phone", "stage", *unknown))
    row = ",".join(("A-1", "王小明", "13800138000", "申请", *("1" for _ in unknown)))
    code, printed = await operator(f"{header}\n{row}\n", dry_run=dry_run)
    assert code == 0
    assert f"Columns that I don't know, not imported: {', '.join(unknown)}\n" in printed
    _, printed = await operator(f"{header}\n{row}\n", dry_run=dry_run, language=None)
    assert f"无法识别、未导入的列：{'、'.join(unknown)}\n" in printed


async def test_columns_without_a_heading_are_named_if_they_hold_something(operator) -> None:
    code, printed = await operator("number,name,phone,stage,,,备注,备注\nA-1,王,13800138000,申请,,1,,\n")
    assert code == 0
    assert "not imported: column 6 without a heading, 备注\n" in printed


async def test_a_dry_run_shows_names_first_those_that_show_the_encoding(operator) -> None:
    rows = "".join(
        f"A-{n},{name},1380013800{n},application\n" for n, name in enumerate(("John", "Jane", "José", "Muñoz"))
    )
    _, printed = await operator(f"number,name,phone,stage\n{rows}".encode("cp1252"), dry_run=True, encoding="cp1252")
    assert "Names as they were read: José, Muñoz, John, Jane\n" in printed
    assert "Dry run: nothing was saved." in printed
    _, printed = await operator(f"number,name,phone,stage\n{rows}".encode("cp1252"), encoding="cp1252")
    assert "John" not in printed


async def test_another_encoding_exits_with_1_and_the_way_on(operator) -> None:
    code, printed = await operator("number,name,phone,stage\nA-1,Muñoz,13800138000,申请\n".encode("cp1252", "ignore"))
    assert (code, "--encoding cp1252" in printed or "--encoding gb18030" in printed) == (1, True)


async def test_every_fault_of_a_row_is_named_at_once_in_the_lenders_language(operator) -> None:
    content = (
        "贷款编号,姓名,手机号,阶段,客户经理,金额,还款日,代扣,逾期起始\n"
        'A 1,,12345,sleeping,nobody@lender.example,"1,00",32,maybe,2030-01-01\n'
    )
    code, printed = await operator(content, language=None)
    lines = printed.splitlines()
    assert code == 1
    assert [line.split("·")[0].strip() for line in lines if "未导入" in line] == ["第2行未导入"] * 9
    for heading in ("贷款编号", "姓名", "手机号", "阶段", "客户经理", "金额", "还款日", "代扣", "逾期起始"):
        assert f"· {heading}：" in printed
    assert "咨询、申请、已批" in printed
    assert not any(code in printed for code in ("inquiry", "due_day", "unpaid_since"))
    _, printed = await operator(content)
    assert "Line 2 refused · 手机号: 12345 isn't a valid phone number" in printed
    assert "inquiry, application, approved" in printed


async def test_of_many_refused_rows_the_first_are_named_and_all_are_counted(operator) -> None:
    rows = "".join(f"A-{n},,13,application\n" for n in range(103))
    content = f"number,name,phone,stage\n{rows}"
    code, printed = await operator(content)
    assert (code, printed.count("refused · name: empty"), printed.count("refused · phone: 13 isn't")) == (1, 100, 100)
    assert "Line 101 refused" in printed
    assert "Line 102 refused" not in printed
    assert "\n3 more rows were refused. Run the command with --all to see every one.\n" in printed
    assert "refused 103 " in printed
    _, printed = await operator(content, language="zh")
    assert "\n另有3行未导入。加 --all 运行可列出全部。\n" in printed
    _, printed = await operator(content, every=True)
    assert (printed.count("refused · name: empty"), "--all" in printed) == (103, False)
    _, printed = await operator(content.rsplit("A-100", 1)[0])
    assert (printed.count("refused · name: empty"), "--all" in printed) == (100, False)


async def test_a_repeated_number_and_the_other_faults_of_its_rows_are_named(
    office: Office, workspace: Workspace
) -> None:
    outcome = await bring_rows(office, workspace, "A-1,王,12345,申请,", "a-1,李,13800138000,申请,")
    assert [line.split(":")[0] for line in refusals(outcome)] == ["2 number", "2 phone", "3 number"]


@pytest.mark.parametrize(
    "cells",
    [
        ("A-1", "王小明", "13800138000"),
        ("\u200bA-1\ufeff", "王\u200b小\u2060明", "138\u200b00138000"),
        ('"=""A-1"""', '"=""王小明"""', '"=""13800138000"""'),
        ("`A-1", "`王小明", "`13800138000"),
        ("'A-1", "王小明", "'13800138000"),
        (" A-1\u00a0", "\u3000王小明 ", "\u202d13800138000\u202c"),
        ("Ａ-1", '"王小明\n"', "13800138000.0"),
        ('"= ""`A-1"""', "王小明", "13800138000.00"),
        ("\u00adA-1", "王小明\u00ad", "+8613800138000.0"),
    ],
)
async def test_what_spreadsheets_and_copying_leave_in_cells_is_removed(
    office: Office, workspace: Workspace, cells: tuple[str, ...]
) -> None:
    outcome = await bring_rows(office, workspace, f"{','.join(cells)},\u200bapplication,")
    assert refusals(outcome) == []
    async with office.reading_desk(workspace) as desk:
        loan = await loans.by_number(desk.session, workspace.id, "A-1")
        assert loan is not None
        contact = await contact_of(desk, loan.borrower_id)
    assert (loan.number, contact.name, contact.phone) == ("A-1", "王小明", "+8613800138000")
    again = await bring_rows(office, workspace, "A-1,王小明,13800138000,application,")
    assert dict(again.effects) == {"same": 1}


async def test_whole_numbers_that_a_spreadsheet_made_fractions_of_are_read(
    office: Office, workspace: Workspace
) -> None:
    await make_member(office, workspace, "ULIN")
    header = "number,name,phone,stage,amount,due day"
    outcome = await bring_rows(office, workspace, "1001.0,王,13800138000.0,application,120000.0,15.0", header=header)
    assert refusals(outcome) == []
    async with office.database.reading() as session:
        loan = await loans.by_number(session, workspace.id, "1001")
    assert loan is not None
    assert (str(loan.amount), loan.due_day) == ("120000.00", 15)
    other = await bring_rows(office, workspace, "HT-1.0,王,13800138001,application,,", header=header)
    assert dict(other.effects) == {"new": 1}
    async with office.database.reading() as session:
        assert await loans.by_number(session, workspace.id, "HT-1.0") is not None


@pytest.mark.parametrize("name", ["王\ufffd明", "???", "？？", "王\x9e明"])
async def test_a_name_that_lost_characters_is_refused(office: Office, workspace: Workspace, name: str) -> None:
    outcome = await bring_rows(office, workspace, f"A-1,{name},13800138000,application,")
    assert [row.error.code for row in outcome.refused] == ["import_damaged"]


async def test_two_columns_of_one_meaning_are_asked(operator) -> None:
    code, printed = await operator("number,name,手机,联系电话,stage\nA-1,王,13800138000,13900139000,申请\n")
    assert code == 1
    assert "手机: phone, as 联系电话 may be: --map '手机=phone'\n" in printed
    assert "--map '联系电话=phone'\n" in printed


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("parts", [",", ";", "\t", "，"])
async def test_line_ends_marks_and_separators_of_every_kind_are_read(
    operator, ends: str, start: str, parts: str
) -> None:
    lines = ["number,name,phone,stage", "A-1,王小明,13800138000,申请", "", "A-2,Muñoz,13800138001,申请", ""]
    code, printed = await operator(start + ends.join(lines).replace(",", parts))
    assert (code, "new 2" in printed) == (0, True)


async def test_a_row_without_what_a_new_loan_needs_is_refused(office: Office, workspace: Workspace) -> None:
    outcome = await bring_in(office, workspace, "number,name,phone,stage\nA-1,,,\n,王,13800138000,申请\n")
    assert refusals(outcome) == ["2 name: empty", "2 phone: empty", "2 stage: empty", "3 number: empty"]


async def test_the_report_counts_what_a_file_does_to_planned_calls(
    operator, office: Office, workspace: Workspace
) -> None:
    for who in ("ULIN", "UWEI"):
        await make_member(office, workspace, who)
    header = "number,name,phone,stage,owner,due day,autopay\n"
    rows = [f"A-{n},王小明,1380013800{n},disbursed,ULIN,15,no\n" for n in range(1, 6)]
    code, printed = await operator(header + "".join(rows))
    assert (code, "follow-ups planned 5 · follow-ups closed 0" in printed) == (0, True)

    rows[0] = rows[0].replace(",15,", ",20,")
    rows[1] = rows[1].replace(",no", ",yes")
    rows[2] = rows[2].replace("disbursed", "closed")
    rows[3] = rows[3].replace("ULIN", "UWEI")
    said = "follow-ups planned 2 · follow-ups closed 3 · follow-ups given to a new owner 1\n"
    for dry_run in (True, False):
        assert said in (await operator(header + "".join(rows), dry_run=dry_run))[1]


def test_of_many_remarks_the_first_are_kept_and_all_are_counted() -> None:
    remark = Remark(2, "A-1", "replaced", "name", "name", {"present": "王", "new": "李"})
    for most, kept, unnamed in ((2, 2, 3), (None, 3, 0)):
        outcome = Outcome(most=most)
        for _ in range(3):
            outcome.add(ImportResult(remarks=(remark,)))
        outcome.add(ImportResult(lacking=(remark,) * kept + (remark,) * (2 if most else 0)))
        assert (len(outcome.remarks), len(outcome.lacking)) == (kept, kept)
        assert outcome.unnamed == unnamed
        assert loan_counts(outcome)["remarks"] == 2 * kept + unnamed
