"""An instalment has one reminder; a second one only after arrears or a promise that was not kept. Now is Wednesday 25 Nov."""

import pytest

from storage.tables import FollowUp, Loan
from tests.imports import bring_money
from tests.wire.office_day import Slack
from tests.wire.repaying import disbursed, give_schedule, pay

ROWS = "2026-11-10 1000.00\n2026-12-10 1000.00\n2027-01-12 1000.00"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent; the first of three instalments was paid on its day, before the desk knew of the loan."""
    loan = await disbursed(slack)
    await give_schedule(slack, ROWS, Paid_until="2026-11-10")
    return loan


async def reminders(slack: Slack) -> list[str]:
    """Return the days of the open reminders of instalments."""
    rows = [row for row in await slack.rows(FollowUp) if row.purpose == "repayment" and row.state == "open"]
    return sorted(row.due_on.isoformat() for row in rows)


async def test_a_promise_that_was_kept_makes_no_second_reminder(slack: Slack, loan: Loan) -> None:
    assert await reminders(slack) == ["2026-12-07"]
    await slack.command(slack.agent, "/loan-call A-1 promised 1000 > 27 nov")
    assert await reminders(slack) == []
    await slack.at("2026-11-27 10:00")
    await pay(slack, "1000", "2026-11-27")
    assert await reminders(slack) == ["2027-01-07"]


@pytest.mark.parametrize("paid", ["", "400"])
async def test_after_a_promise_that_was_broken_or_partly_kept_the_next_instalment_has_two(
    slack: Slack, loan: Loan, paid: str
) -> None:
    await slack.command(slack.agent, "/loan-call A-1 promised 1000 > 27 nov")
    await slack.at("2026-11-27 10:00")
    if paid:
        await pay(slack, paid, "2026-11-27")
    await slack.at("2026-12-01 09:00")
    await pay(slack, "600" if paid else "1000", "2026-12-01")
    assert await reminders(slack) == ["2027-01-07", "2027-01-11"]


async def test_a_promise_about_an_instalment_past_due_is_of_arrears_though_it_was_kept(slack: Slack) -> None:
    await disbursed(slack)
    await give_schedule(slack, ROWS)
    await slack.command(slack.agent, "/loan-call A-1 promised 1000 > 27 nov")
    await slack.at("2026-11-27 10:00")
    await pay(slack, "1000", "2026-11-27")
    assert await reminders(slack) == ["2026-12-07", "2026-12-09"]


@pytest.mark.parametrize(("promised", "days"), [("4 dec", ["2027-01-07"]), ("26 nov", ["2027-01-07", "2027-01-11"])])
async def test_a_file_of_payments_plans_them_by_the_same_rule(
    slack: Slack, loan: Loan, promised: str, days: list[str]
) -> None:
    await slack.command(slack.agent, f"/loan-call A-1 promised 1000 > {promised}")
    await slack.at("2026-12-02 09:00")
    await bring_money(
        slack.office, slack.workspace, "number,paid on,amount,currency,reference", "A-1,2026-12-02,1000.00,CNY,P-1"
    )
    assert await reminders(slack) == days
