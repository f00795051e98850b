"""Workers are killed or suspended at each step of a delivery: nothing is lost, nothing is sent twice."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from sqlmodel import col, select

from bot.delivery.engine import DbosEngine
from storage.queries.messages import notices
from storage.queries.messages.sending import LEASE
from storage.tables import Notice
from tests.bot.delivery import killed_worker
from tests.bot.delivery.conftest import FAST, ON_POSTGRES, Room
from tests.bot.delivery.killed_worker import POST_STEPS, REWRITE_STEPS, FastClock, Interruption
from tests.clocks import FrozenClock


def long(*values: object) -> Any:
    """Return the parameters of a test that takes minutes."""
    return pytest.param(*values, marks=pytest.mark.long)


KILLS = [1, long(50)]

SPEED = 20
"""Speed of the clock of two workers at once: a lease lasts a second and a half."""


@pytest.fixture(autouse=True)
def slack_knows_no_repeats(room: Room) -> None:
    room.sandbox.api.dedupe_client_msg_id = False
    room.compose = killed_worker.compose  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("kills", KILLS)
async def test_killed_at_each_step_of_a_post(room: Room, clock: FrozenClock, database_url: str, kills: int) -> None:
    blows = [(step, n) for step in POST_STEPS for n in range(kills)]
    for number, (step, n) in enumerate(blows):
        notice_id = await room.owe(f"{step} {n}")
        await killed(room, clock, database_url, Interruption(step, notice_id=notice_id), number)
    await finished_by_another(room, clock)
    assert Counter(room.shown()) == Counter(f"{step} {n}, revision 1" for step, n in blows)
    await every_row_names_its_message(room)


@pytest.mark.parametrize("kills", KILLS)
async def test_killed_at_each_step_of_a_rewriting(
    room: Room, clock: FrozenClock, database_url: str, kills: int
) -> None:
    blows = [(step, n) for step in REWRITE_STEPS for n in range(kills)]
    ids = [await room.owe(f"{step} {n}") for step, n in blows]
    await room.sender().deliver_pending()
    for number, ((step, _), notice_id) in enumerate(zip(blows, ids, strict=True)):
        async with room.office.desk(room.workspace) as desk:
            await notices.touch(desk.session, [notice_id], desk.now)
        await killed(room, clock, database_url, Interruption(step, notice_id=notice_id), number)
    await finished_by_another(room, clock)
    assert room.shown() == [f"{step} {n}, revision 2" for step, n in blows]
    assert room.calls("chat.postMessage") == len(blows)
    assert room.calls("conversations.history") == 0, "a rewriting can be repeated, so it is not doubtful"


@ON_POSTGRES
@pytest.mark.parametrize("step", ["after post", long("before take_lease"), long("after take_lease")])
async def test_of_two_workers_one_is_killed_and_the_other_finishes_within_the_lease(
    room: Room, database_url: str, step: str
) -> None:
    async with two_workers(room, database_url, Interruption(step)) as (interrupted, _):
        owed = await owe_until(room, lambda: not interrupted.is_alive())
        assert await killed_worker.ended(interrupted) == -signal.SIGKILL
        await room.sandbox.wait_for(lambda: len(room.shown()) >= owed, timeout=LEASE.total_seconds())
        await nothing_owed(room)
    assert Counter(room.shown()) == Counter(f"reminder {n}, revision 1" for n in range(owed))


@ON_POSTGRES
@pytest.mark.parametrize(
    "step", ["after record_attempt", long("before take_lease"), long("after take_lease"), long("after post")]
)
async def test_of_two_workers_one_stands_still_past_its_lease_and_wakes(
    room: Room, database_url: str, step: str
) -> None:
    async with two_workers(room, database_url, Interruption(step, signal.SIGSTOP)) as (interrupted, _):
        owed = await owe_until(room, lambda: killed_worker.is_stopped(interrupted))
        await room.sandbox.wait_for(lambda: len(room.shown()) >= owed)
        await nothing_owed(room)
        requests = len(room.sandbox.traffic.api_calls())
        assert interrupted.pid is not None
        os.kill(interrupted.pid, signal.SIGCONT)
        if step == "after record_attempt":
            await room.sandbox.wait_for(lambda: room.calls("chat.delete") == 1)
            assert len(room.sandbox.traffic.api_calls()) == requests + 2
        await room.owe("the last")
        await room.sandbox.wait_for(lambda: "the last, revision 1" in room.shown())
        await nothing_owed(room)
    expected = [*(f"reminder {n}, revision 1" for n in range(owed)), "the last, revision 1"]
    assert Counter(room.shown()) == Counter(expected)
    await every_row_names_its_message(room)


async def killed(room: Room, clock: FrozenClock, database_url: str, interruption: Interruption, number: int) -> None:
    """Start a worker, wait until it is killed, and let its lease expire. On SQLite it is always the same one."""
    executor_id = "worker-1" if room.office.database.is_sqlite else f"worker-{number % 2 + 1}"
    standing = FastClock(clock.now())
    worker = killed_worker.begin(
        database_url, room.sandbox.api_url, standing, executor_id=executor_id, pace=FAST, interruption=interruption
    )
    try:
        assert await killed_worker.ended(worker) == -signal.SIGKILL
    finally:
        worker.kill()
    clock.advance(seconds=LEASE.total_seconds())


async def finished_by_another(room: Room, clock: FrozenClock) -> None:
    """Finish the deliveries that the killed workers left."""
    clock.advance(seconds=LEASE.total_seconds())
    executor_id = "worker-1" if room.office.database.is_sqlite else "worker-3"
    engine = DbosEngine(room.office, room.sender(), executor_id=executor_id, pace=FAST)
    await engine.start()
    try:
        await nothing_owed(room)
    finally:
        await engine.stop()


@asynccontextmanager
async def two_workers(
    room: Room, url: str, interruption: Interruption
) -> AsyncIterator[tuple[BaseProcess, BaseProcess]]:
    """Run two workers on one database; the first gets the signal."""
    clock = FastClock(room.office.clock.now(), SPEED, time.time())
    object.__setattr__(room.office, "clock", clock)
    workers = [
        killed_worker.begin(url, room.sandbox.api_url, clock, executor_id=f"worker-{n}", pace=FAST, interruption=one)
        for n, one in enumerate((interruption, None))
    ]
    try:
        yield workers[0], workers[1]
    finally:
        for worker in workers:
            worker.kill()


async def owe_until(room: Room, condition: Callable[[], bool]) -> int:
    """Add one reminder after the other until the condition holds, and return how many."""
    owed = 0
    async with asyncio.timeout(60):
        while not condition():
            await room.owe(f"reminder {owed}")
            owed += 1
            await asyncio.sleep(0.2)
    return owed


async def nothing_owed(room: Room) -> None:
    """Wait until everything is delivered."""
    async with asyncio.timeout(60):
        while True:
            async with room.office.database.reading() as session:
                if not (await session.exec(select(Notice.id).where(col(Notice.owed_from).is_not(None)))).all():
                    return
            await asyncio.sleep(0.05)


async def every_row_names_its_message(room: Room) -> None:
    async with room.office.database.reading() as session:
        rows = (await session.exec(select(Notice))).all()
    assert {row.ts for row in rows} == {message.ts for message in room.messages()}
