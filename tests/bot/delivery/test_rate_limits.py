"""What Slack asks one process to wait for, and updates that would change nothing."""

from storage.queries.messages import notices
from tests.bot.delivery.conftest import Room
from tests.clocks import FrozenClock


async def test_a_wait_of_days_is_not_believed(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", retry_after=7 * 86_400)
    sender = room.sender()
    await room.owe()
    await sender.deliver_pending()
    assert room.shown() == []

    clock.advance(minutes=15, seconds=1)
    await sender.deliver_pending()

    assert room.shown() == ["reminder"]


async def test_a_wait_in_unknown_words_is_a_second(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", retry_after="soon")  # pyright: ignore[reportArgumentType]
    sender = room.sender()
    await room.owe()
    await sender.deliver_pending()

    clock.advance(seconds=2)
    await sender.deliver_pending()

    assert room.shown() == ["reminder"]


async def test_what_one_process_is_asked_to_wait_for_the_others_wait_for_too(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", retry_after=60)
    await room.owe("first")
    await room.sender().deliver_pending()
    await room.owe("second", to=room.admin)
    another = room.sender()

    clock.advance(seconds=30)
    await another.deliver_pending()
    assert room.calls("chat.postMessage") == 1

    clock.advance(seconds=31)
    await another.deliver_pending()
    assert sorted([*room.shown(), *room.shown("UADMIN")]) == ["first", "second"]


async def test_an_update_that_changes_nothing_is_not_sent(room: Room) -> None:
    sender = room.sender()
    notice_id = await room.owe()
    await sender.deliver_pending()

    for _ in range(3):
        async with room.office.desk(room.workspace) as desk:
            await notices.touch(desk.session, [notice_id], desk.now)
        await sender.deliver_pending()
    assert room.calls("chat.update") == 0
    assert (await room.row(notice_id)).owed_from is None

    room.state["reminder"] = "done"
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    await sender.deliver_pending()
    assert room.shown() == ["done"]


async def test_after_an_update_whose_answer_was_lost_the_old_words_are_sent_again(
    room: Room, clock: FrozenClock
) -> None:
    sender = room.sender()
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.sandbox.faults.next("chat.update", "lost_answer")
    for state in ("done", "reminder"):
        room.state["reminder"] = state
        async with room.office.desk(room.workspace) as desk:
            await notices.touch(desk.session, [notice_id], desk.now)
        await sender.deliver_pending()
        clock.advance(minutes=2)

    await sender.deliver_pending()

    assert room.shown() == ["reminder"]
