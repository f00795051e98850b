"""What a loan should have for a stage: pointed out, or a must that a manager overrides with a reason. Now is Wednesday 10:00."""

from decimal import Decimal

import pytest
from sqlmodel import select

from handlers.messages.block_kit.translator import Translator
from handlers.messages.importing import explain_remark
from storage.tables import AuditEntry, Check, FollowUp, Loan, LoanTerms, StageChange
from tests.builders import SHANGHAI, make_follow_up, make_loan
from tests.imports import bring_in, remarks
from tests.wire.office_day import Slack, buttons, shown

HEAD = "number,name,phone,stage,owner\n"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, an application, whose employer the verifier is to check at 15:00."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    at = slack.clock.now().astimezone(SHANGHAI).replace(hour=15)
    await make_follow_up(slack.office, loan, slack.verifier, purpose="employer", due_at=at)
    async with slack.office.database.transaction() as session:
        (await session.get_one(Loan, loan.id)).amount = None
    return loan


async def row(slack: Slack, loan: Loan) -> Loan:
    async with slack.office.database.reading() as session:
        return await session.get_one(Loan, loan.id)


async def failed(slack: Slack) -> None:
    await slack.command(slack.verifier, "/loan-call A-1/1 failed: nobody knows her there")


async def test_what_is_missing_is_pointed_out(slack: Slack, loan: Loan) -> None:
    answer = await slack.command(slack.agent, "/loan-stage A-1 approved")
    lines = answer.text.splitlines()
    assert lines[0] == "A-1 · 王小明: application → approved"
    assert "Missing:" in lines
    assert "• checks not confirmed yet: identity" in lines
    assert "• the amount isn't known" in lines
    assert any(line.startswith("• documents not accepted yet: ID card, driving licence") for line in lines)
    assert (await row(slack, loan)).stage == "approved"


async def test_a_failed_check_holds_the_loan_up(slack: Slack, loan: Loan) -> None:
    await failed(slack)
    for stage in ("approved", "signed", "disbursed"):
        answer = await slack.command(slack.agent, f"/loan-stage A-1 {stage} all well")
        assert f"A-1 can't move to {stage} yet:" in answer.text
        assert "• failed, and no manager has decided: employer" in answer.text
        assert "A manager can move it all the same, with a reason." in answer.text
    await slack.in_chinese(slack.agent)
    answer = await slack.command(slack.agent, "/loan-stage A-1 已批")
    assert "核实不通过、主管尚未决定：单位" in answer.text
    assert (await row(slack, loan)).stage == "application"


@pytest.mark.parametrize("stage", ["declined", "withdrawn", "inquiry"])
async def test_a_loan_with_a_failed_check_can_end_or_go_back(slack: Slack, loan: Loan, stage: str) -> None:
    await failed(slack)
    await slack.move(slack.agent, f"A-1 {stage}")
    assert (await row(slack, loan)).stage == stage


async def test_confirming_it_later_does_not_lift_a_failed_check(slack: Slack, loan: Loan) -> None:
    await failed(slack)
    await slack.command(slack.agent, "/loan-follow A-1 today 3pm employer")
    await slack.command(slack.agent, "/loan-call A-1/2 confirmed")
    answer = await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert "no manager has decided" in answer.text


async def test_undoing_or_correcting_the_call_lifts_it(slack: Slack, loan: Loan) -> None:
    answer = await slack.command(slack.verifier, "/loan-call A-1/1 failed: wrong company")
    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Undo")
    await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert (await row(slack, loan)).stage == "approved"


async def test_a_manager_overrides_with_a_reason_which_decides_about_the_check(slack: Slack, loan: Loan) -> None:
    await failed(slack)
    answer = await slack.command(slack.manager, "/loan-stage A-1 approved")
    assert "You can move it all the same, with a reason: /loan-stage A-1 approved why" in answer.text
    answer = await slack.command(slack.manager, "/loan-stage A-1 approved I spoke to her boss")
    assert "Moved all the same, with your reason, although these are missing:" in answer.text
    async with slack.office.database.reading() as session:
        [check] = (await session.exec(select(Check))).all()
        [entry] = (await session.exec(select(AuditEntry).where(AuditEntry.act == "stage"))).all()
    assert check.decision == "go_on"
    assert entry.details["without"] == ["no_failed_check"]

    assert answer.message is not None
    await slack.press(slack.manager, answer.message, "Undo")
    async with slack.office.database.reading() as session:
        [check] = (await session.exec(select(Check))).all()
    assert check.decision is None
    assert (await row(slack, loan)).stage == "application"


async def test_a_decision_lets_the_agent_go_on(slack: Slack, loan: Loan) -> None:
    await failed(slack)
    card = await slack.command(slack.manager, "/loan A-1")
    assert card.message is not None
    found = shown(await slack.press(slack.manager, card.message, "Checks"))
    await slack.press(slack.manager, found, "Decide: employer check")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Decision", "the loan goes on")
    await form.fill("Reason", "Known to us")
    await form.submit()
    await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert (await row(slack, loan)).stage == "approved"


