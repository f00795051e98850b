"""Slack is away for ten minutes: afterwards everything is sent, once, what is urgent first, and no faster than allowed."""

import time
from collections import Counter
from dataclasses import replace

import pytest

from bot.delivery.sender import Result
from storage.queries.messages.sending import channels_with_urgent
from tests.bot.delivery.conftest import FAST, Room
from tests.bot.delivery.killed_worker import FastClock
from tests.bot.delivery.test_engine import running
from tests.conftest import UNHURRIED

SPEED = 30
"""Speed of the desk's clock. Slack's limits and the engine's pace are multiplied by it."""


@pytest.mark.parametrize("minutes", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("fault", ["500", pytest.param("timeout", marks=pytest.mark.long)])
async def test_everything_is_sent_once_when_slack_is_back(room: Room, fault: str, minutes: int) -> None:
    sandbox = room.sandbox
    sandbox.api.dedupe_client_msg_id = False
    sandbox.limits.now, sandbox.limits.enabled = time.time, True
    sandbox.limits.posts_per_channel *= 5
    clock = FastClock(room.office.clock.now(), SPEED, time.time())
    object.__setattr__(room.office, "clock", clock)
    fault_at_large = sandbox.faults.next("chat.postMessage", fault, times=1_000_000)
    reminders = [f"reminder {n}" for n in range(6)]
    pace = replace(FAST, message_seconds=1.0 / 5)
    async with running(room, pace=pace, request_seconds=0.25 if fault == "timeout" else UNHURRIED):
        for member in (room.lin, room.admin):
            await room.owe("digest", key=f"digest {member.id}", to=member, urgent=False)
            for kind in reminders:
                await room.owe(kind, key=f"{kind} {member.id}", to=member)
        away_until = time.time() + minutes * 60 / SPEED
        await sandbox.wait_for(lambda: time.time() > away_until, timeout=120)
        assert room.shown() == room.shown("UADMIN") == []
        tried = 1_000_000 - fault_at_large.times
        sandbox.faults.clear()
        await sandbox.wait_for(lambda: len(room.shown() + room.shown("UADMIN")) == 14, timeout=60)
    for where in ("CLIN", "UADMIN"):
        assert Counter(room.shown(where)) == Counter([*reminders, "digest"])
        assert room.shown(where)[-1] == "digest"
    posts = sandbox.traffic.api_calls("chat.postMessage")
    assert [post for post in posts if post.status == 429] == []
    assert tried < 30 * minutes, "Slack was left alone"


async def test_a_digest_waits_for_a_reminder_that_slack_did_not_take(room: Room) -> None:
    room.sandbox.faults.next("chat.postMessage", "500")
    reminder = await room.owe()
    assert await room.sender().attempt(reminder) is Result.POSTPONED
    async with room.office.database.reading() as session:
        assert await channels_with_urgent(session, room.workspace.id, room.office.clock.now()) == {"CLIN"}
