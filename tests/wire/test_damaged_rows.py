"""A row of which a text does not open costs its own place on a list: everything else is there, and the admins are told."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import col, select

from desk.core import drafts
from desk.core.errors import NotFound
from desk.importing.batches import import_loans
from desk.loans.indexing import index_next
from storage.engine.work import Work
from storage.tables import Borrower, Call, Draft, ImportedValues, Loan, LoanNote, StageChange
from tests.builders import make_follow_up, make_loan
from tests.imports import read_rows
from tests.wire.office_day import Slack, logged, shown

pytestmark = [pytest.mark.usefixtures("log"), pytest.mark.every_example]

UNREADABLE, ZH = "name cannot be read", "姓名无法读取"
MARKS = "\ufdd0\ufdd1\ufdd2"


@pytest.fixture
async def loans(slack: Slack) -> list[Loan]:
    """Three loans of the agent with a call due each, of which the second is damaged."""
    rows: list[Loan] = []
    for number, name in enumerate(("Ann Lee", "Bob Stone", "Cid Moore"), start=1):
        loan = await make_loan(
            slack.office, slack.workspace, f"L-{number}", owner=slack.agent, name=name, phone=f"+861380013810{number}"
        )
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
        rows.append(loan)
    return rows


async def damage(slack: Slack, loan: Loan, *columns: str, value: bytes | None = None) -> None:
    async with slack.office.database.transaction() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
        for column in columns or ("name_cipher", "phone_cipher"):
            kept = getattr(borrower, column)
            setattr(borrower, column, kept[:-1] + bytes([kept[-1] ^ 1]) if value is None else value)


async def damage_all(session: Work, table: Any, column: str) -> None:
    rows: Sequence[Any] = (await session.exec(select(table))).all()
    assert rows
    for row in rows:
        if kept := getattr(row, column):
            setattr(row, column, kept[:-1] + bytes([kept[-1] ^ 1]))


async def timeline(slack: Slack) -> str:
    card = (await slack.command(slack.agent, "/loan L-2")).message
    assert card is not None
    await slack.press(slack.agent, card, "Open")
    modal = slack.sandbox.modal_of("UAGENT")
    await modal.press("Timeline")
    return slack.sandbox.modal_of("UAGENT").text


VALUES = {"altered": None, "too short": b"\1\0", "emptied": b"", "another key's": b"\x07" + bytes(40)}


@pytest.mark.parametrize("how", VALUES)
async def test_everything_that_has_the_borrower_shows_the_others(slack: Slack, loans: list[Loan], how: str) -> None:
    await damage(slack, loans[1], value=VALUES[how])
    lines = (
        "/loan-due",
        "/loan mine",
        "/loan-due all",
        "/loan-digest now",
        "/loan L-2",
        "/loan-call L-2 reached, will send the papers > fri 2pm plan",
        "/loan-follow L-2 mon 10am plan",
        "/loan-docs L-2 id by fri",
        "/loan-note L-2 asked for his brother",
        "/loan-stage L-2 application docs are here",
        "/loan-call L-2 wrong number",
    )
    for line in lines:
        reply = await slack.command(slack.agent, line)
        assert reply.message is not None, line
        assert "went wrong" not in reply.text, line
        seen = str(reply.message)
        assert not any(mark in seen for mark in MARKS), line
        if "L-2" in seen and "L-1" in seen:
            assert UNREADABLE in seen, line
            assert "Ann Lee" in seen, line
    assert UNREADABLE in (await slack.command(slack.agent, "/loan L-2")).text
    assert "Cid Moore" in (await slack.command(slack.agent, "/loan find Cid")).text


async def test_reminder_digest_and_home_go_out(slack: Slack, loans: list[Loan], log: io.StringIO) -> None:
    await damage(slack, loans[1])
    await slack.change(slack.agent, next_digest_at=slack.clock.now())
    await slack.sandbox.open_home("UAGENT")

    await slack.deliver()

    sent = "\n".join(slack.texts(slack.agent))
    assert UNREADABLE in sent
    assert "A*" in sent
    assert "C*" in sent
    assert not any(mark in sent for mark in MARKS)
    assert UNREADABLE in str(slack.sandbox.home_of("UAGENT").blocks)
    assert logged(log, "notice_not_composed") == []


async def test_it_is_logged_without_content_and_the_admins_are_told_once_a_day(
    slack: Slack, loans: list[Loan], log: io.StringIO
) -> None:
    await damage(slack, loans[1])

    for _ in range(3):
        await slack.command(slack.agent, "/loan-due")
    await slack.deliver()
    await slack.command(slack.agent, "/loan mine")
    await slack.later(minutes=30)

    told = [text for text in slack.texts(slack.admin) if "damaged text" in text]
    assert len(told) == 1
    assert "L-2" in told[0]
    lines = logged(log, "row_unreadable")
    assert {line["row"] for line in lines} == {str(loans[1].borrower_id)}
    assert "Bob" not in log.getvalue()


async def test_show_number_says_that_it_cannot_be_read_and_whom_to_ask(slack: Slack, loans: list[Loan]) -> None:
    await damage(slack, loans[1], "phone_cipher")
    card = await slack.command(slack.agent, "/loan L-2")
    assert card.message is not None
    assert "Bob Stone" in card.text

    text = shown(await slack.press(slack.agent, card.message, "Call")).text

    assert "cannot be read" in text
    assert f"<@{slack.admin.slack_user_id}>" in text
    assert "/loan edit L-2 phone" in text
    assert "We logged" not in text


async def test_an_edit_corrects_name_and_number(slack: Slack, loans: list[Loan]) -> None:
    await damage(slack, loans[1])

    named = await slack.command(slack.agent, "/loan edit L-2 name Bob Stone")
    phoned = await slack.command(slack.agent, "/loan edit L-2 phone 13800138102")

    assert f"is now Bob Stone (it was {UNREADABLE})" in named.text
    assert "+86 138 0013 8102 (it was (cannot be read))" in phoned.text
    assert "Bob Stone" in (await slack.command(slack.agent, "/loan L-2")).text
    assert "L-2" in (await slack.command(slack.agent, "/loan find Stone")).text
    assert "L-2" in (await slack.command(slack.agent, "/loan find 8102")).text
    history = await timeline(slack)
    assert not any(mark in history for mark in MARKS)
    assert UNREADABLE in history
    assert phoned.message is not None
    undone = await slack.press(slack.agent, phoned.message, "Undo")
    assert "went wrong" not in str(undone)


async def test_a_chinese_reader_and_the_form(slack: Slack, loans: list[Loan]) -> None:
    await damage(slack, loans[1])
    await slack.in_chinese(slack.agent)

    assert ZH in (await slack.command(slack.agent, "/loan-due")).text
    card = (await slack.command(slack.agent, "/loan L-2")).message
    assert card is not None
    await slack.press(slack.agent, card, "更正资料")
    assert not any(mark in slack.sandbox.modal_of("UAGENT").text for mark in MARKS)


async def test_damaged_notes_and_reasons(slack: Slack, loans: list[Loan], log: io.StringIO) -> None:
    await slack.command(slack.agent, "/loan-call L-2 reached, likes the rate > fri 2pm plan")
    await slack.command(slack.agent, "/loan-note L-2 asked for his brother")
    await slack.command(slack.agent, "/loan-stage L-2 declined too little income")
    async with slack.office.database.transaction() as session:
        await damage_all(session, Call, "note_cipher")
        await damage_all(session, LoanNote, "note_cipher")
        await damage_all(session, StageChange, "reason_cipher")

    for text in ((await slack.command(slack.agent, "/loan L-2")).text, await timeline(slack)):
        assert "(text cannot be read)" in text
        assert "Bob Stone" in text
        assert "brother" not in text
    assert {line["column"] for line in logged(log, "row_unreadable")} & {"call.note", "loan_note.note"}
    await slack.deliver()
    assert any("damaged text" in text and "L-2" in text for text in slack.texts(slack.admin))


async def test_a_correction_that_leaves_a_damaged_note_alone_keeps_its_bytes(slack: Slack, loans: list[Loan]) -> None:
    logged_call = await slack.command(slack.agent, "/loan-call L-2 reached, likes the rate > fri 2pm plan")
    async with slack.office.database.transaction() as session:
        await damage_all(session, Call, "note_cipher")
        damaged = (await session.exec(select(Call))).one().note_cipher
    assert logged_call.message is not None
    await slack.press(slack.agent, logged_call.message, "Correct the call")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Length (minutes)", 2)

    await form.submit()

    assert "(text cannot be read)" in form.text
    async with slack.office.database.reading() as session:
        call = (await session.exec(select(Call))).one()
    assert (call.minutes, call.note_cipher) == (2, damaged)


async def test_an_import_goes_on_and_leaves_what_cannot_be_read(slack: Slack) -> None:
    file = "loan number,borrower,phone,stage\nA-1,Ann Lee,13800138001,disbursed\nA-2,Bob Stone,13800138002,disbursed\n"
    rows, _ = read_rows(file, slack.workspace, slack.office)
    await import_loans(slack.office, slack.workspace, rows, dry_run=False, advance=lambda _: None)
    async with slack.office.database.transaction() as session:
        loan = (await session.exec(select(Loan).where(col(Loan.number) == "A-2"))).one()
        await damage_all(session, ImportedValues, "values_cipher")
    await damage(slack, loan)

    changed, _ = read_rows(file.replace("Ann Lee", "Ann Li"), slack.workspace, slack.office)
    outcome = await import_loans(slack.office, slack.workspace, changed, dry_run=False, advance=lambda _: None)

    assert outcome.refused == []
    assert "Ann Li" in (await slack.command(slack.manager, "/loan A-1")).text
    assert "Bob Stone" in (await slack.command(slack.manager, "/loan A-2")).text


async def test_the_index_keeps_the_entries_of_a_damaged_borrower(slack: Slack, loans: list[Loan]) -> None:
    await damage(slack, loans[1], "name_cipher")
    async with slack.office.database.transaction() as session:
        for loan in loans:
            (await session.get_one(Borrower, loan.borrower_id)).search_version = 1
    async with slack.office.desk(slack.workspace) as desk:
        assert await index_next(desk)

    reply = await slack.command(slack.agent, "/loan find Stone")
    assert UNREADABLE in reply.text


async def test_a_damaged_draft_of_a_form_opens_the_form_without_it(slack: Slack, loans: list[Loan]) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await drafts.save_form(desk, "call", {"note": "likes the rate"})
        draft_id = await drafts.save_for_confirmation(desk, {"line": "/loan-call L-2"})
    async with slack.office.database.transaction() as session:
        await damage_all(session, Draft, "body_cipher")

    await slack.form(slack.agent, "/loan-call")

    assert "likes the rate" not in slack.sandbox.modal_of("UAGENT").text
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        assert await drafts.read_form(desk, "call") is None
        with pytest.raises(NotFound):
            await drafts.read(desk, draft_id)
