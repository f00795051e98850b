"""Notices: one per key, and rewritten when a follow-up that they show changes."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from desk.core.transaction import Office
from desk.messages.kinds import REMINDER
from desk.messages.notices import queue_notice
from storage.queries.messages import notices
from storage.queries.messages.notices import NoticeFacts
from storage.tables import Notice, Workspace
from tests.builders import make_follow_up, make_loan, make_member
from tests.clocks import FrozenClock
from tests.servers import until_a_query_waits_for_a_lock


async def test_a_second_notice_with_the_same_key_is_not_added(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    async with office.desk(workspace) as desk:
        first = await queue_notice(desk, kind=REMINDER, key="k", to=lin)
        again = await queue_notice(desk, kind=REMINDER, key="k", to=lin)
    assert first is not None
    assert again is None


async def test_a_second_notice_with_the_same_key_links_no_follow_ups(office: Office, workspace: Workspace) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    one, two = await make_follow_up(office, loan, lin), await make_follow_up(office, loan, lin)
    async with office.desk(workspace) as desk:
        first = await queue_notice(desk, kind=REMINDER, key="k", to=lin, items=[two, one])
        await queue_notice(desk, kind=REMINDER, key="k", to=lin, items=[one])
        assert first is not None
        assert [f.id for f in await notices.items(desk.session, first)] == [two.id, one.id]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite has one writer
async def test_notices_that_change_while_they_are_touched_wait_for_each_other_in_no_ring(
    office: Office, workspace: Workspace
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    async with office.desk(workspace) as desk:
        queued = [await queue_notice(desk, kind=REMINDER, key=key, to=lin) for key in "ab"]
    ids = sorted(each for each in queued if each is not None)

    async def change() -> None:
        async with office.desk(workspace) as desk:
            await notices.change_facts(desk.session, [NoticeFacts(each, {"new": 1}) for each in reversed(ids)])

    async with office.desk(workspace) as desk:
        await notices.touch(desk.session, ids[:1], desk.now)
        changing = asyncio.create_task(change())
        await until_a_query_waits_for_a_lock(office.database)
        await notices.touch(desk.session, ids[1:], desk.now)
    await changing

    async with office.database.reading() as session:
        assert [row.facts for row in await session.exec(select(Notice))] == [{"new": 1}] * 2


async def test_a_change_of_a_shown_follow_up_raises_the_revision_and_keeps_the_earlier_time(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    shown, other = await make_follow_up(office, loan, lin), await make_follow_up(office, loan, lin)
    async with office.desk(workspace) as desk:
        await queue_notice(desk, kind=REMINDER, key="k", to=lin, items=[shown])
    owed_from = clock.now()
    clock.advance(minutes=1)
    async with office.desk(workspace) as desk:
        await notices.touch_for_follow_ups(desk.session, [other.id], desk.now)
        await notices.touch_for_follow_ups(desk.session, [shown.id, other.id], desk.now)
    row = await the_notice(office)
    assert row.wanted == 2
    assert row.owed_from == owed_from


async def test_a_posted_message_is_pending_again_from_the_moment_of_the_change(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    lin = await make_member(office, workspace, "ULIN")
    async with office.desk(workspace) as desk:
        notice_id = await queue_notice(desk, kind=REMINDER, key="k", to=lin)
        assert notice_id is not None
        row = await desk.session.get_one(Notice, notice_id)
        row.sent, row.owed_from = 1, None
    clock.advance(minutes=1)
    async with office.desk(workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    row = await the_notice(office)
    assert (row.wanted, row.owed_from) == (2, clock.now())


async def test_a_dropped_notice_is_not_pending_again(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    lin = await make_member(office, workspace, "ULIN")
    async with office.desk(workspace) as desk:
        notice_id = await queue_notice(desk, kind=REMINDER, key="k", to=lin)
        assert notice_id is not None
        row = await desk.session.get_one(Notice, notice_id)
        row.dropped_at, row.owed_from = clock.now() - timedelta(seconds=1), None
    async with office.desk(workspace) as desk:
        await notices.touch(desk.session, [notice_id], desk.now)
    row = await the_notice(office)
    assert (row.wanted, row.owed_from) == (1, None)


async def the_notice(office: Office) -> Notice:
    async with office.database.reading() as session:
        return (await session.exec(select(Notice))).one()