async def test_a_need_becomes_a_must_by_a_setting(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.open_home("UMANAGER")
    await slack.sandbox.home_of("UMANAGER").press("What stages need")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("No loan moves on without", ["an amount"])
    await form.fill("Checks planned for one verifier and day", 12)
    await form.submit()
    assert "12 checks a day are planned for a verifier." in form.text
    answer = await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert "A-1 can't move to approved yet:" in answer.text
    assert "• the amount isn't known" in answer.text
    assert "documents" not in answer.text

    await form.press("Undo")
    await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert (await row(slack, loan)).stage == "approved"


async def test_a_form_of_these_settings_that_is_older_than_they_are_is_refused(slack: Slack, loan: Loan) -> None:
    for who in ("UMANAGER", "UADMIN"):
        await slack.sandbox.open_home(who)
        await slack.sandbox.home_of(who).press("What stages need")
    first, second = slack.sandbox.modal_of("UMANAGER"), slack.sandbox.modal_of("UADMIN")
    await first.fill("Checks planned for one verifier and day", 12)
    await first.submit()
    await second.fill("No loan moves on without", ["an amount"])
    await second.submit()
    assert "The rules have changed since this form was opened." in second.errors["No loan moves on without"]
    await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert (await row(slack, loan)).stage == "approved"


async def test_calls_that_the_desk_planned_end_and_people_are_asked_about_theirs(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="inquiry")
    await slack.command(slack.agent, "/loan-stage A-2 application")
    await slack.command(slack.agent, "/loan-follow A-2 tomorrow 10am income")
    answer = await slack.command(slack.agent, "/loan-stage A-2 approved")
    assert "Also closed: 2 open follow-ups" in answer.text
    assert "• /1 identity check" in answer.text
    assert "Planned by people for the stages before. Still needed?" in answer.text
    assert answer.message is not None
    assert "Not needed: /3 income check" in buttons(answer.message)
    await slack.press(slack.agent, answer.message, "Not needed: /3 income check")
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).where(FollowUp.loan_id == loan.id))).all()
    assert {each.purpose for each in rows if each.state == "cancelled"} == {"identity", "income", "documents"}


async def test_a_file_is_taken_with_what_is_missing_listed_and_a_failed_check_escalated(
    slack: Slack, loan: Loan
) -> None:
    await failed(slack)
    await slack.deliver()
    outcome = await bring_in(slack.office, slack.workspace, HEAD + "A-1,王小明,13800135678,approved,UAGENT\n")
    assert (await row(slack, loan)).stage == "approved"
    assert remarks(outcome) == []
    said = [f"{each.number} {explain_remark(Translator('en'), each)}" for each in outcome.lacking]
    assert "A-1 stage: taken for approved, but missing: failed, and no manager has decided: employer" in said
    assert "A-1 stage: taken for approved, but missing: the amount isn't known" in said
    await slack.deliver()
    assert "资方数据已将此贷款改为已批，但有核实不通过：单位核实。" in slack.texts(slack.manager_channel)[-1]


async def test_an_approval_records_who_decided_the_amount_and_the_conditions(slack: Slack, loan: Loan) -> None:
    card = (await slack.command(slack.manager, "/loan A-1")).message
    assert card is not None
    await slack.press(slack.manager, card, "Next stage: approved")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Amount approved", "80,000")
    await form.fill("Conditions", "guarantor signs too")
    await form.submit()
    assert "application → approved" in form.text
    async with slack.office.database.reading() as session:
        [terms] = (await session.exec(select(LoanTerms))).all()
        [decision] = (await session.exec(select(StageChange).where(StageChange.to_stage == "approved"))).all()
    assert terms.approved_amount == Decimal("80000.00")
    assert (decision.by_id, decision.at) == (slack.manager.id, slack.clock.now())
    assert b"guarantor" not in (terms.conditions_cipher or b"")
    await form.press("Undo")
    async with slack.office.database.reading() as session:
        [terms] = (await session.exec(select(LoanTerms))).all()
        [decision] = (await session.exec(select(StageChange).where(StageChange.to_stage == "approved"))).all()
    assert (terms.approved_amount, terms.conditions_cipher) == (None, None)
    assert decision.undone_at is not None


async def test_a_form_older_than_the_stage_is_refused_and_keeps_what_was_typed(slack: Slack, loan: Loan) -> None:
    card = (await slack.command(slack.agent, "/loan A-1")).message
    assert card is not None
    await slack.press(slack.agent, card, "Next stage: approved")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Reason", "bank agreed")
    await slack.command(slack.manager, "/loan-stage A-1 declined")
    refused = await form.submit()
    assert "A-1 was moved meanwhile: @Manager" in str(refused.errors)
    assert "bank agreed" in str(form.values)
    assert (await row(slack, loan)).stage == "declined"


async def test_of_two_people_one_moves_it_and_the_other_is_told_who(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-stage A-1 approved")
    answer = await slack.command(slack.agent, "/loan-stage A-1 approved")
    assert "A-1 is already at approved, since Wed 25 Nov 10:00." in answer.text
    assert "<@UMANAGER> moved it there." in answer.text
