"""The database is restored from a backup: no message is repeated, and posted messages are corrected.

Each restore is into tables without rows; `tests/bot/test_backup.py` restores into databases without tables.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlmodel import col, select

from bot.commands import backup, restore
from bot.manifest import manifest
from bot.service import Service, open_service
from desk.core.values import LoanRef
from desk.follow_ups.collection_steps import enter_step
from desk.messages.reminders import announce_due
from sandbox.server import Sandbox
from storage.tables import Escalation, Member, Notice, Promise
from tests.builders import make_call, make_follow_up, make_loan
from tests.clocks import FrozenClock
from tests.wire.conftest import settings_for
from tests.wire.office_day import SIGNING_SECRET, TOKEN, Slack

SILENT = Console(file=StringIO(), markup=False)


@pytest.fixture
def clock() -> FrozenClock:
    """A working morning in the past: the sandbox's messages have real times, and the search for them starts here."""
    return FrozenClock(datetime.fromisoformat("2026-03-04T10:00:00+08:00"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.jsonl.gz"


@pytest.fixture(autouse=True)
def slack_knows_no_repeats(sandbox: Sandbox) -> None:
    """Disable Slack's own deduplication, so that the desk has to find its messages."""
    sandbox.api.dedupe_client_msg_id = False


async def backed_up(slack: Slack, file: Path) -> None:
    assert await backup.run(slack.service.settings, file, SILENT, slack.clock) == 0


async def brought_back(slack: Slack, file: Path, url: str) -> Slack:
    """Replace the desk with one that works on the restored backup."""
    assert await restore.run(settings_for(slack.sandbox, url), file, SILENT, slack.clock) == 0
    return await restarted(slack, url)


async def restarted(slack: Slack, url: str) -> Slack:
    """Replace the desk with one that works on another database."""
    await slack.service.close()
    service = await open_service(settings_for(slack.sandbox, url), slack.clock)
    await service.serve()
    written = manifest(f"http://127.0.0.1:{service.port}")
    slack.sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN)
    return replace(slack, service=service)


async def rounds(slack: Slack, minutes: int = 10) -> None:
    for _ in range(minutes):
        await slack.deliver()
        slack.clock.advance(minutes=1)


def standing(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """Count each text in each conversation."""
    return Counter(
        (channel.id, message.text)
        for channel in sandbox.workspace.channels.values()
        for message in sandbox.messages(channel)
    )


def heard(slack: Slack) -> list[str]:
    """Return the messages to the managers and to the second level, and of steps, by their times in Slack."""
    steps = [post for post in slack.posts(slack.agent) if "visit" in post.text]
    unanswered = [post for post in slack.posts(slack.admin) if "L-" in post.text]
    return [post.ts for post in (*slack.posts(slack.manager_channel), *unanswered, *steps)]


async def follow_up_due(slack: Slack, number: str, member: Member, due_at: datetime) -> None:
    loan = await make_loan(slack.office, slack.workspace, number, owner=member)
    await make_follow_up(
        slack.office, loan, member, purpose="documents", due_at=due_at, escalate_at=due_at + timedelta(hours=4)
    )


async def promise_broken_and_due(slack: Slack) -> None:
    """On L-3 a promise was broken, and another one is about to be."""
    loan = await make_loan(slack.office, slack.workspace, "L-3", owner=slack.agent, stage="disbursed")
    made = [await make_call(slack.office, loan, slack.agent, outcome="promised") for _ in range(2)]
    async with slack.office.database.transaction() as session:
        for call, state in zip(made, ("broken", "open"), strict=True):
            about = {
                "workspace_id": slack.workspace.id,
                "loan_id": loan.id,
                "call_id": call.id,
                "at": slack.clock.now(),
            }
            session.add(Promise(**about, due_on=date(2026, 3, 3), state=state))


async def test_messages_sent_after_the_backup_are_not_sent_again(slack: Slack, file: Path, spare_url: str) -> None:
    slack.sandbox.limits.enabled = False
    now = slack.clock.now()
    await follow_up_due(slack, "L-1", slack.agent, now)
    await follow_up_due(slack, "L-2", slack.agent, now + timedelta(minutes=30))
    for number in range(10, 17):
        await follow_up_due(slack, f"L-{number}", slack.other, now + timedelta(minutes=40))
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.collector.id)).next_digest_at = now + timedelta(minutes=50)
    await slack.deliver()
    await backed_up(slack, file)

    slack.clock.advance(minutes=29)
    for _ in range(40):  # announced in the minute in which it falls due, as the worker does
        slack.clock.advance(minutes=1)
        await slack.deliver()
    slack.clock.advance(hours=5)
    await slack.deliver()  # the managers hear of what nobody did
    before = standing(slack.sandbox)
    assert len(before) >= 5, before

    again = await brought_back(slack, file, spare_url)
    await rounds(again)
    again.clock.advance(hours=5)
    await rounds(again)

    assert standing(slack.sandbox) == before
    assert await _unsettled(again.service) == []
    message = next(m for m in slack.sandbox.messages(slack.sandbox.dm("UAGENT")) if "L-2" in m.text)
    pressed = await again.press(again.agent, message, "reached")
    assert pressed.error == ""
    await rounds(again, 2)
    shown = slack.sandbox.messages(slack.sandbox.dm("UAGENT"))
    assert "reached" in next(m.text for m in shown if m.ts == message.ts)
    await again.service.close()


