"""The due scan among few and among many open follow-ups, with the same number due."""

import gc
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import dataset
from bench.environment import Environment
from bench.growth import exponents
from bench.stats import ratios, summarize
from bot.service import Service
from storage.queries.messages import due_scan

DUE = 200
"""Follow-ups that each scan finds due."""

_MEMBERS, _LOANS_EACH = 100, 50


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the time of one scan in ms, including its transaction."""
    few, many = 10_000, 100_000 if env.quick else 1_000_000
    rounds = 10 if env.quick else 30
    durations: dict[tuple[int, str], list[float]] = defaultdict(list)
    services: dict[int, Service] = {}
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    try:
        for size in (few, many):
            services[size] = await _filled(env, kind, size, begin, rounds + 1)
        gc.collect()
        for number in range(rounds + 1):
            for size in (few, many) if number % 2 else (many, few):
                found = await _scan(services[size], begin + timedelta(minutes=number), DUE)
                nothing = await _scan(services[size], begin + timedelta(minutes=number, seconds=1), 0)
                if number:  # the first round warms up
                    durations[size, "due"].append(found)
                    durations[size, "nothing"].append(nothing)
    finally:
        for service in services.values():
            await service.close()
    return {
        "due": DUE,
        "few": few,
        "many": many,
        "few_ms": summarize(durations[few, "due"]).json(),
        "many_ms": summarize(durations[many, "due"]).json(),
        "exponent": exponents((few, many), durations[few, "due"], durations[many, "due"]).json(),
        "many_of_few": ratios(durations[many, "due"], durations[few, "due"]).json(),
        "nothing_due_few_ms": summarize(durations[few, "nothing"]).json(),
        "nothing_due_many_ms": summarize(durations[many, "nothing"]).json(),
    }


async def _filled(env: Environment, kind: str, size: int, begin: datetime, scans: int) -> Service:
    """Open a desk with `size` follow-ups due in a month, plus those that each scan from `begin` on will find."""
    service = await env.service(await env.database(kind))
    office, workspace = service.office, service.workspace
    owners = await dataset.add_members(office, workspace, _MEMBERS)
    loans = await dataset.add_loans(office, workspace, owners, _LOANS_EACH)
    later = (begin + timedelta(days=30, seconds=number) for number in range(size))
    now = (begin + timedelta(minutes=scan) for scan in range(scans) for _ in range(DUE))
    await dataset.add_follow_ups(office, workspace, loans, owners, (at for due in (later, now) for at in due))
    await dataset.analyze(office.database)
    return service


async def _scan(service: Service, at: datetime, expected: int) -> float:
    started = time.perf_counter()
    async with service.office.database.transaction() as session:
        rows = await due_scan.take_reminders(session, service.workspace.id, at, limit=500)
    duration = 1000 * (time.perf_counter() - started)
    assert len(rows) == expected, f"{len(rows)} were due, not {expected}"
    return duration
