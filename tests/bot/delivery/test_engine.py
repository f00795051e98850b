"""The worker's delivery, with the engine that paces it."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url
from sqlmodel import select

from bot.delivery.engine import DbosEngine, Pace, engine_url
from storage.engine.database import IDLE_SECONDS
from storage.queries.messages import notices, sending
from storage.tables import Notice
from tests.bot.delivery import killed_worker
from tests.bot.delivery.conftest import FAST, Room
from tests.bot.delivery.killed_worker import FastClock, Interruption
from tests.clocks import FrozenClock


@asynccontextmanager
async def running(
    room: Room, *, pace: Pace = FAST, executor_id: str = "worker-1", **settings: Any
) -> AsyncIterator[DbosEngine]:
    engine = DbosEngine(room.sender(**settings), executor_id=executor_id, pace=pace)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def test_what_is_owed_arrives_and_is_rewritten(room: Room) -> None:
    async with running(room):
        notice_id = await room.owe()
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"])
        room.state["reminder"] = "done"
        async with room.office.desk(room.workspace) as desk:
            await notices.touch(desk.session, [notice_id], desk.now)
        await room.sandbox.wait_for(lambda: room.shown() == ["done"])
    assert (await room.row(notice_id)).owed_from is None


async def test_the_engine_is_told_ids_and_nothing_else(room: Room) -> None:
    room.state["reminder"] = "王小明"
    async with running(room):
        notice_id = await room.owe()
        await room.sandbox.wait_for(lambda: room.shown() == ["王小明"])
    rows = engine_rows(room)
    assert [row["workflow_uuid"] for row in rows] == [f"{notice_id}:1"]
    assert "王小明" not in str(rows)


async def test_a_failed_attempt_is_followed_by_another(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    async with running(room):
        notice_id = await room.owe()
        await until(lambda: room.calls("chat.postMessage") == 1)
        await until_row(room, lambda row: row.lease_until is None and row.fence == 1)
        clock.advance(seconds=5)
        await until_row(room, lambda row: row.owed_from is None)
    assert room.shown() == ["reminder"]
    assert {row["workflow_uuid"] for row in engine_rows(room)} == {f"{notice_id}:1", f"{notice_id}:2"}


async def test_a_channel_gets_no_more_than_its_share(room: Room) -> None:
    async with running(room, pace=replace(FAST, urgent=(2, 3600.0))):
        for n in range(4):
            await room.owe(f"reminder {n}")
        await room.sandbox.wait_for(lambda: len(room.shown()) >= 2)
        for n in range(2):  # while others go on getting theirs
            await room.owe(f"for the admin {n}", to=room.admin)
            await room.sandbox.wait_for(lambda n=n: room.shown("UADMIN")[n:] == [f"for the admin {n}"])
        assert room.shown() == ["reminder 0", "reminder 1"]


async def test_digests_wait_for_what_is_urgent_in_their_channel(room: Room) -> None:
    await room.owe("digest", urgent=False)
    for n in range(3):
        await room.owe(f"reminder {n}")
    async with running(room, pace=replace(FAST, urgent=(1, 0.5))):
        await room.sandbox.wait_for(lambda: len(room.shown()) == 4)
    assert room.shown()[-1] == "digest"


async def test_many_digests_for_a_held_up_channel_hold_up_no_other_channel(room: Room) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", channel="CLIN", retry_after=120, times=1000)
    await room.owe("urgent")
    for n in range(250):
        await room.owe(f"digest {n}", urgent=False)
    await room.owe("the admin's digest", urgent=False, to=room.admin)

    async with room.office.database.reading() as session:
        now = room.office.clock.now()
        first = await sending.to_enqueue(session, room.workspace.id, now, 200)
        busy = await sending.channels_with_urgent(session, room.workspace.id, now)
        others = await sending.to_enqueue(session, room.workspace.id, now, 200, busy)

    assert {notice.channel for notice in first} == busy == {"CLIN"}
    assert [notice.channel for notice in others if not notice.urgent] == ["UADMIN"]


async def test_what_is_queued_at_a_stop_is_sent_after_the_restart(room: Room) -> None:
    async with running(room, pace=replace(FAST, urgent=(1, 3600.0))):
        for n in range(3):
            await room.owe(f"reminder {n}")
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder 0"])
        await until(lambda: len(engine_rows(room)) == 3)
    assert {row["application_version"] for row in engine_rows(room)} == {"1"}, "another release would not take it up"
    async with running(room):
        await room.sandbox.wait_for(lambda: sorted(room.shown()) == ["reminder 0", "reminder 1", "reminder 2"])
    assert room.calls("chat.postMessage") == 3


async def test_what_the_engine_has_forgotten_is_given_to_it_again(room: Room, clock: FrozenClock) -> None:
    notice_id = await room.owe()
    async with room.office.desk(room.workspace) as desk:
        (await desk.session.get_one(Notice, notice_id)).enqueued = 1
    clock.advance(minutes=3)
    async with running(room):
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"])


async def test_a_clock_set_back_an_hour_keeps_no_channel_waiting(room: Room) -> None:
    async with running(room, pace=replace(FAST, urgent=(2, 1.0))):
        for n in range(2):
            await room.owe(f"before {n}")
        await room.sandbox.wait_for(lambda: len(room.shown()) == 2)
        await until(lambda: {row["status"] for row in engine_rows(room)} == {"SUCCESS"})
        as_after_an_hour_back(room)
        await room.owe("after")
        await room.sandbox.wait_for(lambda: room.shown()[2:] == ["after"], timeout=20)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_what_another_began_before_the_clock_was_set_back_is_taken_up(room: Room, database_url: str) -> None:
    await room.owe()
    still = FastClock(room.office.clock.now())
    interruption = Interruption("before take_lease")
    worker = killed_worker.begin(
        database_url, room.sandbox.api_url, still, executor_id="worker-2", pace=FAST, interruption=interruption
    )
    assert await killed_worker.ended(worker) == -signal.SIGKILL
    as_after_an_hour_back(room)
    async with running(room, pace=replace(FAST, abandoned_seconds=600.0)):
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"], timeout=20)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_transaction_of_the_engine_that_rests_does_not_hold_others_up_for_long(database_url: str) -> None:
    engine = sqlalchemy.create_engine(engine_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        limit = connection.scalar(sqlalchemy.text("SHOW idle_in_transaction_session_timeout"))
    engine.dispose()
    assert limit == f"{IDLE_SECONDS}s"


def as_after_an_hour_back(room: Room) -> None:
    """Change the engine's tables as if the clock of its database had been set back by an hour."""
    engine, table = engine_tables(room)
    columns = ("created_at", "started_at_epoch_ms", "completed_at", "updated_at")
    with engine.begin() as connection:
        changes = ", ".join(f"{column} = {column} + 3600000" for column in columns)
        connection.execute(sqlalchemy.text(f"UPDATE {table} SET {changes}"))
    engine.dispose()


