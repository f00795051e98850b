"""Reminders delivered to the sandbox by the real engine: their lateness in a busy minute, and deliveries per second."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bench import dataset
from bench.environment import MEMBERS, Environment
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
    service = await env.service(await env.database(kind))
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, MEMBERS)
        loans = await dataset.add_loans(office, workspace, owners, 1)
        begin = office.clock.now() + timedelta(seconds=8)
        instants = [begin + timedelta(seconds=seconds * number / due) for number in range(due)]
        await dataset.add_follow_ups(office, workspace, loans, owners, instants)
        await service.work()
        started = time.monotonic()
        late = await all_posted(office.database, due)
        took = time.monotonic() - started - 8
    finally:
        await service.close()
    return {
        "due": due,
        "over_seconds": seconds,
        "channels": MEMBERS,
        "sent": len(late),
        "p50_s": round(percentile(late, 0.5), 2),
        "p99_s": round(percentile(late, 0.99), 2),
        "worst_s": round(max(late), 2),
        "done_after_s": round(took, 1),
    }


async def deliveries(env: Environment, kind: str) -> dict[str, Any]:
    """Return how many of the messages due at once the engine sends per second when no channel has to wait."""
    count = 200 if env.quick else 1_000
    service = await env.service(await env.database(kind))
    engine = DbosEngine(service.sender, executor_id="bench-1", pace=UNPACED)
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


async def all_posted(database: Database, count: int) -> list[float]:
    """Wait until every follow-up has its message in Slack; return how many seconds late each was."""
    async with asyncio.timeout(_TIMEOUT):
        while True:
            await asyncio.sleep(0.5)
            async with database.engine.connect() as connection:
                if (await connection.execute(_POSTED)).scalar_one() >= count:
                    return [float(one) for one in (await connection.execute(_LATENESS[database.is_sqlite])).scalars()]
