"""A person's data is erased on request: what goes and what stays is shown first. It is Wednesday 25 November 2026, 10:00."""

import pytest
from sqlmodel import select

from desk.core import changes
from sandbox.modals import Modal
from storage.engine.cipher import UnreadableError
from storage.engine.rows import column_values
from storage.tables import (
    AuditEntry,
    Borrower,
    ContactConsent,
    ContactState,
    Draft,
    ErasedRecord,
    FollowUp,
    Loan,
    LoanNote,
    PersonRequest,
    RelatedPerson,
    SearchTerm,
)
from storage.tables.retained import all_tables
from tests.builders import make_follow_up, make_loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.test_person_requests import decide, enter, requests
from tests.wire.test_related import add

ERASE = {"What they want": "erase it", "How they proved who they are": "showed an identity document"}


async def open_erasure(slack: Slack, label: str = "Erase", who: str = "UCOMPLIANCE") -> Modal:
    """Press Erase at the only open request, and return the form."""
    await slack.sandbox.open_home(who)
    home = slack.sandbox.home_of(who)
    await home.press("个人信息请求" if label != "Erase" else "Data requests")
    await slack.sandbox.modal_of(who).press(label)
    return slack.sandbox.modal_of(who)


async def everything(slack: Slack) -> str:
    """Return all rows of all tables, with their encrypted columns opened."""
    found: list[str] = []
    async with slack.office.reading_desk(slack.workspace) as desk:
        for table in all_tables().values():
            for row in (await desk.session.exec(select(table))).all():
                found.append(repr(dict(row)))
                for name in column_values(row):
                    if name.endswith("_cipher") and getattr(row, name) is not None:
                        try:
                            found.append(desk.cipher.decrypt(getattr(table, name), row))
                        except UnreadableError:
                            found.append("unreadable")
    return "\n".join(found)


async def test_a_borrower_is_erased_without_a_trace(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    loan = await make_loan(
        slack.office, slack.workspace, "A-77", owner=slack.agent, name="韩梅梅", phone="+8613912345678"
    )
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")
    planned = await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    await slack.deliver()
    await slack.command(slack.agent, "/loan-note A-77 Zebra crossing")
    await slack.command(slack.agent, "/loan edit A-77 name 韩梅梅梅")
    await slack.command(slack.agent, "/loan edit A-77 name 韩梅梅")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        changes.track(desk, await desk.session.get_one(FollowUp, planned.id)).state = "cancelled"
        changes.track(desk, await desk.session.get_one(Loan, loan.id)).stage = "declined"
    await slack.deliver()
    card = await slack.card(slack.agent, "A-77")
    await slack.press(slack.agent, card, "Data request")
    form = slack.sandbox.modal_of("UAGENT")
    filled = {**ERASE, "How the request came in": "by phone", "In their words": "Forget 韩梅梅"}
    await fill(form, filled)
    await form.submit()
    async with slack.office.desk(slack.workspace, slack.other) as desk:
        body = desk.cipher.encrypt(Draft.body_cipher, slack.other.id, "{}")
        typed = Draft(
            workspace_id=slack.workspace.id, member_id=slack.other.id, form="note", body_cipher=body, at=desk.now
        )
        typed.body_cipher = desk.cipher.encrypt(Draft.body_cipher, typed.id, '{"note": "139 1234 5678 asks"}')
        desk.add(typed)
    assert [text for text in slack.texts(slack.agent) if "A-77" in text]
    before = await everything(slack)
    for planted in ("韩梅梅", "13912345678", "Zebra crossing", "A-77", "139 1234 5678"):
        assert planted in before

    await slack.in_chinese(slack.compliance)
    form = await open_erasure(slack, "删除资料")
    assert "永久删除" in form.text
    assert "A-77" in form.text
    assert not (await form.submit()).errors
    assert "此操作无法撤销" in form.text
    await slack.deliver()

    after = await everything(slack)
    for planted in ("韩梅梅", "13912345678", "Zebra crossing", "Forget", "139 1234 5678"):
        assert planted not in after
        assert planted not in caplog.text
    assert [row.number for row in await slack.rows(Loan)] == ["A-1"]
    people = {row.id for row in await slack.rows(Borrower)}
    assert {row.borrower_id for row in await slack.rows(SearchTerm)} == people
    assert "A-77" not in "".join(slack.texts(slack.agent))
    assert "This was about a record that is deleted." in slack.texts(slack.agent)
    assert "There is no loan" in (await slack.command(slack.agent, "/loan 韩梅梅")).text
    noted = {(row.table_name, row.id, row.why) for row in await slack.rows(ErasedRecord)}
    assert noted == {("loan", loan.id, "request"), ("borrower", loan.borrower_id, "request")}
    (row,) = await slack.rows(PersonRequest)
    assert (row.state, row.proof, row.loan_id, row.words_cipher) == ("answered", "document", None, None)
    entries = {entry.act: entry.details for entry in await slack.rows(AuditEntry)}
    assert (entries["retention_deleted"]["kind"], entries["retention_deleted"]["count"]) == ("application", 1)
    assert entries["erase_person"]["deleted"] == 1


async def test_what_must_be_kept_stays_and_is_not_used(slack: Slack) -> None:
    gone = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="closed")
    for number, stage in (("A-2", "application"), ("A-3", "closed")):
        await make_loan(
            slack.office, slack.workspace, number, owner=slack.agent, stage=stage, borrower_id=gone.borrower_id
        )
    await slack.command(slack.agent, "/loan edit A-3 state dispute")
    await enter(slack, slack.agent, **ERASE)
    form = await open_erasure(slack)
    for line in ("A-2 · the loan has not ended", "A-3 · a dispute is open", "A-3: kept and not used"):
        assert line in form.text
    assert not (await form.submit()).errors
    assert [row.number for row in await slack.rows(Loan)] == ["A-2", "A-3"]
    assert "Tell the person what stays" in form.text
    states = [(row.code, row.undone_at) for row in await slack.rows(ContactState)]
    assert states == [("dispute", None), ("restricted", None)]
    card = await slack.card(slack.agent, "A-3")
    assert "use restricted" in card.text
    assert "use restricted" not in (await slack.card(slack.agent, "A-2")).text

    page = shown(await slack.press(slack.agent, card, "Contact rules"))
    assert buttons(page).count("End it") == 1
    page = shown(await slack.press(slack.compliance, await slack.card(slack.compliance, "A-3"), "Contact rules"))
    assert buttons(page).count("End it") == 2
    refused = (await slack.command(slack.agent, "/loan edit A-2 state restricted")).text
    assert "compliance" in refused.lower()


