"""A call due on Wednesday at noon, its reminder and its row."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from sandbox.model import Message
from storage.tables import FollowUp, Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, who has their own reminder channel, with a call about income due at noon."""
    slack.sandbox.add_channel("agent", channel_id="CAGENT", kind="private", members=["UAGENT", "UMANAGER", "UOTHER"])
    slack.sandbox.join("CAGENT", "U0APPBOT")
    await slack.change(slack.agent, reminder_channel_id="CAGENT")
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="income", due_at=NOON)
    return loan


async def reminder(slack: Slack) -> Message:
    """Return the reminder that comes at noon."""
    await slack.at("2026-11-25 12:00")
    [post] = slack.posts("CAGENT")
    return post


async def follow_up(slack: Slack) -> FollowUp:
    """Return the current row of the call."""
    async with slack.office.database.reading() as session:
        return (await session.exec(select(FollowUp))).one()
