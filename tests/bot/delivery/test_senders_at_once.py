"""Two senders have the same notice in hand: one is overtaken, and one message is left."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from bot.delivery.sender import Result, Sender
from storage.queries.messages import notices
from storage.queries.messages.sending import LEASE
from storage.tables import Notice
from tests.bot.delivery.conftest import Room
from tests.clocks import FrozenClock


@pytest.fixture(params=[True, False], ids=["slack knows repeats", "slack knows no repeats"], autouse=True)
def knows_repeats(request: pytest.FixtureRequest, room: Room) -> None:
    """Where Slack honours the key, the second post is the first one's message."""
    room.sandbox.api.dedupe_client_msg_id = request.param


class Frozen:
    """A sender that stops just before a request to Slack, like a suspended process, until `wake`."""

    def __init__(self, room: Room, before: str) -> None:
        self.sender: Sender = room.sender()
        self._reached, self._woken = asyncio.Event(), asyncio.Event()
        calls: Any = self.sender._slack._client  # pyright: ignore[reportPrivateUsage]
        self._call: Callable[..., Any] = calls.api_call
        self._before = before
        calls.api_call = self._slow

    async def _slow(self, method: str, **arguments: Any) -> Any:
        if method == self._before:
            self._reached.set()
            await self._woken.wait()
        return await self._call(method, **arguments)

    async def freeze(self, notice_id: UUID) -> None:
        """Start an attempt, and stop."""
        self._attempt = asyncio.create_task(self.sender.attempt(notice_id))
        await self._reached.wait()

    async def wake(self) -> Result:
        """Go on."""
        self._woken.set()
        return await self._attempt


async def test_while_one_sends_the_other_does_nothing(room: Room) -> None:
    notice_id = await room.owe()
    frozen = Frozen(room, "chat.postMessage")
    await frozen.freeze(notice_id)
    assert await room.sender().attempt(notice_id) is Result.NOTHING_OWED
    assert await frozen.wake() is Result.POSTED
    assert room.shown() == ["reminder"]


async def test_one_that_wakes_after_another_has_posted_leaves_one_message(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    frozen = Frozen(room, "chat.postMessage")
    await frozen.freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    assert await room.sender().attempt(notice_id) is Result.POSTED
    await frozen.wake()
    assert room.shown() == ["reminder"]
    assert (await room.row(notice_id)).ts == room.messages()[0].ts


async def test_one_that_wakes_while_another_is_about_to_post_leaves_one_message(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    first, second = Frozen(room, "chat.postMessage"), Frozen(room, "chat.postMessage")
    await first.freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    await second.freeze(notice_id)
    assert await first.wake() is Result.POSTED
    await second.wake()
    await room.sender().attempt(notice_id)
    assert room.shown() == ["reminder"]
    row = await room.row(notice_id)
    assert (row.ts, row.owed_from, row.sent) == (room.messages()[0].ts, None, 1)


async def test_one_that_posts_while_another_looks_for_it_keeps_its_message(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    first, second = Frozen(room, "chat.postMessage"), Frozen(room, "conversations.history")
    await first.freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    await second.freeze(notice_id)
    assert await first.wake() is Result.POSTED
    await second.wake()
    await room.sender().attempt(notice_id)
    assert room.shown() == ["reminder"]
    row = await room.row(notice_id)
    assert (row.ts, row.owed_from) == (room.messages()[0].ts, None)


async def test_an_older_state_put_over_a_newer_one_is_put_right(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    await room.sender().attempt(notice_id)
    room.state["reminder"] = "snoozed"
    await touch(room, notice_id)
    frozen = Frozen(room, "chat.update")
    await frozen.freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    room.state["reminder"] = "done"
    await touch(room, notice_id)
    assert await room.sender().attempt(notice_id) is Result.UPDATED
    assert await frozen.wake() is Result.OVERTAKEN
    assert room.shown() == ["snoozed"]
    await room.sender().attempt(notice_id)
    assert room.shown() == ["done"]


async def test_one_that_wakes_after_its_matter_was_dropped_takes_its_message_back(
    room: Room, clock: FrozenClock
) -> None:
    notice_id = await room.owe()
    frozen = Frozen(room, "chat.postMessage")
    await frozen.freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    room.state["reminder"] = None
    assert await room.sender().attempt(notice_id) is Result.DROPPED
    assert await frozen.wake() is Result.OVERTAKEN
    assert room.shown() == []


async def test_a_process_that_died_before_posting_is_followed_by_another(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    await Frozen(room, "chat.postMessage").freeze(notice_id)
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert await room.sender().attempt(notice_id) is Result.NOTHING_OWED
    clock.advance(seconds=1)
    assert await room.sender().attempt(notice_id) is Result.POSTED
    assert room.shown() == ["reminder"]


async def test_a_process_that_died_after_posting_leaves_its_message_to_another(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    dying = room.sender()

    async def die(*_: object) -> bool:
        raise SystemExit

    dying._ledger.record_posted = die  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    with pytest.raises(SystemExit):
        await dying.attempt(notice_id)
    clock.advance(seconds=LEASE.total_seconds())
    assert await room.sender().attempt(notice_id) is Result.FOUND
    assert room.shown() == ["reminder"]
    assert (await room.row(notice_id)).ts == room.messages()[0].ts


async def test_a_lease_from_before_the_clock_was_set_back_binds_nobody(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    async with room.office.desk(room.workspace) as desk:
        (await desk.session.get_one(Notice, notice_id)).lease_until = clock.now() + LEASE
    assert await room.sender().attempt(notice_id) is Result.NOTHING_OWED
    clock.advance(hours=-1)
    async with room.office.desk(room.workspace) as desk:
        (await desk.session.get_one(Notice, notice_id)).owed_from = clock.now()
    assert await room.sender().attempt(notice_id) is Result.POSTED


async def test_what_was_owed_before_the_clock_was_set_back_does_not_wait_for_the_hour(
    room: Room, clock: FrozenClock
) -> None:
    notice_id = await room.owe()
    clock.advance(hours=-1)
    assert await room.sender().attempt(notice_id) is Result.POSTED
    assert await room.sender().attempt(notice_id) is Result.NOTHING_OWED


async def test_no_transaction_is_open_while_slack_is_called(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    frozen = Frozen(room, "chat.postMessage")
    await frozen.freeze(notice_id)
    async with asyncio.timeout(60), room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], clock.now())
    await frozen.wake()
    assert (await room.row(notice_id)).owed_from == clock.now()


async def touch(room: Room, notice_id: UUID) -> None:
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