async def test_dbos_stores_whole_seconds_on_sqlite(room: Room) -> None:
    """Python 3.11's SQLite may be too old for fractions, so DBOS does not ask it for any."""
    async with running(room):
        for n in range(3):
            await room.owe(f"reminder {n}")
            await room.sandbox.wait_for(lambda n=n: len(room.shown()) == n + 1)
    started = [row["started_at_epoch_ms"] for row in engine_rows(room)]
    whole = room.office.database.is_sqlite and sys.version_info < (3, 12)
    assert all(at % 1000 == 0 for at in started) == whole


def engine_rows(room: Room) -> list[dict[str, Any]]:
    """Return the engine's rows of its workflows."""
    engine, table = engine_tables(room)
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(sqlalchemy.text(f"SELECT * FROM {table}")).mappings()]
    engine.dispose()
    return rows


def engine_tables(room: Room) -> tuple[sqlalchemy.Engine, str]:
    """Return the engine's database and the name of its workflow table."""
    url = make_url(room.office.database.url)
    if room.office.database.is_sqlite:
        return sqlalchemy.create_engine(f"sqlite:///{url.database}-engine"), "workflow_status"
    return sqlalchemy.create_engine(url.set(drivername="postgresql+psycopg")), "delivery_engine.workflow_status"


async def the_notice(room: Room) -> Notice:
    async with room.office.database.reading() as session:
        return (await session.exec(select(Notice))).one()


async def until_row(room: Room, condition: Callable[[Notice], bool]) -> None:
    """Wait until the condition holds for the only notice."""
    end = time.monotonic() + 60
    while not condition(await the_notice(room)):
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)