async def test_escalations_of_the_worker_are_not_told_again_on_either_level(
    slack: Slack, file: Path, spare_url: str
) -> None:
    slack.sandbox.limits.enabled = False
    await follow_up_due(slack, "L-1", slack.agent, slack.clock.now())
    loan = await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, stage="disbursed")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        visited = LoanRef(loan.number, loan.number)
        await enter_step(desk, loan=visited, kind="visit", done=False, on=date(2026, 3, 4), who=None, note="")
    await promise_broken_and_due(slack)
    await backed_up(slack, file)
    for _ in range(6):
        await slack.later(days=1)
    before = heard(slack)
    assert len(before) == 7, "of each the managers and the second level, and the reminder of the step"

    again = await brought_back(slack, file, spare_url)
    await rounds(again, 2)
    for _ in range(4):
        await again.later(days=1)
    await rounds(again, 2)
    assert heard(again) == before
    assert {row.kind for row in await again.rows(Escalation)} == {"late", "missed_step", "promise_broken_twice"}
    assert await _unsettled(again.service) == []
    await again.service.close()


async def test_escalations_by_what_members_do_again_are_not_told_again(
    slack: Slack, file: Path, spare_url: str
) -> None:
    now = slack.clock.now()
    loans = [await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent) for n in (1, 2)]
    loans += [await make_loan(slack.office, slack.workspace, "L-3", owner=slack.agent, stage="application")]
    await make_follow_up(slack.office, loans[0], slack.agent, purpose="documents", due_at=now, snoozes=2)
    await make_follow_up(slack.office, loans[1], slack.agent, purpose="income", due_at=now + timedelta(hours=2))
    await make_follow_up(slack.office, loans[2], slack.verifier, due_at=now + timedelta(hours=2))
    unreached = await make_loan(slack.office, slack.workspace, "L-4", owner=slack.agent, stage="disbursed")
    later = now + timedelta(hours=2)
    await make_follow_up(slack.office, unreached, slack.agent, purpose="overdue", due_at=later, attempts=8)
    await slack.deliver()
    await backed_up(slack, file)
    slack.clock.advance(minutes=5)

    async def act(slack: Slack) -> None:
        reminder = next(post for post in slack.posts(slack.agent) if "L-1" in post.text)
        await slack.press(slack.agent, reminder, "In 1 hour")
        await slack.command(slack.agent, "/loan-call L-2 refused too expensive")
        await slack.command(slack.verifier, "/loan-call L-3 failed ID number differs")
        await slack.command(slack.agent, "/loan-call L-4 no answer")
        await rounds(slack, 2)

    await act(slack)
    before = heard(slack)
    assert len(before) == 4

    again = await brought_back(slack, file, spare_url)
    await rounds(again, 2)
    await act(again)
    assert heard(again) == before
    assert {row.kind for row in await again.rows(Escalation)} == {"snoozed", "refused", "check_failed", "no_contact"}
    taken = await again.press(again.manager, again.posts(again.manager_channel)[0], "我来处理")
    assert taken.error == ""
    await again.service.close()


async def test_a_notice_pending_in_the_backup_and_sent_since_is_found(slack: Slack, file: Path, spare_url: str) -> None:
    earlier = standing(slack.sandbox)
    await follow_up_due(slack, "L-1", slack.agent, slack.clock.now())
    async with slack.office.desk(slack.workspace) as desk:
        await announce_due(desk)
    await backed_up(slack, file)
    await slack.deliver()
    before = standing(slack.sandbox)
    assert len(before) == len(earlier) + 1

    again = await brought_back(slack, file, spare_url)
    await rounds(again, 3)

    assert standing(slack.sandbox) == before
    assert await _unsettled(again.service) == []
    await again.service.close()


async def test_a_message_that_shows_lost_changes_is_updated(slack: Slack, file: Path, spare_url: str) -> None:
    await follow_up_due(slack, "L-1", slack.agent, slack.clock.now())
    await slack.deliver()
    before = standing(slack.sandbox)
    await backed_up(slack, file)
    await slack.press(slack.agent, slack.sandbox.messages(slack.sandbox.dm("UAGENT"))[0], "reached")
    await slack.deliver()
    assert standing(slack.sandbox) != before

    again = await brought_back(slack, file, spare_url)
    await rounds(again, 3)

    assert standing(slack.sandbox) == before
    await again.service.close()


async def _unsettled(service: Service) -> list[str]:
    async with service.office.database.reading() as session:
        owed = select(Notice).where(col(Notice.owed_from).is_not(None) | col(Notice.gave_up_at).is_not(None))
        return [f"{row.key} {row.last_error}" for row in (await session.exec(owed)).all()]
