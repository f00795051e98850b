"""Somebody's App Home among few open follow-ups and among very many: read, and written as Slack gets it."""

import time
from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench import cast
from bench.figures import figure, ratios
from bench.place import Place
from bot.service import Service
from desk.messages.home import Showing, home_of
from handlers.messages.block_kit.translator import Translator
from handlers.messages.home import home
from storage.tables import Member

FEW, MANY = 10, 1_000
"""Open follow-ups of whoever opens their home, half of them overdue."""

_LOANS = 100


async def measure(place: Place, kind: str) -> dict[str, Any]:
    """The time of one home, in ms, on one database: that of an agent with few, and that of one with many."""
    rounds = 10 if place.quick else 40
    taken: dict[int, list[float]] = defaultdict(list)
    service = await place.service(await place.database(kind))
    try:
        agents = await _agents(service)
        for number in range(rounds + 1):
            for size in (FEW, MANY) if number % 2 else (MANY, FEW):
                took = await _look(service, agents[size], size)
                if number:  # the first round warms up
                    taken[size].append(took)
    finally:
        await service.close()
    return {
        "few": FEW,
        "many": MANY,
        "few_ms": figure(taken[FEW]).json(),
        "many_ms": figure(taken[MANY]).json(),
        "many_of_few": ratios(taken[MANY], taken[FEW]).json(),
    }


async def _agents(service: Service) -> dict[int, UUID]:
    office, workspace = service.office, service.workspace
    few, many = await cast.add_members(office, workspace, 2)
    for agent, size in ((few, FEW), (many, MANY)):
        loans = await cast.add_loans(office, workspace, [agent], _LOANS, first=size)
        begin = office.clock.now() - timedelta(seconds=size // 2)
        instants = (begin + timedelta(seconds=second) for second in range(size))
        await cast.add_follow_ups(office, workspace, loans, [agent], instants)
    await cast.analyze(office.database)
    return {FEW: few, MANY: many}


async def _look(service: Service, agent: UUID, expected: int) -> float:
    started = time.perf_counter()
    async with service.office.reading_desk(service.workspace) as desk:
        desk.actor = await desk.session.get_one(Member, agent)
        seen = await home_of(desk, Showing())
    home(Translator("zh-CN"), seen).content()
    taken = 1000 * (time.perf_counter() - started)
    assert seen.total == expected, f"the home counts {seen.total} calls, not {expected}"
    return taken
