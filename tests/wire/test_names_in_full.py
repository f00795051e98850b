"""What only its reader sees names the borrower in full; what a channel sees does not. Now is Wednesday 10:00."""

from datetime import UTC, datetime

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1 of the agent, with a call due at 10:05."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name="欧阳娜娜")
    await make_follow_up(slack.office, loan, slack.agent, due_at=datetime(2026, 11, 25, 2, 5, tzinfo=UTC))
    return loan


@pytest.mark.parametrize(
    "line",
    [
        "/loan-follow L-1 tomorrow 10:00 documents",
        "/loan-follow L-1/1 move tomorrow 15:00",
        "/loan-follow L-1/1 done",
        "/loan-follow L-1/1 cancel asked twice",
        "/loan-call L-1 no answer",
        "/loan-docs L-1 id",
        "/loan-note L-1 rings back",
        "/loan-stage L-1 approved",
        "/loan-due",
        "/loan-digest now",
        "/loan",
    ],
)
async def test_an_answer_names_the_borrower(slack: Slack, loan: Loan, line: str) -> None:
    reply = await slack.command(slack.agent, line)
    assert reply.ephemeral
    assert "欧阳娜娜" in reply.text
    assert "欧阳*" not in reply.text


async def test_a_refusals_choices_name_the_borrowers(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, name="欧阳修")
    refused = await slack.command(slack.agent, "/loan-call 欧阳 no answer")
    assert "• L-1 欧阳娜娜 ·" in refused.text
    assert "• L-2 欧阳修 ·" in refused.text


async def test_a_reminder_in_a_channel_stays_masked(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.agent, reminder_channel_id=slack.desk_channel)
    await slack.at("2026-11-25 10:05")
    [post] = slack.posts(slack.desk_channel)
    assert "L-1 · 欧阳* ·" in post.text
    assert "欧阳娜娜" in shown(await slack.press(slack.agent, post, "Open card")).text
    assert all("娜娜" not in text for text in slack.texts(slack.desk_channel))