async def test_a_person_around_a_loan_is_erased_and_the_notes_stay(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    await slack.command(slack.agent, "/loan-note A-1 Zebra")
    await enter(slack, slack.agent, **{"Of whom": "spouse 韩梅梅", **ERASE})
    assert "13900139000" in await everything(slack)
    form = await open_erasure(slack)
    assert "a person around A-1; the notes on it stay" in form.text
    assert not (await form.submit()).errors
    after = await everything(slack)
    assert "韩梅梅" not in after
    assert "13900139000" not in after
    assert await slack.rows(RelatedPerson) == []
    assert len(await slack.rows(LoanNote)) == 1
    assert "nothing here" in (await requests(slack)).text


async def test_what_was_not_shown_is_not_deleted_and_of_two_one_erases(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="closed")
    await enter(slack, slack.agent, **{"What they want": "erase it"})
    await slack.change(slack.other, roles="agent compliance")
    slow = await open_erasure(slack, who="UOTHER")
    form = await open_erasure(slack)
    assert "Say first how" in str((await form.submit()).errors)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, borrower_id=loan.borrower_id)
    await form.fill("How they proved who they are", "showed an identity document")
    assert "no longer what was shown" in str((await form.submit()).errors)
    form = await open_erasure(slack)
    await form.fill("How they proved who they are", "showed an identity document")
    assert not (await form.submit()).errors
    await slow.fill("How they proved who they are", "showed an identity document")
    assert "answered or changed meanwhile" in str((await slow.submit()).errors)
    assert [row.number for row in await slack.rows(Loan)] == ["A-2"]


async def test_nothing_goes_under_a_hold_or_before_another_request_is_answered(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="closed")
    await slack.press(slack.compliance, await slack.card(slack.compliance), "Legal hold")
    hold = slack.sandbox.modal_of("UCOMPLIANCE")
    await hold.fill("Reason", "Court")
    await hold.submit()
    await enter(slack, slack.agent, **ERASE)
    form = await open_erasure(slack)
    assert "A-1 · a legal hold" in form.text
    assert not (await form.submit()).errors
    assert [row.number for row in await slack.rows(Loan)] == ["A-1"]
    await enter(slack, slack.agent, **ERASE)
    await enter(slack, slack.agent)
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("Data requests")
    listed = slack.sandbox.modal_of("UCOMPLIANCE")
    await listed.press("Erase")
    assert "Another request of this person is open" in slack.sandbox.modal_of("UCOMPLIANCE").text


@pytest.mark.parametrize(
    ("asked", "said"), [("restrict its use", "barred on 1 loan"), ("withdraw consent", "1 consent is")]
)
async def test_an_answer_restricts_or_ends_what_was_agreed_to(slack: Slack, asked: str, said: str) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, page, "Enter a consent")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("The borrower", "asked to be called")
    await form.submit()
    await enter(slack, slack.agent, **{**ERASE, "What they want": asked})
    assert said in await decide(slack)
    (consent,) = await slack.rows(ContactConsent)
    assert (consent.withdrawn_at is not None) is (asked == "withdraw consent")
    assert ("use restricted" in (await slack.card(slack.agent)).text) is (asked == "restrict its use")
    await slack.sandbox.modal_of("UCOMPLIANCE").press("Undo")
    (consent,) = await slack.rows(ContactConsent)
    assert consent.withdrawn_at is None
    assert "use restricted" not in (await slack.card(slack.agent)).text
