"""Calls that rules plan: what begins them, what each says of itself, and what ends or replaces them. Now is Wednesday 10:00."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from desk.follow_ups.rule_plans import plan_for_stage, replan_instalment
from storage.engine.types import new_id
from storage.queries.loans import loans
from storage.tables import FollowUp, Loan, LoanTerms
from tests.builders import SHANGHAI, make_follow_up, make_loan, make_loan_in_arrears
from tests.imports import bring_in
from tests.wire.office_day import Slack, shown
from tests.wire.repaying import give_schedule


async def calls(slack: Slack, loan: Loan | None = None) -> list[tuple[str, str, str]]:
    """Return purpose, due time and state of the loan's follow-ups (None: of all)."""
    return [(row.purpose, due(row), row.state) for row in await rows(slack, loan)]


async def rows(slack: Slack, loan: Loan | None = None) -> list[FollowUp]:
    statement = select(FollowUp).order_by(col(FollowUp.number))
    async with slack.office.database.reading() as session:
        found = (await session.exec(statement.where(FollowUp.loan_id == loan.id) if loan else statement)).all()
    return list(found)


async def open_calls(slack: Slack, loan: Loan | None = None) -> list[tuple[str, str]]:
    return [(purpose, due) for purpose, due, state in await calls(slack, loan) if state == "open"]


def due(row: FollowUp) -> str:
    return f"{row.due_at.astimezone(SHANGHAI):%m-%d %H:%M}" if row.due_at else f"{row.due_on:%m-%d}"


async def a_loan(slack: Slack, stage: str, **values: Any) -> Loan:
    return await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, stage=stage, **values)


async def replan(slack: Slack, loan: Loan) -> None:
    async with slack.office.desk(slack.workspace) as desk:
        await replan_instalment(desk, await loans.lock(desk.session, loan.id))


async def test_an_inquiry_is_answered_within_two_working_hours_and_asked_again_after_two_and_seven_days(
    slack: Slack,
) -> None:
    reply = await slack.command(slack.agent, "/loan new 王小明 13800135678")
    assert "Next: conditions Wed 25 Nov 2026 12:00" in reply.text
    assert "By rule: an inquiry is answered within 2 working hours" in reply.text
    number = (await loan_of(slack)).number

    reached = await slack.command(slack.agent, f"/loan-call {number} reached")
    assert "By rule: an inquiry is asked again 2 days after the answer" in reached.text
    assert await open_calls(slack) == [("conditions", "11-27")]

    slack.clock.advance(days=2)
    await slack.command(slack.agent, f"/loan-call {number} reached")
    assert await open_calls(slack) == [("conditions", "12-02")]

    slack.clock.advance(days=5)
    last = await slack.command(slack.agent, f"/loan-call {number} reached")
    assert "Nothing is planned for this loan now. What's next?" in last.text


