"""The App Home of an agent with few and one with many open follow-ups: reading it, and rendering it for Slack."""

import time
from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bench import dataset
from bench.environment import Environment
from bench.stats import ratios, summarize
from bot.service import Service
from desk.messages.home import HomePage, home_of
from handlers.messages.block_kit.translator import Translator
from handlers.messages.home import home
from storage.tables import Member

FEW, MANY = 10, 1_000
"""Open follow-ups of the agent who opens the Home, half of them late."""

_LOANS = 100


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the time of one Home in ms on one database, for an agent with few and one with many follow-ups."""
    rounds = 10 if env.quick else 40
    durations: dict[int, list[float]] = defaultdict(list)
    service = await env.service(await env.database(kind))
    try:
        agents = await _agents(service)
        for number in range(rounds + 1):
            for size in (FEW, MANY) if number % 2 else (MANY, FEW):
                took = await _show_home(service, agents[size], size)
                if number:  # the first round warms up
                    durations[size].append(took)
    finally:
        await service.close()
    return {
        "few": FEW,
        "many": MANY,
        "few_ms": summarize(durations[FEW]).json(),
        "many_ms": summarize(durations[MANY]).json(),
        "many_of_few": ratios(durations[MANY], durations[FEW]).json(),
    }


async def _agents(service: Service) -> dict[int, UUID]:
    office, workspace = service.office, service.workspace
    few, many = await dataset.add_members(office, workspace, 2)
    for agent, size in ((few, FEW), (many, MANY)):
        loans = await dataset.add_loans(office, workspace, [agent], _LOANS, first=size)
        begin = office.clock.now() - timedelta(seconds=size // 2)
        instants = (begin + timedelta(seconds=second) for second in range(size))
        await dataset.add_follow_ups(office, workspace, loans, [agent], instants)
    await dataset.analyze(office.database)
    return {FEW: few, MANY: many}


async def _show_home(service: Service, agent: UUID, expected: int) -> float:
    started = time.perf_counter()
    async with service.office.reading_desk(service.workspace) as desk:
        desk.actor = await desk.session.get_one(Member, agent)
        seen = await home_of(desk, HomePage())
    home(Translator("zh-CN"), seen, ZoneInfo("Asia/Shanghai")).content()
    duration = 1000 * (time.perf_counter() - started)
    assert seen.total == expected, f"the home counts {seen.total} calls, not {expected}"
    return duration
