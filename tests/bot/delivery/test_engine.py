"""The worker's delivery, with the engine that paces it."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url
from sqlmodel import select

from bot.delivery import engine as engine_module
from bot.delivery.engine import DbosEngine, engine_url
from bot.delivery.rounds import Pace, Rounds
from storage.engine.database import IDLE_SECONDS
from storage.queries.messages import notices, rounds, sending
from storage.queries.messages.sending import LEASE
from storage.tables import Notice
from tests.bot.delivery import killed_worker
from tests.bot.delivery.conftest import FAST, Room
from tests.bot.delivery.killed_worker import FastClock, Interruption
from tests.clocks import FrozenClock
from tests.conftest import UNHURRIED


@asynccontextmanager
async def running(
    room: Room, *, pace: Pace = FAST, executor_id: str = "worker-1", **settings: Any
) -> AsyncIterator[DbosEngine]:
    engine = DbosEngine(room.office, room.sender(**settings), executor_id=executor_id, pace=pace)
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
        await room.owe()
        await room.sandbox.wait_for(lambda: room.shown() == ["王小明"])
    rows = engine_rows(room)
    now, workspace = room.office.clock.now(), room.workspace.id
    assert [row["workflow_uuid"] for row in rows] == [f"{now:%Y%m%dT%H%M%S.%f}:{workspace}:CLIN:1"]
    assert "王小明" not in str(rows)


async def test_a_failed_attempt_is_followed_by_another(room: Room, clock: FrozenClock) -> None:
    room.sandbox.faults.next("chat.postMessage", "lost_answer")
    async with running(room):
        await room.owe()
        await until(lambda: room.calls("chat.postMessage") == 1)
        await until_row(room, lambda row: row.lease_until is None and row.fence == 1)
        clock.advance(seconds=5)
        await until_row(room, lambda row: row.owed_from is None)
    assert room.shown() == ["reminder"]
    assert sorted(channel_and_number(row) for row in engine_rows(room)) == [("CLIN", 1), ("CLIN", 2)]


async def test_a_channel_is_sent_what_it_is_owed_in_one_round(room: Room) -> None:
    for n in range(12):
        await room.owe(f"reminder {n}")
    async with running(room, pace=replace(FAST, linger_seconds=60.0)):
        await room.sandbox.wait_for(lambda: len(room.shown()) == 12)
        await room.owe("one that falls due meanwhile")
        await room.sandbox.wait_for(lambda: len(room.shown()) == 13)
        await room.owe("for the admin", to=room.admin)
        await room.sandbox.wait_for(lambda: room.shown("UADMIN") == ["for the admin"])
    assert room.shown()[:12] == [f"reminder {n}" for n in range(12)]
    assert sorted(channel_and_number(row) for row in engine_rows(room)) == [("CLIN", 1), ("UADMIN", 1)]


async def test_a_channel_gets_no_more_than_its_share(room: Room) -> None:
    async with running(room, pace=replace(FAST, message_seconds=3600.0)):
        for n in range(4):
            await room.owe(f"reminder {n}")
            await room.owe(f"for the admin {n}", to=room.admin)
        await room.sandbox.wait_for(lambda: len(room.shown() + room.shown("UADMIN")) == 2)
        await room.owe("for the channel", to="CLIN")
        await until_looked()
        assert (room.shown(), room.shown("UADMIN")) == (["reminder 0"], ["for the admin 0"])


async def test_the_pause_after_a_message_belongs_to_its_round(room: Room) -> None:
    await room.owe()
    ours = Rounds(room.sender(), replace(FAST, message_seconds=0.3, linger_seconds=0.0))
    (begun,) = await ours.look()
    started = time.monotonic()
    assert await ours.run(begun.channel, begun.number) == 1
    assert time.monotonic() - started >= 0.3, "the next round would begin too early"


async def test_digests_wait_for_what_is_urgent_in_their_channel(room: Room) -> None:
    await room.owe("digest", urgent=False)
    for n in range(3):
        await room.owe(f"reminder {n}")
    async with running(room, pace=replace(FAST, message_seconds=0.2)):
        await room.sandbox.wait_for(lambda: len(room.shown()) == 4)
    assert room.shown()[-1] == "digest"


async def test_a_digest_delays_a_reminder_by_one_message_at_most(room: Room) -> None:
    for n in range(6):
        await room.owe(f"digest {n}", urgent=False)
    async with running(room, pace=replace(FAST, message_seconds=0.3)):
        await room.sandbox.wait_for(lambda: room.shown() == ["digest 0"])
        await room.owe("reminder")
        before = len(room.shown())  # more than one, if the machine stood still meanwhile
        await room.sandbox.wait_for(lambda: len(room.shown()) == 7)
    assert room.shown().index("reminder") <= before + 1


async def test_digests_of_all_channels_share_a_pace(room: Room) -> None:
    for to in (room.lin, room.admin):
        await room.owe("digest", key=f"digest {to.id}", urgent=False, to=to)
    async with running(room, pace=replace(FAST, digests_per_second=0.001)):
        await room.sandbox.wait_for(lambda: len(room.shown() + room.shown("UADMIN")) == 1)
        await room.owe("reminder", to=room.admin)
        await room.owe("reminder", key="for lin", to=room.lin)
        await room.sandbox.wait_for(lambda: "reminder" in room.shown() and "reminder" in room.shown("UADMIN"))
        await until_looked()
        assert len(room.shown() + room.shown("UADMIN")) == 3


async def test_many_digests_for_a_held_up_channel_hold_up_no_other_channel(room: Room) -> None:
    room.sandbox.faults.next("chat.postMessage", "429", channel="CLIN", retry_after=120, times=1000)
    await room.owe("urgent")
    for n in range(250):
        await room.owe(f"digest {n}", urgent=False)
    await room.owe("the admin's digest", urgent=False, to=room.admin)

    async with room.office.database.reading() as session:
        now = room.office.clock.now()
        found = await rounds.owed(session, room.workspace.id, now, 200)
        busy = await sending.channels_with_urgent(session, room.workspace.id, now)

    assert busy == {"CLIN"}
    assert Counter(notice.channel for notice in found) == {"CLIN": rounds.EACH, "UADMIN": 1}


async def test_what_is_queued_at_a_stop_is_sent_after_the_restart(room: Room) -> None:
    async with running(room, pace=replace(FAST, message_seconds=3600.0)):
        for n in range(3):
            await room.owe(f"reminder {n}")
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder 0"])
    assert {row["application_version"] for row in engine_rows(room)} == {"1"}, "another release would not take it up"
    async with running(room):
        await room.sandbox.wait_for(lambda: sorted(room.shown()) == ["reminder 0", "reminder 1", "reminder 2"])
    assert room.calls("chat.postMessage") == 3


async def test_what_the_engine_has_forgotten_is_given_to_it_again(room: Room, clock: FrozenClock) -> None:
    await room.owe()
    async with room.office.database.transaction() as session:
        assert await rounds.begin(session, room.workspace.id, ["CLIN"], clock.now())
    clock.advance(seconds=LEASE.total_seconds())
    async with running(room):
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"])


async def test_a_round_that_the_engine_did_not_take_is_given_to_it_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    give, refused = engine_module._enqueue, 0  # pyright: ignore[reportPrivateUsage]

    def give_at_the_third_time(*given: Any) -> None:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise ConnectionError
        give(*given)

    monkeypatch.setattr(engine_module, "_enqueue", give_at_the_third_time)
    await room.owe()
    async with running(room):
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"])
    assert refused == 2


async def test_a_round_that_is_over_sends_nothing(room: Room, clock: FrozenClock) -> None:
    await room.owe()
    ours = Rounds(room.sender(), FAST)
    first = await ours.look()
    clock.advance(seconds=LEASE.total_seconds())
    second = await ours.look()
    assert [(one.channel, one.number) for one in first + second] == [("CLIN", 1), ("CLIN", 2)]
    assert await ours.run("CLIN", 1) == 0
    assert room.shown() == []
    assert await ours.run("CLIN", 2) == 1
    assert room.shown() == ["reminder"]


async def test_a_channel_is_worked_on_by_one_process_at_a_time(room: Room) -> None:
    await room.owe("first")
    one, other = Rounds(room.sender(), FAST), Rounds(room.sender(), FAST)
    (begun,) = await one.look()
    assert await other.look() == []
    await one.run(begun.channel, begun.number)
    await room.owe("second")
    (begun,) = await other.look()
    assert await one.look() == []
    await other.run(begun.channel, begun.number)
    assert room.shown() == ["first", "second"]


@pytest.mark.parametrize("fault", ["429", "lost_answer"])
async def test_what_slack_does_not_take_ends_the_round_of_its_channel(
    room: Room, clock: FrozenClock, fault: str
) -> None:
    room.sandbox.faults.next("chat.postMessage", fault, channel="CLIN", retry_after=30)
    for n in range(3):
        await room.owe(f"reminder {n}")
    ours = Rounds(room.sender(request_seconds=UNHURRIED), FAST)
    (begun,) = await ours.look()
    assert await ours.run(begun.channel, begun.number) == 1
    assert await ours.look() == []
    clock.advance(seconds=31)
    (begun,) = await ours.look()
    await ours.run(begun.channel, begun.number)
    assert sorted(room.shown()) == ["reminder 0", "reminder 1", "reminder 2"]


async def test_a_clock_set_back_an_hour_keeps_no_channel_waiting(room: Room) -> None:
    async with running(room, pace=FAST):
        for n in range(2):
            await room.owe(f"before {n}")
        await room.sandbox.wait_for(lambda: len(room.shown()) == 2)
        await until(lambda: {row["status"] for row in engine_rows(room)} == {"SUCCESS"})
        as_after_an_hour_back(room)
        await room.owe("after")
        await room.sandbox.wait_for(lambda: room.shown()[2:] == ["after"])


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_what_another_began_before_the_clock_was_set_back_is_taken_up(
    room: Room, clock: FrozenClock, database_url: str
) -> None:
    await room.owe()
    still = FastClock(room.office.clock.now())
    interruption = Interruption("before take_lease")
    worker = killed_worker.begin(
        database_url, room.sandbox.api_url, still, executor_id="worker-2", pace=FAST, interruption=interruption
    )
    assert await killed_worker.ended(worker) == -signal.SIGKILL
    as_after_an_hour_back(room)
    clock.advance(hours=-1)
    async with running(room):
        await room.sandbox.wait_for(lambda: room.shown() == ["reminder"])


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


def channel_and_number(row: dict[str, Any]) -> tuple[str, int]:
    """Return of which channel a workflow is, and which round."""
    _, _, channel, number = row["workflow_uuid"].split(":")
    return channel, int(number)


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


async def until_looked() -> None:
    """Wait until the engine has looked twice at what is owed, and has sent what it may."""
    looks = 0
    owed = rounds.owed

    async def counted(*arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        return await owed(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "owed", counted)
        await until(lambda: looks == 3)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)
