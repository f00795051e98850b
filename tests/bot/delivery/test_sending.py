"""Pending notices arrive in Slack once and are kept up to date."""

from bot.delivery.sender import Sender
from storage.engine.types import mark_of
from storage.queries.messages import notices
from storage.tables import Member, Notice
from tests.bot.delivery.conftest import Room
from tests.clocks import FrozenClock


async def test_what_is_owed_is_posted_once_to_the_readers_channel(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    assert await sender.deliver_pending() == 1
    assert await sender.deliver_pending() == 0
    assert room.shown() == ["reminder"]
    row = await room.row(notice_id)
    assert (row.sent, row.owed_from, row.channel_id, row.ts) == (1, None, "CLIN", room.messages()[0].ts)


async def test_a_message_carries_its_notices_mark_and_no_more(room: Room, sender: Sender) -> None:
    await room.owe()
    await sender.deliver_pending()
    assert room.messages()[0].metadata == {
        "event_type": "loandesk_notice",
        "event_payload": {"notice": str(mark_of(room.workspace.id, "reminder")), "revision": 1},
    }


async def test_the_urgent_come_first_and_then_the_oldest(room: Room, sender: Sender, clock: FrozenClock) -> None:
    await room.owe("digest", urgent=False)
    clock.advance(seconds=1)
    await room.owe("first reminder")
    clock.advance(seconds=1)
    await room.owe("second reminder")
    await sender.deliver_pending()
    assert room.shown() == ["first reminder", "second reminder", "digest"]


async def test_a_message_that_stands_is_rewritten_in_place(room: Room, sender: Sender, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.state["reminder"] = "done"
    await touch(room, notice_id)
    await sender.deliver_pending()
    assert room.shown() == ["done"]
    assert room.messages()[0].metadata["event_payload"]["revision"] == 2  # pyright: ignore[reportOptionalSubscript]


async def test_ten_changes_are_one_rewriting(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    for n in range(10):
        room.state["reminder"] = f"state {n}"
        await touch(room, notice_id)
    while await sender.deliver_pending():
        pass
    assert room.shown() == ["state 9"]
    assert room.calls("chat.update") == 1


async def test_ten_changes_before_it_is_sent_are_one_post(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    for n in range(10):
        room.state["reminder"] = f"state {n}"
        await touch(room, notice_id)
    while await sender.deliver_pending():
        pass
    assert room.shown() == ["state 9"]
    assert (room.calls("chat.postMessage"), room.calls("chat.update")) == (1, 0)


async def test_a_change_while_it_is_on_its_way_is_sent_after_it(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    first = True

    async def compose_and_change(desk: object, notice: object) -> object:
        nonlocal first
        message = await Room.compose(room, desk, notice)  # pyright: ignore[reportArgumentType]
        if first:
            first = False
            room.state["reminder"] = "done"
            await touch(room, notice_id)
        return message

    room.compose = compose_and_change  # pyright: ignore[reportAttributeAccessIssue]
    changing = room.sender()
    await changing.deliver_pending()
    assert room.shown() == ["reminder"]
    await changing.deliver_pending()
    assert room.shown() == ["done"]


async def test_what_was_settled_before_it_was_sent_is_dropped(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    room.state["reminder"] = None
    await sender.deliver_pending()
    assert room.shown() == []
    row = await room.row(notice_id)
    assert row.dropped_at is not None
    assert row.owed_from is None


async def test_a_standing_message_with_nothing_new_to_say_stays(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.state["reminder"] = None
    await touch(room, notice_id)
    await sender.deliver_pending()
    assert room.shown() == ["reminder"]
    assert (await room.row(notice_id)).owed_from is None


async def test_a_member_removed_while_their_reminder_is_on_its_way_gets_none(
    room: Room, sender: Sender, clock: FrozenClock
) -> None:
    notice_id = await room.owe()
    async with room.office.desk(room.workspace) as desk:
        (await desk.session.get_one(Member, room.lin.id)).removed_at = clock.now()
    await sender.deliver_pending()
    assert room.shown() == []
    assert (await room.row(notice_id)).dropped_at is not None


async def test_a_message_to_who_has_left_stays_as_it_is_unless_what_it_was_about_is_erased(
    room: Room, sender: Sender, clock: FrozenClock
) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    async with room.office.desk(room.workspace) as desk:
        (await desk.session.get_one(Member, room.lin.id)).removed_at = clock.now()
    room.state["reminder"] = "snoozed"
    await touch(room, notice_id)
    await sender.deliver_pending()
    assert room.shown() == ["reminder"]
    assert (await room.row(notice_id)).owed_from is None

    async with room.office.desk(room.workspace) as desk:
        row = await desk.session.get_one(Notice, notice_id)
        row.facts = {notices.ERASED: True}
        desk.add(row)
    await touch(room, notice_id)
    await sender.deliver_pending()
    assert room.shown() == ["snoozed"]


async def test_a_message_that_was_deleted_in_slack_is_posted_again(room: Room, sender: Sender) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.sandbox.workspace.delete(room.messages()[0])
    room.state["reminder"] = "snoozed"
    await touch(room, notice_id)
    await sender.deliver_pending()
    await sender.deliver_pending()
    assert room.shown() == ["snoozed"]


async def touch(room: Room, notice_id: object) -> None:
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)  # pyright: ignore[reportArgumentType]
