"""A form that is refused speaks of its fields, and offers the times that were meant as buttons."""

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("call_back", "call back: when? Fill it in here."),
        ("promised", "promised: for which day? Fill it in here, so that we check then whether it was paid."),
    ],
)
async def test_a_missing_time_is_asked_for_at_its_field(slack: Slack, loan: Loan, outcome: str, said: str) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", outcome)
    await form.submit()
    assert form.errors == {"Next follow-up": said}


async def test_an_outcome_that_does_not_answer_this_follow_up_is_refused_without_the_colon(
    slack: Slack, loan: Loan
) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="plan")
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("Outcome", "confirmed")
    await form.fill("Follow-up this call answers", "1")
    await form.submit()
    (text,) = form.errors.values()
    assert "Choose another outcome, or another follow-up." in text
    assert "colon" not in text


async def test_two_readings_of_a_time_come_as_buttons_that_fill_the_field(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("When", "fri at 3")
    await form.fill("Note", "after lunch")
    await form.submit()
    assert "03:00" in form.errors["When"]

    await form.press("Fri 27 Nov 15:00")
    await form.submit()

    assert "Fri 27 Nov 2026 15:00" in form.text
    assert "after lunch" in form.text


async def test_in_chinese_too_and_for_the_next_call(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("贷款", "A-1", typed="A-1")
    await form.fill("通话结果", "call_back")
    await form.fill("下次跟进", "周五3点")
    await form.submit()
    assert "03:00" in form.errors["下次跟进"]

    await form.press("11月27日 周五 15:00")
    await form.submit()

    assert "2026年11月27日 周五 15:00" in form.text


async def test_a_day_whose_work_is_over_offers_the_next_one(slack: Slack, loan: Loan) -> None:
    await slack.at("2026-11-27 19:00")
    form = await slack.form(slack.agent, "/loan-follow")
    await form.fill("Loan", "A-1", typed="A-1")
    await form.fill("When", "today")
    await form.submit()
    assert "Work is over by then" in form.errors["When"]

    await form.press("Mon 30 Nov")
    await form.submit()

    assert "Mon 30 Nov 2026" in form.text
