"""What is due next is planned each day without anybody touching the loan. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date

import pytest
from sqlmodel import col, select

from desk.core.values import LoanRef
from desk.follow_ups import replanning
from desk.follow_ups.quiet_periods import record_quiet
from storage.tables import FollowUp, Loan, Member, Replanning
from tests.builders import make_loan, make_loan_in_arrears
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.repaying import disbursed, form_of, give_schedule, pay


async def calls(slack: Slack, loan: Loan | None = None) -> list[tuple[str, str, str]]:
    """Return rule or purpose, due date and state of the follow-ups of a loan (None: of all)."""
    return [(row.rule or row.purpose, f"{row.due_on:%m-%d}", row.state) for row in await rows(slack, loan)]


async def rows(slack: Slack, loan: Loan | None = None) -> list[FollowUp]:
    statement = select(FollowUp).order_by(col(FollowUp.loan_id), col(FollowUp.number))
    async with slack.office.database.reading() as session:
        found = (await session.exec(statement.where(FollowUp.loan_id == loan.id) if loan else statement)).all()
    return list(found)


async def open_calls(slack: Slack, loan: Loan | None = None) -> list[tuple[str, str]]:
    return [(rule, due) for rule, due, state in await calls(slack, loan) if state == "open"]


async def holder(slack: Slack, loan: Loan) -> Member:
    """Return who holds the open call of a loan."""
    (row,) = [row for row in await rows(slack, loan) if row.state == "open"]
    return next(each for each in slack.people.values() if each.id == row.assignee_id)


async def test_an_instalment_that_falls_past_due_gets_its_call_and_each_bucket_its_own(slack: Slack) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-12-10 1000\n2027-01-10 1000")
    await slack.at("2026-12-10 09:00")
    assert await open_calls(slack, loan) == [("instalment", "12-07"), ("instalment_eve", "12-09")]
    await slack.at("2026-12-11 00:01")
    assert await open_calls(slack, loan) == [("arrears", "12-11")]
    assert await holder(slack, loan) == slack.collector
    await slack.at("2027-01-09 23:59")
    assert await open_calls(slack, loan) == [("arrears", "12-11")]
    await slack.at("2027-01-10 00:01")
    assert await open_calls(slack, loan) == [("arrears_m2", "01-11")]
    await slack.at("2027-02-09 00:01")
    assert await open_calls(slack, loan) == [("arrears_m3", "02-11")], "after the holidays"
    assert await holder(slack, loan) == slack.manager
    card = await slack.command(slack.agent, "/loan A-1")
    assert "By rule, urgent: arrears have reached M3, 61 days past due, and the manager takes over" in card.text
    assert [state for _, _, state in await calls(slack, loan)] == ["cancelled"] * 4 + ["open"]


async def test_arrears_that_the_lender_tells_of_reach_their_buckets_too(slack: Slack) -> None:
    by_due_day = await make_loan_in_arrears(slack.office, slack.workspace, "L-1", owner=slack.agent)
    without = await disbursed(slack, "L-2", unpaid_since=date(2026, 11, 9))
    await slack.at("2026-12-09 00:05")
    assert await open_calls(slack, by_due_day) == [("arrears", "12-09")], "no call had been planned"
    await slack.at("2026-12-11 00:05")
    assert await open_calls(slack, by_due_day) == [("arrears_m2", "12-11")]
    assert await open_calls(slack, without) == [("arrears_m2", "12-11")]


@pytest.mark.parametrize("due_day", [15, 31])
async def test_the_reminder_of_the_next_instalment_is_planned_once_the_last_one_has_passed(
    slack: Slack, due_day: int
) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, stage="signed", due_day=due_day)
    await slack.command(slack.agent, "/loan-stage L-1 disbursed")
    await slack.command(slack.agent, "/loan-call L-1 reached repayment")
    for day in ("2026-12-01 00:01", "2026-12-16 00:01", "2027-01-01 00:01"):
        await slack.at(day)
    reminders = [due for rule, due in await open_calls(slack) if rule == "instalment"]
    assert reminders == {15: ["01-12"], 31: ["12-28", "01-27"]}[due_day]


async def test_days_that_nobody_looked_at_are_made_up_for_at_the_next_start(slack: Slack) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-12-10 1000\n2027-01-10 1000")
    await slack.at("2027-03-01 12:00")
    assert await open_calls(slack, loan) == [("arrears_m3", "03-01")]


async def test_a_call_that_a_member_planned_or_moved_stays_and_no_other_is_planned(slack: Slack) -> None:
    moved, planned = await disbursed(slack, "A-1"), await disbursed(slack, "A-2")
    for number in ("A-1", "A-2"):
        await give_schedule(slack, "2026-11-10 1000\n2026-12-25 1000", number)
    await slack.command(slack.collector, "/loan-follow A-1/1 move 18 dec")
    await slack.command(slack.collector, "/loan-follow A-2/1 cancel")
    await slack.command(slack.collector, "/loan-follow A-2 18 dec overdue")
    await slack.at("2026-12-11 00:01")
    assert await open_calls(slack, moved) == [("overdue", "12-18")]
    assert await open_calls(slack, planned) == [("overdue", "12-18")]


async def test_an_open_promise_takes_the_place_of_the_rules_and_a_broken_one_does_not(slack: Slack) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-11-20 1000\n2027-01-10 1000")
    await slack.command(slack.collector, "/loan-call A-1 promised 1000 > 9 dec")
    await slack.at("2026-12-11 00:01")
    assert await open_calls(slack, loan) == [("promise", "12-09")]
    await slack.command(slack.collector, "/loan-call A-1 reached promise")
    await slack.at("2026-12-13 00:01")
    assert await open_calls(slack, loan) == []
    await slack.at("2026-12-14 00:01")
    assert await open_calls(slack, loan) == [("arrears", "12-14")]


async def test_a_promise_made_before_the_due_day_and_broken_is_followed_by_the_first_call_about_arrears(
    slack: Slack,
) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-12-01 1000\n2027-01-10 1000")
    await slack.command(slack.agent, "/loan-call A-1 promised repayment > 30 nov")
    await slack.command(slack.agent, "/loan-follow A-1 18 dec feedback")
    await slack.at("2026-12-02 00:01")
    assert await open_calls(slack, loan) == [("promise", "11-30"), ("feedback", "12-18")]
    await slack.command(slack.agent, "/loan-call A-1 reached promise")
    await slack.at("2026-12-03 00:01")
    assert await open_calls(slack, loan) == [("feedback", "12-18"), ("arrears", "12-03")]


async def test_a_promise_ends_the_reminders_of_its_instalment_also_once_it_was_asked_about(slack: Slack) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-12-04 1000\n2027-01-10 1000")
    assert await open_calls(slack, loan) == [("instalment", "12-01"), ("instalment_eve", "12-03")]
    await slack.command(slack.agent, "/loan-call A-1 promised repayment > 27 nov")
    await slack.command(slack.agent, "/loan-call A-1 reached promise")
    await pay(slack, "1")
    assert await open_calls(slack, loan) == []


async def test_the_days_of_a_pause_do_not_count_and_its_end_is_noticed(slack: Slack) -> None:
    loan = await disbursed(slack)
    await give_schedule(slack, "2026-11-10 1000\n2027-01-10 1000")
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await fill(form, {"Kind": "extension", "Until before": "2026-12-05", "Reason": "flood"})
    await form.submit()
    assert [rule for rule, _ in await open_calls(slack, loan)] == ["pause"]
    await slack.at("2026-12-05 00:01")
    assert "arrears" in dict(await open_calls(slack, loan))
    await slack.at("2026-12-20 00:01")
    assert "arrears" in dict(await open_calls(slack, loan)), "40 days less 10 of the pause"
    await slack.at("2026-12-21 00:01")
    assert "arrears_m2" in dict(await open_calls(slack, loan))


async def test_what_a_quiet_period_cancelled_is_planned_again_at_its_end(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    await slack.command(slack.agent, "/loan-stage A-1 approved")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await record_quiet(desk, loan=LoanRef("A-1", "A-1"), until=date(2026, 12, 10))
    assert await open_calls(slack, loan) == []
    await slack.at("2026-12-09 00:01")
    assert await open_calls(slack, loan) == []
    await slack.at("2026-12-10 00:01")
    assert await open_calls(slack, loan) == [("approved", "12-10")]


async def test_a_worker_that_is_killed_goes_on_and_two_at_once_plan_each_call_once(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replanning, "BATCH", 2)
    for n in range(5):
        await disbursed(slack, f"A-{n}")
        await give_schedule(slack, "2026-12-10 1000\n2027-01-10 1000", f"A-{n}")
    slack.clock.advance(days=16)
    async with slack.office.desk(slack.workspace) as desk:
        assert await replanning.replan_loans(desk), "the loans are listed"
    with pytest.raises(RuntimeError):
        await killed(slack)
    async with slack.office.desk(slack.workspace) as first:
        assert await replanning.replan_loans(first)
        if not slack.office.database.is_sqlite:  # it has one writer
            async with slack.office.desk(slack.workspace) as second:
                assert await replanning.replan_loans(second)
    await slack.deliver()
    await slack.deliver()
    assert await open_calls(slack) == [("arrears", "12-11")] * 5
    assert len(await rows(slack)) == 15
    assert await waiting(slack) == []


async def killed(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace) as desk:
        await replanning.replan_loans(desk)
        raise RuntimeError("killed in the first batch")


async def waiting(slack: Slack) -> list[Replanning]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(Replanning))).all())
