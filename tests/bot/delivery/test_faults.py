"""Slack misbehaves; there is one message in the end."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.delivery.sender import Result, Sender
from desk.messages.kinds import ESCALATION
from desk.messages.notices import queue_notice
from storage.queries.messages import notices
from storage.tables import AuditEntry, Member, Notice, Team
from tests.bot.delivery.conftest import Room
from tests.builders import make_manager, make_team
from tests.clocks import FrozenClock

pytestmark = pytest.mark.every_example


@pytest.fixture(params=[True, False], ids=["slack knows repeats", "slack knows no repeats"])
def knows_repeats(request: pytest.FixtureRequest, room: Room) -> None:
    """Slack documents no key against repeats and may honour one or not: the result is the same."""
    room.sandbox.api.dedupe_client_msg_id = request.param


@pytest.mark.usefixtures("knows_repeats")
@pytest.mark.parametrize("kind", ["500", "timeout", "lost_answer", "error:internal_error", "error:fatal_error"])
async def test_one_message_in_the_end(room: Room, sender: Sender, clock: FrozenClock, kind: str) -> None:
    room.sandbox.faults.next("chat.postMessage", kind)
    notice_id = await room.owe()
    await (room.sender(request_seconds=0.25) if kind == "timeout" else sender).deliver_pending()
    assert await sender.deliver_pending() == 0, "tried again at once"
    await deliver_for(room, sender, clock, minutes=2)
    assert room.shown() == ["reminder"]
    row = await room.row(notice_id)
    assert (row.sent, row.tried_at, row.ts) == (1, None, room.messages()[0].ts)
    assert room.calls("conversations.history") == 1


@pytest.mark.usefixtures("knows_repeats")
async def test_a_lost_answer_is_not_followed_by_another_post(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    await room.owe()
    sender = room.sender()  # with its full time for a call, in which it could try again by itself
    await sender.deliver_pending()
    await deliver_for(room, sender, clock, minutes=2)
    assert room.calls("chat.postMessage") == 1
    assert room.calls("chat.update") == 0


@pytest.mark.usefixtures("knows_repeats")
async def test_what_changed_after_a_lost_answer_is_rewritten(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.state["reminder"] = "done"
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    await deliver_for(room, sender, clock, minutes=2)
    assert room.shown() == ["done"]


@pytest.mark.usefixtures("knows_repeats")
async def test_a_lost_answer_in_a_direct_message(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    await room.owe(to=room.admin)
    await sender.deliver_pending()
    await deliver_for(room, sender, clock, minutes=2)
    assert room.shown("UADMIN") == ["reminder"]


async def test_only_doubtful_deliveries_are_looked_for(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", retry_after=30)
    await room.owe("first")
    await room.owe("second")
    await sender.deliver_pending()
    await deliver_for(room, sender, clock, minutes=2)
    assert room.shown() == ["first", "second"]
    assert room.calls("conversations.history") == 0


async def test_slack_is_left_alone_as_long_as_it_asks(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", retry_after=90)
    await room.owe("first")
    await room.owe("second")
    await sender.deliver_pending()
    clock.advance(seconds=89)
    await sender.deliver_pending()
    assert room.calls("chat.postMessage") == 1
    clock.advance(seconds=1)
    await sender.deliver_pending()
    assert room.shown() == ["first", "second"]


async def test_while_slack_is_away_one_call_at_a_time_asks_after_it(room: Room, clock: FrozenClock) -> None:
    sender = room.sender()  # with its full time for a call: on a busy machine none is given up
    room.sandbox.faults.next("chat.postMessage", "500", times=1000)
    await room.owe("digest", urgent=False)
    for n in range(20):
        await room.owe(f"reminder {n:02}")
    await deliver_for(room, sender, clock, minutes=10)
    assert room.calls("chat.postMessage") < 20
    room.sandbox.faults.clear()
    await deliver_for(room, sender, clock, minutes=3)
    assert room.shown() == [*(f"reminder {n:02}" for n in range(20)), "digest"]


async def test_where_history_may_not_be_read_a_doubtful_message_says_so(
    room: Room, sender: Sender, clock: FrozenClock
) -> None:
    room.sandbox.install(app_url="http://127.0.0.1:1/", scopes=["chat:write"])
    room.sandbox.api.dedupe_client_msg_id = False
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    await room.owe()
    await sender.deliver_pending()
    await deliver_for(room, sender, clock, minutes=2)
    first, second = room.shown()
    assert first == "reminder"
    assert second == "reminder\nYou may have seen this message before: Slack didn't confirm that it arrived."


async def test_that_it_may_be_a_repeat_is_said_in_the_channels_language(
    room: Room, sender: Sender, clock: FrozenClock
) -> None:
    room.sandbox.add_channel("bosses", channel_id="CBOSSES", members=["UADMIN"])
    await make_team(room.office, room.workspace, manager_channel_id="CBOSSES", language="en-US")
    room.sandbox.api.dedupe_client_msg_id = False
    room.sandbox.install(app_url="http://127.0.0.1:1/", scopes=("chat:write",))
    async with room.office.desk(room.workspace) as desk:
        await queue_notice(desk, kind=ESCALATION, key="e", to="CBOSSES")
    room.sandbox.faults.next("chat.postMessage", "lost_answer", channel="CBOSSES")
    await sender.deliver_pending()
    await deliver_for(room, sender, clock, minutes=3)
    assert room.shown("CBOSSES")[-1].splitlines()[-1].isascii()
    assert len(room.shown("CBOSSES")[-1].splitlines()) == 2


async def test_after_a_silence_one_call_goes_first_and_the_others_wait_for_it(room: Room, clock: FrozenClock) -> None:
    sender = room.sender()
    room.sandbox.faults.next("chat.postMessage", "500")
    ids = [await room.owe(f"reminder {n}") for n in range(5)]
    await sender.attempt(ids[0])
    clock.advance(seconds=10)
    room.sandbox.faults.next("chat.postMessage", "500", delay=0.1)
    results = await asyncio.gather(*(sender.attempt(notice_id) for notice_id in ids[1:]))
    assert results == [Result.POSTPONED] * 4
    assert room.calls("chat.postMessage") == 2


@pytest.mark.parametrize("error", ["is_archived", "channel_not_found", "not_in_channel"])
async def test_when_the_channel_is_gone_the_reader_hears_directly_and_the_admin_once(
    room: Room, sender: Sender, clock: FrozenClock, error: str
) -> None:
    room.sandbox.faults.next("chat.postMessage", f"error:{error}", channel="CLIN", times=2)
    await room.owe("first")
    await room.owe("second")
    await deliver_for(room, sender, clock, minutes=2)
    assert sorted(room.shown("ULIN")) == ["first", "second"]
    assert room.shown("UADMIN") == ["channel_lost"]
    async with room.office.database.reading() as session:
        assert (await session.get_one(Member, room.lin.id)).channel_lost_at == clock.now() - timedelta(minutes=2)
        told = (await session.exec(select(Notice).where(Notice.kind == "channel_lost"))).one()
        assert told.facts == {"channel": "CLIN", "error": error}
        assert told.about_member_id == room.lin.id
        audited = (await session.exec(select(AuditEntry))).one()
        assert (audited.act, audited.subject_id) == ("channel_lost", room.lin.id)


async def test_when_the_managers_channel_is_gone_each_manager_hears_directly(
    room: Room, sender: Sender, clock: FrozenClock
) -> None:
    room.sandbox.add_user("UBOSS", name="boss")
    team = await make_team(room.office, room.workspace, manager_channel_id="CBOSSES")
    await make_manager(room.office, room.workspace, team, "UBOSS")
    async with room.office.desk(room.workspace) as desk:
        await queue_notice(desk, kind=ESCALATION, key="e", to="CBOSSES")
    await deliver_for(room, sender, clock, minutes=2)
    assert room.shown("UBOSS") == ["escalation"]
    assert room.shown("UADMIN") == ["channel_lost"]
    async with room.office.database.reading() as session:
        told = (await session.exec(select(Notice).where(Notice.kind == "channel_lost"))).one()
        assert told.facts["team_id"] == str((await session.exec(select(Team))).one().id)


async def test_who_cannot_be_reached_at_all_is_given_up(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.sandbox.remove_user("UADMIN")
    notice_id = await room.owe(to=room.admin)
    await deliver_for(room, sender, clock, minutes=2)
    row = await room.row(notice_id)
    assert row.gave_up_at is not None
    assert (row.last_error, row.owed_from) == ("user_disabled", None)
    assert room.calls("chat.postMessage") == 1


async def test_blocks_that_slack_refuses_are_said_in_plain_text(room: Room, sender: Sender) -> None:
    room.blocks = [{"type": "no_such_block"}]
    notice_id = await room.owe()
    await sender.deliver_pending()
    assert room.shown() == ["reminder"]
    assert room.messages()[0].blocks == []
    room.state["reminder"] = "done"
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    await sender.deliver_pending()
    assert room.shown() == ["done"]


async def test_what_slack_refuses_in_plain_text_too_is_given_up(room: Room, sender: Sender, clock: FrozenClock) -> None:
    room.blocks = [{"type": "no_such_block"}]
    room.sandbox.faults.next("chat.postMessage", "error:msg_too_long", times=9)
    notice_id = await room.owe()
    await deliver_for(room, sender, clock, minutes=2)
    assert (await room.row(notice_id)).gave_up_at is not None
    assert room.calls("chat.postMessage") == 2


async def test_a_key_that_slack_does_not_take_is_left_out(room: Room, sender: Sender) -> None:
    room.sandbox.faults.next("chat.postMessage", "error:duplicate_message_not_found")
    await room.owe()
    await sender.deliver_pending()
    assert room.shown() == ["reminder"]
    assert "client_msg_id" not in room.sandbox.traffic.api_calls("chat.postMessage")[-1].body


async def test_a_revoked_token_keeps_what_is_owed(room: Room, sender: Sender, clock: FrozenClock) -> None:
    assert room.sandbox.app is not None
    room.sandbox.app.revoked = "token_revoked"
    await room.owe()
    await deliver_for(room, sender, clock, minutes=5)
    assert room.calls("chat.postMessage") == 1
    room.sandbox.app.revoked = None
    await deliver_for(room, sender, clock, minutes=10)
    assert room.shown() == ["reminder"]
    assert room.calls("conversations.history") == 0


async def test_a_message_that_cannot_be_edited_any_more_stays(room: Room, sender: Sender, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    await sender.deliver_pending()
    room.sandbox.faults.next("chat.update", "error:edit_window_closed", times=9)
    room.state["reminder"] = "done"
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    await deliver_for(room, sender, clock, minutes=2)
    assert room.calls("chat.update") == 1
    assert (await room.row(notice_id)).owed_from is None


async def test_a_message_that_cannot_be_made_holds_up_no_other(room: Room, sender: Sender, clock: FrozenClock) -> None:
    async def broken(desk: object, notice: Notice) -> object:
        if notice.kind == "broken":
            raise RuntimeError("our bug")
        return await Room.compose(room, desk, notice)  # pyright: ignore[reportArgumentType]

    room.compose = broken  # pyright: ignore[reportAttributeAccessIssue]
    broken_id = await room.owe("broken")
    await room.owe("fine")
    await deliver_for(room, room.sender(), clock, minutes=2)
    assert room.shown() == ["fine"]
    assert (await room.row(broken_id)).last_error == "not_composed"
    async with room.office.database.reading() as session:
        assert (await session.exec(select(Notice).where(col(Notice.attempts) > 2))).one().id == broken_id


async def deliver_for(room: Room, sender: Sender, clock: FrozenClock, *, minutes: int) -> None:
    """Deliver every three seconds for that long."""
    for _ in range(minutes * 20):
        await sender.deliver_pending()
        clock.advance(seconds=3)
