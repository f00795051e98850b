"""`/loan-call` from the HTTP request to the committed answer, compared with the no-op in alternating rounds."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Any

from bench import dataset, load
from bench.environment import MEMBERS, Environment, Server
from bench.load import CommandTemplate, LoadPoint, LoadResult
from bench.noop import ANSWER, COMMAND
from bench.stats import ratios, summarize

POINTS = (
    LoadPoint("1 connection", connections=1),
    LoadPoint("16 connections", connections=16),
    LoadPoint("64 connections", connections=64),
    LoadPoint("100 a second", per_second=100),
    LoadPoint("300 a second", per_second=300),
)

LOAN_CALL = CommandTemplate(
    command="/loan-call",
    text=f"{dataset.loan_number(0, 0).replace('0-0', '{u}-{r}')} no answer identity rang {{i}} next tomorrow 10am",
    users=MEMBERS,
    loans=dataset.LOANS_EACH,
    expects="undo.",
)
"""Each line is distinct. It logs an attempt and moves a follow-up, and so changes nothing else about the loans."""

NOOP = CommandTemplate(command=COMMAND, text=LOAN_CALL.text, users=MEMBERS, loans=dataset.LOANS_EACH, expects=ANSWER)


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the results on one database by load point."""
    url = await env.database(kind)
    await prepare(env, url)
    rounds, seconds = (2, 0.8) if env.quick else (4, 1.6)
    results: dict[tuple[str, str], list[LoadResult]] = defaultdict(list)
    with env.noop() as noop, env.desk(url) as desk:
        sides: tuple[tuple[str, Server, CommandTemplate], ...] = (("noop", noop, NOOP), ("loan_call", desk, LOAN_CALL))
        for _, server, template in sides:
            await server.ready()
            await load.measure(env.generator, server.port, template, POINTS[1], seconds=1.0, warm_up=1.0)
        for number in range(rounds):
            for point in POINTS:
                for side, server, template in sides if number % 2 == 0 else reversed(sides):
                    answers = await load.measure(
                        env.generator, server.port, template, point, seconds=seconds, warm_up=0.3
                    )
                    results[point.name, side].append(answers)
                    # The server is still working on requests that were not answered.
                    await asyncio.sleep(2.0 if answers.failed else 0.05)
    return {point.name: _point(results[point.name, "loan_call"], results[point.name, "noop"]) for point in POINTS}


async def prepare(env: Environment, url: str) -> None:
    """Fill the database with the members, loans and follow-ups that the commands are about."""
    service = await env.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, MEMBERS)
        loans = await dataset.add_loans(office, workspace, owners)
        await dataset.add_follow_ups(
            office, workspace, loans, owners, [office.clock.now() + timedelta(days=1)] * len(loans)
        )
        await dataset.analyze(office.database)
    finally:
        await service.close()


def _point(desk: list[LoadResult], noop: list[LoadResult]) -> dict[str, Any]:
    return {
        "rate": summarize([a.rate for a in desk]).json(),
        "p50_ms": summarize([a.p50 for a in desk]).json(),
        "p99_ms": summarize([a.p99 for a in desk]).json(),
        "worst_ms": max(a.worst for a in desk),
        "failed": sum(a.failed for a in desk + noop),
        "wrong": next((a.wrong for a in desk + noop if a.wrong), ""),
        "noop_rate": summarize([a.rate for a in noop]).json(),
        "noop_p50_ms": summarize([a.p50 for a in noop]).json(),
        "noop_p99_ms": summarize([a.p99 for a in noop]).json(),
        "of_noop": ratios([a.rate for a in desk], [a.rate for a in noop]).json(),
    }
