"""Calls with a payment: the settled instalment and the next one."""

from datetime import date
from typing import Any

import pytest

from desk.calls.outcomes import NextStep
from desk.core.transaction import Office
from desk.core.values import Due, LoanRef
from desk.follow_ups.assigning import assign_follow_up
from storage.tables import FollowUp, Loan, Workspace
from tests.builders import make_loan, make_member
from tests.desk.lins_desk import LinsDesk, desk10, due

__all__ = ["desk10"]


@pytest.fixture
async def repaying(desk10: LinsDesk, office: Office, workspace: Workspace) -> LinsDesk:
    """Add L-2000 to the desk: disbursed, with instalments due on the 15th."""
    desk10.loan = await make_loan(office, workspace, "L-2000", owner=desk10.lin, stage="disbursed", due_day=15)
    return desk10


async def test_a_payment_settles_its_instalment_and_plans_the_next_one(repaying: LinsDesk) -> None:
    reminder = await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid")
    assert await repaying.state(reminder) == "done"
    assert (answer.paid, answer.by_rule) == (date(2026, 12, 15), True)
    assert answer.planned is not None
    row = await repaying.row(FollowUp, answer.planned.follow_up.id)
    assert (row.purpose, row.instalment_on, row.due_on) == ("repayment", date(2027, 1, 15), date(2027, 1, 12))
    assert (await repaying.row(Loan, repaying.loan.id)).paid_through == date(2026, 12, 15)


async def test_a_payment_finishes_all_calls_about_its_instalment_and_no_others(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    collector = await make_member(office, workspace, "UCOLL", roles="collector")
    arrears = await repaying.follow_up("overdue", instalment_on=date(2026, 11, 15), assignee=collector)
    promise = await repaying.follow_up("promise", "2026-12-01", instalment_on=date(2026, 11, 15))
    typed = await repaying.follow_up("overdue", "2026-12-02")
    december = await repaying.follow_up("repayment", "2026-12-10", instalment_on=date(2026, 12, 15))
    walk_through = await repaying.follow_up("plan", "2026-12-03")
    problem = await repaying.follow_up("problem", "2026-11-25 17:00")

    answer = await repaying.says("paid")

    states = [await repaying.state(f) for f in (arrears, promise, typed, december, walk_through, problem)]
    assert states == ["done", "done", "done", "open", "open", "open"]
    assert answer.paid == date(2026, 11, 15)
    assert {f.number for f in answer.settled} | {answer.answered.number if answer.answered else 0} == {1, 2, 3}


async def test_a_payment_on_a_call_about_arrears_that_was_planned_by_hand_is_for_the_instalment_that_fell_due(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    december = await repaying.follow_up("repayment", "2026-12-10", instalment_on=date(2026, 12, 15))
    async with office.desk(workspace, repaying.lin) as desk:
        await assign_follow_up(
            desk,
            loan=LoanRef("L-2000", "L-2000"),
            who=None,
            due=Due(date(2026, 11, 25)),
            purpose="overdue",
            note="",
        )
    answer = await repaying.says("paid")
    assert answer.paid == date(2026, 11, 15)
    assert await repaying.state(december) == "open"


async def test_a_payment_of_arrears_leads_to_the_next_instalment_in_arrears(
    repaying: LinsDesk, office: Office, workspace: Workspace
) -> None:
    async with office.desk(workspace) as desk:
        (await desk.session.get_one(Loan, repaying.loan.id)).unpaid_since = date(2026, 10, 15)
    await repaying.follow_up("overdue", instalment_on=date(2026, 10, 15))
    first = await repaying.says("paid")
    loan = await repaying.row(Loan, repaying.loan.id)
    assert (first.paid, loan.paid_through, loan.unpaid_since) == (
        date(2026, 10, 15),
        date(2026, 10, 15),
        date(2026, 11, 15),
    )
    assert first.planned is not None
    assert first.planned.follow_up.purpose == "overdue"

    second = await repaying.says("paid")
    loan = await repaying.row(Loan, repaying.loan.id)
    assert (second.paid, loan.paid_through, loan.unpaid_since) == (date(2026, 11, 15), date(2026, 11, 15), None)
    assert second.planned is not None
    assert second.planned.follow_up.purpose == "repayment"


@pytest.mark.parametrize("values", [{"autopay": True}, {"due_day": None}])
async def test_the_desk_asks_for_the_next_step_when_no_instalment_is_planned(
    repaying: LinsDesk, office: Office, workspace: Workspace, values: dict[str, Any]
) -> None:
    repaying.loan = await make_loan(
        office, workspace, "L-3", owner=repaying.lin, stage="disbursed", **{"due_day": 15, **values}
    )
    follow_up = await repaying.follow_up("overdue")
    answer = await repaying.says("paid")
    assert await repaying.state(follow_up) == "done"
    assert answer.planned is None
    assert answer.asks


async def test_an_undone_payment_is_unpaid_again(repaying: LinsDesk) -> None:
    reminder = await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid")
    await repaying.undo(answer)
    assert (await repaying.row(Loan, repaying.loan.id)).paid_through is None
    assert await repaying.state(reminder) == "open"
    assert answer.planned is not None
    assert (await repaying.row(FollowUp, answer.planned.follow_up.id)).state == "undone"


async def test_a_typed_next_step_replaces_the_next_instalment(repaying: LinsDesk) -> None:
    await repaying.follow_up("repayment", instalment_on=date(2026, 12, 15))
    answer = await repaying.says("paid", next_step=NextStep(due("2026-11-27"), "feedback"))
    assert answer.planned is not None
    assert (answer.planned.follow_up.purpose, answer.by_rule) == ("feedback", False)
    assert not answer.still_open
