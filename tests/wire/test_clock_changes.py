"""Clock changes, scheduled and accidental: each reminder and each digest comes once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = "0123456"


@pytest.fixture(autouse=True)
def no_limits(slack: Slack) -> None:
    """Disable rate limits, which run on real time, while a night in these tests takes a second."""
    slack.sandbox.limits.enabled = False


@pytest.mark.parametrize("night", ["2026-10-25", "2027-03-28"], ids=["an hour twice", "an hour skipped"])
async def test_reminders_and_digests_come_once_in_a_night_with_a_clock_change(slack: Slack, night: str) -> None:
    midnight = datetime.fromisoformat(f"{night}T00:00:00").replace(tzinfo=BERLIN)
    slack.clock.set(midnight - timedelta(hours=5))
    await lives_in_berlin(slack)
    await slack.command(slack.agent, "/loan-digest 02:30")
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    start = midnight.astimezone(UTC)
    slack.clock.set(start)
    due = [start + timedelta(minutes=20 * n) for n in range(15)]
    for instant in due:
        await make_follow_up(slack.office, loan, slack.agent, due_at=instant)
    await make_follow_up(slack.office, loan, slack.agent, due_on=date.fromisoformat(night), remind_at=due[-1])

    said_at: list[datetime] = []
    digests: list[datetime] = []
    for _ in range(36):
        before = len(said(slack))
        await slack.deliver()
        for text in said(slack)[before:]:
            (digests if is_digest(text) else said_at).append(slack.clock.now())
        slack.clock.advance(minutes=10)

    assert said_at == sorted([*due, due[-1]])
    [digest] = digests
    assert digest.astimezone(BERLIN).date() == date.fromisoformat(night)


async def test_reminders_and_digests_come_once_when_the_clock_is_set_back(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-digest 10:20")
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    start = slack.clock.now()
    for n in range(12):
        await make_follow_up(slack.office, loan, slack.agent, due_at=start + timedelta(minutes=10 * n))
    await for_minutes(slack, 60)
    assert len(reminders(slack)) == 7

    slack.clock.advance(hours=-1)
    await make_follow_up(slack.office, loan, slack.agent, number=90, due_at=start + timedelta(minutes=15))
    slack.sandbox.faults.next("chat.postMessage", "429", retry_after=1)
    await for_minutes(slack, 20)
    assert len(reminders(slack)) == 8, "what was planned since comes at its time"
    await for_minutes(slack, 120)

    assert len(reminders(slack)) == 13
    assert len(said(slack)) - len(reminders(slack)) == 1, "one digest"
    assert max(Counter(message.ts for message in slack.sandbox.messages(slack.sandbox.dm("UAGENT"))).values()) == 1


async def lives_in_berlin(slack: Slack) -> None:
    """Make the agent work in Berlin, every day."""
    await slack.change(slack.agent, zone="Europe/Berlin", working_days=EVERY_DAY)


async def for_minutes(slack: Slack, minutes: int) -> None:
    """Run the worker's rounds, five minutes apart."""
    for _ in range(0, minutes + 1, 5):
        await slack.deliver()
        slack.clock.advance(minutes=5)
    slack.clock.advance(minutes=-5)


def said(slack: Slack) -> list[str]:
    return [message.text for message in slack.sandbox.messages(slack.sandbox.dm("UAGENT"))]


def reminders(slack: Slack) -> list[str]:
    return [text for text in said(slack) if not is_digest(text)]


def is_digest(text: str) -> bool:
    return "please call about" not in text
