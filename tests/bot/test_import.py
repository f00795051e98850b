"""`loandesk import`: what goes in, what is refused and why, and what a second file may not take back."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from bot.commands.importing import today_at
from desk.core.errors import Invalid
from desk.core.transaction import Office
from desk.importing.batches import Outcome, import_loans
from desk.importing.file_contents import FileRead, read_loans
from desk.importing.reading.tables import How, read_file
from desk.loans.borrowers import contact_of
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import explain_file, explain_row
from storage.queries.loans import loans
from storage.tables import FollowUp, Loan, Workspace
from tests.builders import make_loan, make_member
from tests.imports import read_rows

HEADER = "number,name,phone,stage,owner,amount,due day,autopay,unpaid since"


async def bring_in(office: Office, workspace: Workspace, text: str, *, dry_run: bool = False) -> Outcome:
    rows, refused = read_rows(text, workspace, office)
    outcome = await import_loans(office, workspace, rows, dry_run=dry_run, advance=lambda _: None)
    outcome.refused += refused
    return outcome


def loans_in(path: Path, workspace: Workspace, office: Office) -> FileRead:
    table = read_file(path, str(path), How(kind="loans"))
    return read_loans(table, today=today_at(workspace, office), region=workspace.country or "CN")


async def stored(office: Office, workspace: Workspace, number: str) -> Loan:
    async with office.database.reading() as session:
        loan = await loans.by_number(session, workspace.id, number)
    assert loan is not None
    return loan


async def open_follow_ups(office: Office, loan: Loan) -> list[FollowUp]:
    async with office.database.reading() as session:
        return list((await session.exec(select(FollowUp).where(FollowUp.loan_id == loan.id))).all())


def reasons(outcome: Outcome, language: str = "en") -> list[str]:
    t = Translator(language)
    return [f"{row.line} {explain_row(t, row.error)}" for row in sorted(outcome.refused, key=lambda r: r.line)]


async def test_a_row_becomes_a_loan_with_its_borrower(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN", email="lin@lender.example")
    row = "A-1,王小明,138 0013 5678,disbursed,Lin@lender.example,120000.50,15,no,"

    outcome = await bring_in(office, workspace, f"{HEADER}\n{row}\n")

    loan = await stored(office, workspace, "a-1")
    async with office.reading_desk(workspace) as desk:
        contact = await contact_of(desk, loan.borrower_id)
    assert outcome.effects["new"] == 1
    assert outcome.refused == []
    assert (contact.name, contact.phone) == ("王小明", "+8613800135678")
    assert (loan.stage, loan.owner_id, loan.amount, loan.due_day) == ("disbursed", lin.id, Decimal("120000.50"), 15)


async def test_a_disbursed_loan_gets_its_repayment_call_three_working_days_before(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    await bring_in(
        office,
        workspace,
        f"{HEADER}\nA-1,王,13800135678,disbursed,ULIN,,15,no,\nA-2,李,13800135679,disbursed,ULIN,,15,yes,\n",
    )

    planned = await open_follow_ups(office, await stored(office, workspace, "A-1"))
    on_autopay = await open_follow_ups(office, await stored(office, workspace, "A-2"))

    assert [(f.purpose, f.instalment_on, f.due_on, f.assignee_id) for f in planned] == [
        ("repayment", date(2026, 12, 15), date(2026, 12, 10), lin.id)
    ]
    assert on_autopay == []


async def test_arrears_in_the_file_plan_a_call_for_the_collector(office: Office, workspace: Workspace) -> None:
    await make_member(office, workspace, "ULIN")
    chen = await make_member(office, workspace, "UCHEN", roles="collector")

    await bring_in(office, workspace, f"{HEADER}\nA-1,王,13800135678,disbursed,ULIN,,15,no,2026-11-15\n")

    planned = await open_follow_ups(office, await stored(office, workspace, "A-1"))
    assert [(f.purpose, f.assignee_id) for f in planned] == [("overdue", chen.id)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("15,no,", "15,yes,", "15,no,"), ("repayment", date(2026, 12, 15))),
        (("15,no,", "20,no,", "15,no,"), ("repayment", date(2026, 12, 15))),
        (("15,no,2026-11-15", "15,no,", "15,no,2026-11-15"), ("overdue", date(2026, 11, 15))),
    ],
    ids=["autopay", "due day", "unpaid since"],
)
async def test_what_a_file_took_back_another_plans_again(
    office: Office, workspace: Workspace, rows: tuple[str, ...], expected: tuple[str, date]
) -> None:
    await make_member(office, workspace, "ULIN", email="lin@lender.example")
    for row in rows:
        await bring_in(office, workspace, f"{HEADER}\nA-1,王,13800135678,disbursed,lin@lender.example,,{row}\n")
    calls = await open_follow_ups(office, await stored(office, workspace, "A-1"))
    assert expected in {(call.purpose, call.instalment_on) for call in calls if call.state == "open"}


async def test_the_same_file_twice_changes_nothing(office: Office, workspace: Workspace) -> None:
    await make_member(office, workspace, "ULIN")
    text = f"{HEADER}\nA-1,王,13800135678,disbursed,ULIN,120000,15,no,\n"
    await bring_in(office, workspace, text)
    before = await stored(office, workspace, "A-1")

    outcome = await bring_in(office, workspace, text)

    after = await stored(office, workspace, "A-1")
    assert dict(outcome.effects) == {"same": 1}
    assert outcome.planned == 0
    assert after.version == before.version
    assert len(await open_follow_ups(office, after)) == 1


async def test_a_second_import_takes_back_neither_the_owner_nor_the_stage_that_the_desk_has_set(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    await make_member(office, workspace, "UTOM")
    now = office.clock.now()
    await make_loan(
        office, workspace, "A-1", owner=lin, name="王", stage="approved", stage_set_at=now, owner_set_at=now
    )

    outcome = await bring_in(office, workspace, f"{HEADER}\nA-1,王,13800135678,application,UTOM,99000,,,\n")

    loan = await stored(office, workspace, "A-1")
    assert dict(outcome.effects) == {"changed": 1}
    assert (loan.owner_id, loan.stage, loan.amount) == (lin.id, "approved", Decimal("99000.00"))


async def test_a_column_that_the_file_lacks_changes_nothing(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    await make_loan(office, workspace, "A-1", owner=lin, name="王", stage="application", due_day=9)

    await bring_in(office, workspace, "number,name,phone,stage\nA-1,王,13800135678,application\n")

    loan = await stored(office, workspace, "A-1")
    assert (loan.owner_id, loan.due_day, loan.amount) == (lin.id, 9, Decimal("120000.00"))


async def test_a_lenders_number_takes_over_an_inquiry_of_the_same_name_and_phone(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    inquiry = await make_loan(office, workspace, "L-7", owner=lin, name="王小明", stage="inquiry", minted=True)

    outcome = await bring_in(office, workspace, f"{HEADER}\nA-9,王小明,13800135678,application,,,,,\n")

    loan = await stored(office, workspace, "A-9")
    assert dict(outcome.effects) == {"taken_over": 1}
    assert (loan.id, loan.minted, loan.owner_id) == (inquiry.id, False, lin.id)


async def test_an_ended_inquiry_is_not_taken_over(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    await make_loan(office, workspace, "L-7", owner=lin, name="王小明", stage="withdrawn", minted=True)

    outcome = await bring_in(office, workspace, f"{HEADER}\nA-9,王小明,13800135678,application,,,,,\n")

    assert dict(outcome.effects) == {"new": 1}
    assert (await stored(office, workspace, "A-9")).stage == "application"
    assert (await stored(office, workspace, "L-7")).stage == "withdrawn"


async def test_with_another_owner_their_calls_go_along(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN", email="lin@lender.example")
    tom = await make_member(office, workspace, "UTOM", email="tom@lender.example")
    for email in ("lin@lender.example", "tom@lender.example"):
        await bring_in(office, workspace, f"{HEADER}\nA-1,王小明,13800135678,disbursed,{email},,15,no,\n")
        loan = await stored(office, workspace, "A-1")
        [call] = await open_follow_ups(office, loan)
        assert loan.owner_id == call.assignee_id == {"lin@lender.example": lin.id, "tom@lender.example": tom.id}[email]


@pytest.mark.parametrize(
    "amount", ["1E5", "1_000", "1,00", "1,0000", "1.2345678万", "12.345万元/月", "-5", "12.345", "1000000000000"]
)
async def test_an_amount_is_digits_with_at_most_two_places(office: Office, workspace: Workspace, amount: str) -> None:
    outcome = await bring_in(office, workspace, f'{HEADER}\nA-1,王,13800135678,application,,"{amount}",,,\n')
    assert [row.error.code for row in outcome.refused] == ["import_amount"]


async def test_a_dry_run_keeps_nothing(office: Office, workspace: Workspace) -> None:
    outcome = await bring_in(office, workspace, f"{HEADER}\nA-1,王,13800135678,inquiry,,,,,\n", dry_run=True)

    async with office.database.reading() as session:
        assert await loans.by_number(session, workspace.id, "A-1") is None
    assert outcome.effects["new"] == 1


async def test_each_refused_row_is_named_with_its_line_and_reason_and_the_others_go_in(
    office: Office, workspace: Workspace
) -> None:
    text = "\n".join(
        [
            HEADER,
            "A-1,王,1.38E+10,inquiry,,,,,",
            "A 2,王,13800135678,inquiry,,,,,",
            "A-3,王,13800135678,sleeping,,,,,",
            'A-4,王,13800135678,inquiry,,"120,00",,,',
            "A-5,王,13800135678,inquiry,nobody@lender.example,,,,",
            "A-6,王,13800135678,inquiry,,,32,,",
            "A-7,王,13800135678,inquiry,,,,maybe,",
            "A-8,王,13800135678,inquiry,,,,,2027-01-01",
            "A-9,,13800135678,inquiry,,,,,",
            "A-10,王,12345,inquiry,,,,,",
            "A-11,王,13800135678,inquiry",
            "B-1,王,13800135678,inquiry,,,,,",
            "b-1,李,13800135679,inquiry,,,,,",
            "C-1,王,13800135678,inquiry,,,,,",
        ]
    )

    outcome = await bring_in(office, workspace, text)

    assert dict(outcome.effects) == {"new": 1}
    assert [line.split()[0] for line in reasons(outcome)] == [str(n) for n in range(2, 15)]
    found = "\n".join(reasons(outcome))
    for words in (
        "Excel",
        "can't contain spaces",
        "isn't a stage",
        "isn't an amount",
        "isn't a member",
        "day of the month",
        "neither yes nor no",
    ):
        assert words in found
    assert "14 number: b-1 appears in this file more than once, also in line 13" in found
    assert "1.38E+10" in "\n".join(reasons(outcome, "zh"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "import_other_form"),
        (b"number,name\0,phone,stage\n", "import_not_text"),
        (b"just words", "import_not_csv"),
        (b"number,name,phone\nA-1,x,13800135678\n", "import_column_missing"),
        (b"number,name,phone,stage,stage\nA-1,x,13800135678,inquiry,signed\n", "import_questions"),
        (b'number,name,phone,stage\n"A-1,x\n', "import_quotes"),
    ],
)
async def test_a_file_that_is_no_table_of_loans_is_refused_whole(
    office: Office, workspace: Workspace, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes(content)

    with pytest.raises(Invalid) as refusal:
        loans_in(path, workspace, office)

    assert refusal.value.code == code
    assert explain_file(Translator("en"), refusal.value)


async def test_a_file_as_chinese_excel_writes_it_is_read(office: Office, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes("贷款编号,姓名,手机号,阶段\nA-1,欧阳娜,13800135678,咨询\n".encode("gb18030"))

    read = loans_in(path, workspace, office)

    assert read.refused == []
    assert [(row.name, row.stage) for row in read.rows] == [("欧阳娜", "inquiry")]