async def test_a_new_inquiry_is_undone_with_the_call_of_its_rule(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan new 王小明 13800135678")
    assert reply.message is not None
    undone = await slack.press(slack.agent, reply.message, "Undo")
    assert "Undone" in shown(undone).text
    assert await calls(slack) == [("conditions", "11-25 12:00", "undone")]


async def test_a_time_that_the_agent_chooses_takes_the_place_of_the_rules(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan new 王小明 13800135678")
    assert reply.message is not None
    assert "Another time?" in reply.text
    await slack.press(slack.agent, reply.message, "Thu 26 Nov 09:00")
    assert await open_calls(slack) == [("conditions", "11-26 09:00")]
    await slack.command(slack.agent, f"/loan-stage {(await loan_of(slack)).number} application")
    assert ("conditions", "11-26 09:00") in await open_calls(slack)


@pytest.mark.parametrize("outcome", ["refused", "withdrew"])
async def test_an_inquiry_that_is_refused_is_not_asked_again(slack: Slack, outcome: str) -> None:
    await slack.command(slack.agent, "/loan new 王小明 13800135678")
    await slack.command(slack.agent, f"/loan-call {(await loan_of(slack)).number} {outcome}")
    assert await open_calls(slack) == []


async def test_a_typed_next_call_takes_the_place_of_asking_again(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 王小明 13800135678")
    await slack.command(slack.agent, f"/loan-call {(await loan_of(slack)).number} reached > 27 nov 10:00 documents")
    assert await open_calls(slack) == [("documents", "11-27 10:00")]


async def test_the_stage_after_ends_what_the_rules_planned_for_the_one_before(slack: Slack) -> None:
    loan = await a_loan(slack, "application")
    await make_follow_up(slack.office, loan, slack.agent, purpose="other")
    await slack.command(slack.agent, "/loan-stage L-1 approved")
    reply = await slack.command(slack.agent, "/loan-stage L-1 signed")
    assert "Also closed: 1 open follow-up" in reply.text
    assert reply.message is not None
    assert await open_calls(slack, loan) == [("other", "11-25")]
    await slack.press(slack.agent, reply.message, "Undo")
    assert await open_calls(slack, loan) == [("other", "11-25"), ("decision", "11-25 14:00")]


async def test_a_call_that_a_person_moved_stays_when_the_stage_changes(slack: Slack) -> None:
    loan = await a_loan(slack, "application")
    await slack.command(slack.agent, "/loan-stage L-1 approved")
    moved = await slack.command(slack.agent, "/loan-follow L-1/1 move fri 15:00")
    assert "By rule" not in moved.text
    await slack.command(slack.agent, "/loan-stage L-1 signed")
    assert await open_calls(slack, loan) == [("decision", "11-27 15:00")]


async def test_a_payout_plans_the_repayment_plan_and_a_satisfaction_call_and_the_payoff_the_release(
    slack: Slack,
) -> None:
    loan = await a_loan(slack, "signed")
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    assert await open_calls(slack, loan) == [("plan", "11-30"), ("feedback", "12-02")]
    closed = await slack.command(slack.agent, "/loan-stage L-1 closed")
    assert "By rule: the lien is released within 3 working days of the payoff" in closed.text
    assert await open_calls(slack, loan) == [("release", "11-30 09:00")]


async def test_a_solved_problem_is_followed_by_a_satisfaction_call(slack: Slack) -> None:
    loan = await a_loan(slack, "disbursed")
    await make_follow_up(slack.office, loan, slack.agent, purpose="problem")
    await slack.command(slack.agent, "/loan-follow L-1/1 done")
    assert await open_calls(slack, loan) == [("feedback", "12-02")]


async def test_the_first_instalment_has_two_reminders_and_each_later_one_has_one(slack: Slack) -> None:
    loan = await a_loan(slack, "signed", due_day=15)
    await write_terms(slack, loan, date(2026, 12, 15))
    reply = await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    assert "By rule: a reminder 3 working days before the instalment" in reply.text
    assert await reminders(slack, loan) == ["12-10", "12-14"]

    await slack.command(slack.agent, "/loan-call L-1 paid")
    assert await reminders(slack, loan) == ["01-12"]


async def test_the_first_instalment_of_a_schedule_has_two_reminders_too(slack: Slack) -> None:
    loan = await a_loan(slack, "disbursed")
    await give_schedule(slack, "2026-12-15 1000\n2027-01-15 1000", "L-1")
    assert await reminders(slack, loan) == ["12-10", "12-14"]
    await slack.command(slack.agent, "/loan-call L-1 paid")
    assert await reminders(slack, loan) == ["01-12"]


async def test_a_schedule_of_which_a_part_is_paid_has_no_first_instalment_to_come(slack: Slack) -> None:
    loan = await a_loan(slack, "disbursed")
    await give_schedule(slack, "2026-11-15 1000\n2026-12-15 1000", "L-1", Paid_until="2026-11-20")
    assert await reminders(slack, loan) == ["12-10"]


async def test_a_file_that_brings_inquiries_and_applications_begins_with_the_calls_of_their_stages(
    slack: Slack,
) -> None:
    rows = "N-1,A,13800100001,inquiry,UAGENT\nN-2,B,13800100002,application,UAGENT\nN-3,C,13800100003,approved,UAGENT\n"
    await bring_in(slack.office, slack.workspace, "number,name,phone,stage,owner\n" + rows)
    assert await open_calls(slack) == [
        ("conditions", "11-25 12:00"),
        ("identity", "11-26 09:00"),
        ("documents", "11-27 09:00"),
    ]
    answer = await slack.command(slack.agent, "/loan N-2")
    assert "By rule: the documents of an application are complete within 2 working days" in answer.text
    reached = await slack.command(slack.agent, "/loan-call N-1 reached")
    assert "By rule: an inquiry is asked again 2 days after the answer" in reached.text


async def test_after_arrears_an_instalment_has_two_reminders(slack: Slack) -> None:
    loan = await make_loan_in_arrears(slack.office, slack.workspace, "L-1", owner=slack.agent, purposes=["overdue"])
    await slack.command(slack.agent, "/loan-call L-1 paid")
    assert await reminders(slack, loan) == ["12-07", "12-09"]


async def test_autopay_needs_no_reminder_and_a_failed_debit_a_call(slack: Slack) -> None:
    loan = await a_loan(slack, "signed", due_day=15, autopay=True)
    await write_terms(slack, loan, date(2026, 12, 15))
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    assert await reminders(slack, loan) == []
    await change(slack, loan, unpaid_since=date(2026, 11, 15))
    await replan(slack, loan)
    assert ("overdue", "11-25") in await open_calls(slack, loan)


async def test_a_promise_ends_the_reminders_of_its_instalment(slack: Slack) -> None:
    loan = await a_loan(slack, "signed", due_day=15)
    await write_terms(slack, loan, date(2026, 12, 15))
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    await slack.command(slack.agent, "/loan-call L-1 promised > 14 dec")
    assert [purpose for purpose, _ in await open_calls(slack, loan)] == ["plan", "feedback", "promise"]


async def test_a_reminder_that_a_person_moved_stays_when_the_due_day_changes(slack: Slack) -> None:
    loan = await a_loan(slack, "signed", due_day=15)
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    await slack.command(slack.agent, "/loan-follow L-1/1 move 11 dec")
    await change(slack, loan, due_day=20)
    await replan(slack, loan)
    assert await reminders(slack, loan) == ["12-11"]


async def test_another_due_day_moves_the_reminder_of_a_rule(slack: Slack) -> None:
    loan = await a_loan(slack, "signed", due_day=15)
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    await change(slack, loan, due_day=21)
    await replan(slack, loan)
    assert await reminders(slack, loan) == ["12-16"]


async def test_arrears_that_reach_the_next_bucket_get_its_rule_and_another_caller(slack: Slack) -> None:
    loan = await make_loan_in_arrears(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await replan(slack, loan)
    (first,) = await rows(slack, loan)
    assert (first.rule, first.assignee_id) == ("arrears", slack.collector.id)

    slack.clock.advance(days=47)
    await replan(slack, loan)
    assert [(row.rule, row.state) for row in await rows(slack, loan)] == [
        ("arrears", "cancelled"),
        ("arrears_m3", "open"),
    ]
    assert (await rows(slack, loan))[-1].assignee_id == slack.manager.id
    card = await slack.command(slack.agent, "/loan L-1")
    assert "By rule, urgent: arrears have reached M3, 61 days past due, and the manager takes over" in card.text


async def test_a_call_about_arrears_is_repeated_as_often_as_its_rule_says(slack: Slack) -> None:
    loan = await make_loan_in_arrears(slack.office, slack.workspace, "L-1", owner=slack.collector)
    await replan(slack, loan)
    for _ in range(6):
        await slack.command(slack.collector, "/loan-call L-1 reached overdue")
        slack.clock.advance(days=3)
    assert [row.state for row in await rows(slack, loan)] == ["done"] * 5


async def test_the_reason_is_on_the_reminder_and_the_card_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan 新 王小明 13800135678")
    card = await slack.command(slack.agent, f"/loan {(await loan_of(slack)).number}")
    assert "系统安排：新咨询须在 2 个工作小时内答复" in card.text


async def test_running_the_rules_again_changes_nothing(slack: Slack) -> None:
    loan = await a_loan(slack, "application", due_day=15)
    await write_terms(slack, loan, date(2026, 12, 15))
    for stage in ("application", "approved", "signed", "disbursed"):
        if stage != "application":
            await slack.command(slack.agent, f"/loan-stage L-1 {stage}")
        before = await run_rules(slack, loan.id)
        assert await run_rules(slack, loan.id) == before
    triggers = [row.rule_trigger for row in await rows(slack, loan) if row.state == "open"]
    assert len(triggers) == len(set(triggers))


async def run_rules(slack: Slack, loan_id: UUID) -> list[tuple[UUID, int, str]]:
    async with slack.office.desk(slack.workspace) as desk:
        await plan_for_stage(desk, await loans.lock(desk.session, loan_id))
    return [(row.id, row.version, row.state) for row in await rows(slack)]


async def reminders(slack: Slack, loan: Loan) -> list[str]:
    return sorted((due for purpose, due in await open_calls(slack, loan) if purpose == "repayment"), key=_by_year)


def _by_year(day: str) -> tuple[bool, str]:
    return day < "11", day


async def write_terms(slack: Slack, loan: Loan, first_due_on: date) -> None:
    async with slack.office.database.transaction() as session:
        session.add(LoanTerms(id=new_id(), workspace_id=loan.workspace_id, loan_id=loan.id, first_due_on=first_due_on))


async def change(slack: Slack, loan: Loan, **values: Any) -> None:
    async with slack.office.database.transaction() as session:
        row = await session.get_one(Loan, loan.id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


async def loan_of(slack: Slack) -> Loan:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Loan))).one()
