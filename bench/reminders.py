"""Reminders delivered to the sandbox by the real engine: their lateness in a busy minute, and deliveries per second."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bench import dataset
from bench.environment import MEMBERS, Environment, Server
from bench.machine import cpu_seconds
from bench.stats import percentile
from bot.delivery.engine import DbosEngine
from bot.delivery.rounds import Pace
from bot.service import Service
from desk.messages.reminders import announce_due
from storage.engine.database import Database

_TIMEOUT = 400.0

UNPACED = Pace(message_seconds=0.0, poll_seconds=0.1, scan_seconds=0.1)
"""No pause between messages to one channel, to measure the engine itself."""


async def lateness(env: Environment, kind: str) -> dict[str, Any]:
    """Return the lateness of reminders when 5,000 follow-ups fall due within a minute, ten for each of 500 channels."""
    due, seconds = (500, 10.0) if env.quick else (5_000, 60.0)
    late = await _sent(env, kind, due, over_seconds=seconds, members=MEMBERS, channels=MEMBERS)
    return {"over_seconds": seconds, **_summary(late, channels=MEMBERS)}


async def burst(env: Environment, kind: str) -> dict[str, Any]:
    """Return the lateness of reminders when 5,000 follow-ups fall due at one instant, for 500 channels.

    Two members share a channel and each has five, so that every reminder is a message of its own.
    """
    channels = MEMBERS // 10 if env.quick else MEMBERS
    late = await _sent(env, kind, channels * 10, over_seconds=0.0, members=channels * 2, channels=channels)
    return _summary(late, channels=channels)


async def _sent(
    env: Environment, kind: str, due: int, *, over_seconds: float, members: int, channels: int
) -> list[float]:
    """Have one worker send reminders of as many follow-ups; return how many seconds late each was."""
    url = await env.database(kind)
    service = await env.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, members, channels=channels)
        loans = await dataset.add_loans(office, workspace, owners, 1)
        first = office.clock.now() + timedelta(days=1)
        instants = [first + timedelta(seconds=over_seconds * number / due) for number in range(due)]
        await dataset.add_follow_ups(office, workspace, loans, owners, instants)
        await dataset.analyze(office.database)
    finally:
        await service.close()
    database = Database(url)
    try:
        with env.worker(url) as worker:
            await begin_at_once(database, worker, first)
            return await all_posted(database, due)
    finally:
        await database.close()


def _summary(late: list[float], *, channels: int) -> dict[str, Any]:
    return {
        "due": len(late),
        "channels": channels,
        "p50_s": round(percentile(late, 0.5), 2),
        "p99_s": round(percentile(late, 0.99), 2),
        "worst_s": round(max(late), 2),
        "load": round(os.getloadavg()[0], 1),
    }


async def deliveries(env: Environment, kind: str) -> dict[str, Any]:
    """Return how many of the messages due at once the engine sends per second when no channel has to wait."""
    count = 200 if env.quick else 1_000
    service = await env.service(await env.database(kind))
    engine = DbosEngine(service.office, service.sender, executor_id="bench-1", pace=UNPACED)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, MEMBERS)
        loans = await dataset.add_loans(office, workspace, owners, 1)
        await dataset.add_follow_ups(office, workspace, loans, owners, [office.clock.now()] * count)
        await _announce(service)
        started = time.monotonic()
        await engine.start()
        await all_posted(office.database, count)
        took = time.monotonic() - started
    finally:
        await engine.stop()
        await service.close()
    return {"messages": count, "seconds": round(took, 1), "per_second": round(count / took, 1)}


async def _announce(service: Service) -> None:
    found = 1
    while found:
        async with service.office.desk(service.workspace) as desk:
            found = await announce_due(desk)


_POSTED = text("SELECT count(*) FROM notice_item i JOIN notice n ON n.id = i.notice_id WHERE n.posted_at IS NOT NULL")
_LATENESS = {
    True: text(
        "SELECT (n.posted_at - f.announced_for) / 1e6 FROM follow_up f JOIN notice_item i ON i.follow_up_id = f.id "
        "JOIN notice n ON n.id = i.notice_id"
    ),
    False: text(
        "SELECT extract(epoch FROM n.posted_at - f.announced_for)::float FROM follow_up f "
        "JOIN notice_item i ON i.follow_up_id = f.id JOIN notice n ON n.id = i.notice_id"
    ),
}


_BRING_FORWARD = {
    True: text(
        "UPDATE follow_up SET remind_at = remind_at + CAST(:seconds * 1000000 AS INTEGER) WHERE remind_at IS NOT NULL"
    ),
    False: text(
        "UPDATE follow_up SET remind_at = remind_at + make_interval(secs => :seconds) WHERE remind_at IS NOT NULL"
    ),
}

_LEAD = 1.0
"""Seconds from the moment at which a worker learns of reminders to the first that is due."""

_IDLE = 0.2
"""CPU seconds that an idle worker uses at most in a second."""


async def begin_at_once(database: Database, worker: Server, first: datetime) -> None:
    """Wait until a worker has started, and have the reminders from `first` on fall due from now on.

    They were added for a later time: however long that took, none is late before the worker may see it.
    """
    await worker.ready()
    used, before = cpu_seconds(worker.pid), -1.0
    while used - before >= _IDLE:
        await asyncio.sleep(1.0)
        before, used = used, cpu_seconds(worker.pid)
    sooner = datetime.now(UTC) + timedelta(seconds=_LEAD) - first
    async with database.engine.begin() as connection:
        await connection.execute(_BRING_FORWARD[database.is_sqlite], {"seconds": sooner.total_seconds()})
    await asyncio.sleep(max(0.0, (first + sooner - datetime.now(UTC)).total_seconds()))


async def all_posted(database: Database, count: int) -> list[float]:
    """Wait until every follow-up has its message in Slack; return how many seconds late each was."""
    async with asyncio.timeout(_TIMEOUT):
        while True:
            await asyncio.sleep(0.5)
            async with database.engine.connect() as connection:
                if (await connection.execute(_POSTED)).scalar_one() >= count:
                    return [float(one) for one in (await connection.execute(_LATENESS[database.is_sqlite])).scalars()]
