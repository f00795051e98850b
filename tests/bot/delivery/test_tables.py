"""Tables and charts that Slack refuses: the plain variant goes out once, and the workspace is remembered."""

from typing import Any

import pytest

from bot.delivery.sender import Sender
from desk.messages.notices import takes_native
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.tables import table
from handlers.messages.block_kit.writer import Writer
from storage.queries.messages import notices
from tests.bot.delivery.conftest import Room


def drawn(*, right: bool = True) -> list[dict[str, Any]]:
    block, _ = table("Who", ["Who"], [["Lin"]])
    return [block if right else {**block, "page_size": 0}]


@pytest.fixture(autouse=True)
def plain(room: Room) -> None:
    room.blocks = Writer().line("plain").message().blocks


async def takes(room: Room) -> bool:
    async with room.office.reading_desk(room.workspace) as desk:
        return await takes_native(desk)


def kinds(room: Room) -> list[str]:
    return [block["type"] for message in room.messages() for block in message.blocks]


async def test_a_table_that_slack_takes_goes_out(room: Room, sender: Sender) -> None:
    room.native = Message("digest", drawn())
    await room.owe("digest")
    await sender.deliver_pending()
    assert kinds(room) == ["data_table"]
    assert await takes(room)


async def test_a_refused_one_is_sent_plain_once(room: Room, sender: Sender) -> None:
    room.native = Message("digest", drawn(right=False))
    await room.owe("digest")
    await sender.deliver_pending()
    assert kinds(room) == ["rich_text"]
    assert room.calls("chat.postMessage") == 2
    assert not await takes(room)


async def test_a_rewritten_message_too(room: Room, sender: Sender) -> None:
    notice_id = await room.owe("digest")
    await sender.deliver_pending()
    room.native, room.state["digest"] = Message("digest now", drawn(right=False)), "digest now"
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    await sender.deliver_pending()
    assert kinds(room) == ["rich_text"]
    assert room.shown() == ["digest now"]
    assert not await takes(room)


async def test_what_is_refused_for_another_reason_is_not_remembered(room: Room, sender: Sender) -> None:
    room.native = Message("digest", drawn())
    room.sandbox.faults.next("chat.postMessage", "error:msg_blocks_too_long")
    await room.owe("digest")
    await sender.deliver_pending()
    assert kinds(room) == ["rich_text"]
    assert await takes(room)
