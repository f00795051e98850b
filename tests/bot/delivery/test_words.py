"""What a message said of a loan is kept, version by version, as Slack got it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from bot.delivery.sender import Sender
from desk.core.transaction import Desk
from handlers.messages.block_kit.message import Message
from storage.engine.work import Work
from storage.queries.handover import holdings
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.tables import Loan, Notice, SentMessage
from storage.upkeep import demo
from tests.bot.delivery.conftest import ON_POSTGRES, Room
from tests.builders import make_loan
from tests.clocks import FrozenClock


@pytest.fixture
async def loan(room: Room) -> Loan:
    return await make_loan(room.office, room.workspace, "A-1", owner=room.lin)


async def rows_of(room: Room) -> list[SentMessage]:
    async with room.office.database.reading() as session:
        return list((await session.exec(select(SentMessage).order_by(col(SentMessage.id)))).all())


async def kept(room: Room) -> list[tuple[UUID, int, str]]:
    """Return what was kept: the loan, the revision and the words."""
    decrypt = room.office.cipher.decrypt
    return [(row.loan_id, row.revision, decrypt(SentMessage.words_cipher, row)) for row in await rows_of(room)]


async def touch(room: Room, notice_id: UUID) -> None:
    async with room.office.desk(room.workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)


async def test_each_version_is_kept_encrypted_with_its_time_and_place(
    room: Room, sender: Sender, loan: Loan, clock: FrozenClock
) -> None:
    room.state["reminder"] = "please call 王*"
    began = clock.now()
    notice_id = await room.owe(about_loan_id=loan.id)
    await sender.deliver_pending()
    clock.advance(minutes=5)
    room.state["reminder"] = "done"
    await touch(room, notice_id)
    await sender.deliver_pending()
    await touch(room, notice_id)  # it would say the same: nothing is sent
    await sender.deliver_pending()
    assert await kept(room) == [(loan.id, 1, "please call 王*"), (loan.id, 2, "done")]
    rows = await rows_of(room)
    place = ("CLIN", room.messages()[0].ts)
    assert [(row.channel_id, row.ts) for row in rows] == [place, place]
    assert [row.at for row in rows] == [began, began + timedelta(minutes=5)]
    assert "王".encode() not in (rows[0].words_cipher or b"")


async def test_what_is_about_no_loan_is_not_kept(room: Room, sender: Sender) -> None:
    await room.owe("digest")
    await sender.deliver_pending()
    assert (room.shown(), await kept(room)) == (["digest"], [])


async def test_of_a_message_about_several_loans_each_has_its_part(room: Room, sender: Sender, loan: Loan) -> None:
    other = await make_loan(room.office, room.workspace, "B-2", owner=room.lin)

    async def compose(_desk: Desk, _notice: Notice) -> Message:
        return Message("two:\nA-1\nB-2", [], parts=((loan.id, "two:\nA-1"), (other.id, "two:\nB-2")))

    room.compose = compose  # pyright: ignore[reportAttributeAccessIssue]
    await room.owe()
    await room.sender().deliver_pending()
    assert room.shown() == ["two:\nA-1\nB-2"]
    assert await kept(room) == [(loan.id, 1, "two:\nA-1"), (other.id, 1, "two:\nB-2")]


@pytest.mark.parametrize("changes", [False, True])
async def test_what_slack_got_is_kept_although_its_answer_was_lost(
    room: Room, sender: Sender, loan: Loan, clock: FrozenClock, changes: bool
) -> None:
    room.state["reminder"] = "please call"
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    notice_id = await room.owe(about_loan_id=loan.id)
    began = clock.now()
    await sender.deliver_pending()
    assert await kept(room) == []
    room.state["reminder"] = "done"
    if changes:
        await touch(room, notice_id)
    for _ in range(4):
        clock.advance(seconds=30)
        await sender.deliver_pending()
    expected = [(loan.id, 1, "please call"), (loan.id, 2, "done")]
    assert await kept(room) == expected[: 2 if changes else 1]
    first = (await rows_of(room))[0]
    assert (first.ts, abs(first.at - began) < timedelta(seconds=1)) == (room.messages()[0].ts, True)


async def test_a_loan_that_is_deleted_while_its_message_is_on_its_way_costs_the_message_nothing(
    room: Room, loan: Loan
) -> None:
    sender = room.sender()
    post = sender._slack.post  # pyright: ignore[reportPrivateUsage]

    async def post_and_delete(*args: Any, **kwargs: Any) -> Any:
        posted = await post(*args, **kwargs)
        async with room.office.desk(room.workspace) as desk:
            await demo.remove(desk.session, [loan.id], desk.now, rewrites=True)
        return posted

    sender._slack.post = post_and_delete  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    notice_id = await room.owe(about_loan_id=loan.id)
    await sender.deliver_pending()
    row = await room.row(notice_id)
    assert (room.shown(), row.ts, await kept(room)) == (["reminder"], room.messages()[0].ts, [])


async def test_the_words_go_with_their_loan(room: Room, sender: Sender, loan: Loan) -> None:
    await room.owe(about_loan_id=loan.id)
    await sender.deliver_pending()
    async with room.office.desk(room.workspace) as desk:
        await demo.remove(desk.session, [loan.id], desk.now)
    assert await rows_of(room) == []


async def test_the_words_of_a_message_that_moves_to_another_loan_move_with_it(
    room: Room, sender: Sender, loan: Loan
) -> None:
    other = await make_loan(room.office, room.workspace, "B-2", owner=room.lin)
    notice_id = await room.owe(about_loan_id=loan.id)
    await sender.deliver_pending()
    async with room.office.desk(room.workspace) as desk:
        await notices.move_to_loan(desk.session, [notice_id], other.id, old="a", new="b")
    assert await kept(room) == [(other.id, 1, "reminder")]


@ON_POSTGRES
@pytest.mark.parametrize("lock", [loans.lock_all, partial(holdings.of_loans, lock=True)])
async def test_they_are_kept_while_others_change_many_loans(
    room: Room, sender: Sender, loan: Loan, lock: Callable[[Work, list[UUID]], Awaitable[object]]
) -> None:
    """Who changes many loans touches their messages at the end: a sender that waited for one of the loans would deadlock."""
    await room.owe(about_loan_id=loan.id)
    async with room.office.desk(room.workspace) as desk:
        await lock(desk.session, [loan.id])
        await asyncio.wait_for(sender.deliver_pending(), 20)
        assert await kept(room) == [(loan.id, 1, "reminder")]
