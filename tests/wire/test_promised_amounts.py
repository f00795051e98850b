"""The amount of a promise beside the call that asks for it. Now is Wednesday 10:00, and the promise is for Friday noon."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack

IN_ENGLISH = "promise to pay CN¥1,500.50"
IN_CHINESE = "承诺还款 ¥1,500.50"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, disbursed."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")


async def promise(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-call A-1 promised 1,500.50 fri 12:00")


async def listed(slack: Slack) -> str:
    answer = (await slack.command(slack.agent, "/loan-due week")).message
    assert answer is not None
    return answer.text


@pytest.mark.parametrize(("chinese", "words"), [(False, IN_ENGLISH), (True, IN_CHINESE)])
async def test_a_reminder_and_a_list_show_the_promised_amount(
    slack: Slack, loan: Loan, chinese: bool, words: str
) -> None:
    if chinese:
        await slack.in_chinese(slack.agent)
    await promise(slack)
    assert words in await listed(slack)

    await slack.at("2026-11-27 12:00")
    assert words in slack.texts(slack.agent)[-1].splitlines()[0]


async def test_an_attempt_keeps_the_amount_and_a_part_payment_ends_it(slack: Slack, loan: Loan) -> None:
    await promise(slack)
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    assert IN_ENGLISH in await listed(slack)
    await slack.command(slack.agent, "/loan-call A-1 part paid 500 > sat 12:00")
    assert "promise to pay · " in await listed(slack)


async def test_an_undone_promise_gives_the_earlier_amount_back(slack: Slack, loan: Loan) -> None:
    await promise(slack)
    answer = await slack.command(slack.agent, "/loan-call A-1 promised 2000 fri 15:00")
    assert "promise to pay CN¥2,000.00" in await listed(slack)
    assert answer.message is not None
    await slack.press(slack.agent, answer.message, "Undo")
    assert IN_ENGLISH in await listed(slack)
