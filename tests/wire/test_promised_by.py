"""A promise to pay by a day is asked about on that day: on the line, behind an opener, and in the forms."""

from datetime import date

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1, disbursed, with an overdue call today."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", instalment_on=date(2026, 11, 10))
    return loan


@pytest.mark.parametrize(
    "typed",
    [
        "promised by friday",
        "promised 3000 by fri",
        "will pay no later than friday",
        "promised 3000 > by fri",
        "part paid 1500 before friday",
        "承诺还款 周五前",
        "承诺还款，3000，下次周五之前",
        "部分还款 1500 最迟周五",
        "承诺还款：周五前",
    ],
)
async def test_the_day_is_the_day_promised(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "Next: promise to pay Fri 27 Nov 2026" in reply.text


@pytest.mark.parametrize("typed", ["call back by friday", "reached > by fri", "约定回电 周五前"])
async def test_a_call_has_no_limit(slack: Slack, loan: Loan, typed: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-call A-1 {typed}")
    assert "Your line, to correct and send again:" in reply.text
    assert "2026-11-27" in reply.text


@pytest.mark.parametrize("typed", ["by friday", "周五前"])
async def test_in_the_form_of_a_call_and_of_the_rest(slack: Slack, loan: Loan, typed: str) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", "paid")
    await form.fill("Amount", "1000")
    await form.submit()
    await form.press("Part of it")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("The rest will be paid", typed)
    await form.submit()
    assert "promise to pay Fri 27 Nov 2026" in form.text


async def test_in_the_form_of_documents(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-docs")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Not on the list", "marriage certificate")
    await form.fill("By when", "周五前")
    await form.submit()
    assert "Fri 27 Nov 2026" in form.text
