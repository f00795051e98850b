"""The look for what is due, among few open follow-ups and among very many, with the same number due."""

import gc
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import cast
from bench.figures import figure, ratios
from bench.place import Place
from bot.service import Service
from storage.queries.messages import due_scan

DUE = 200
"""Follow-ups that each look finds due."""

_MEMBERS, _LOANS_EACH = 100, 50


async def measure(place: Place, kind: str) -> dict[str, Any]:
    """The time of one look, in ms, with its transaction."""
    few, many = 10_000, 100_000 if place.quick else 1_000_000
    rounds = 10 if place.quick else 30
    taken: dict[tuple[int, str], list[float]] = defaultdict(list)
    services: dict[int, Service] = {}
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    try:
        for size in (few, many):
            services[size] = await _filled(place, kind, size, begin, rounds + 1)
        gc.collect()
        for number in range(rounds + 1):
            for size in (few, many) if number % 2 else (many, few):
                found = await _look(services[size], begin + timedelta(minutes=number), DUE)
                nothing = await _look(services[size], begin + timedelta(minutes=number, seconds=1), 0)
                if number:  # the first round warms up
                    taken[size, "due"].append(found)
                    taken[size, "nothing"].append(nothing)
    finally:
        for service in services.values():
            await service.close()
    return {
        "due": DUE,
        "few": few,
        "many": many,
        "few_ms": figure(taken[few, "due"]).json(),
        "many_ms": figure(taken[many, "due"]).json(),
        "many_of_few": ratios(taken[many, "due"], taken[few, "due"]).json(),
        "nothing_due_few_ms": figure(taken[few, "nothing"]).json(),
        "nothing_due_many_ms": figure(taken[many, "nothing"]).json(),
    }


async def _filled(place: Place, kind: str, size: int, begin: datetime, looks: int) -> Service:
    """A desk with `size` open follow-ups that fall due in a month, besides those that each look, from `begin` on, is to
    find."""
    service = await place.service(await place.database(kind))
    office, workspace = service.office, service.workspace
    owners = await cast.add_members(office, workspace, _MEMBERS)
    loans = await cast.add_loans(office, workspace, owners, _LOANS_EACH)
    later = (begin + timedelta(days=30, seconds=number) for number in range(size))
    now = (begin + timedelta(minutes=look) for look in range(looks) for _ in range(DUE))
    await cast.add_follow_ups(office, workspace, loans, owners, (at for due in (later, now) for at in due))
    await cast.analyze(office.database)
    return service


async def _look(service: Service, at: datetime, expected: int) -> float:
    started = time.perf_counter()
    async with service.office.database.transaction() as session:
        rows = await due_scan.take_reminders(session, service.workspace.id, at, limit=500)
    taken = 1000 * (time.perf_counter() - started)
    assert len(rows) == expected, f"{len(rows)} were due, not {expected}"
    return taken
