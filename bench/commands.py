"""`/loan-call` from HTTP to the committed answer, against the least that a command can cost, in turns."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Any

from bench import cast, load
from bench.figures import figure, ratios
from bench.load import Answers, Point, Typed
from bench.noop import ANSWER, COMMAND
from bench.place import PEOPLE, Place, Server

POINTS = (
    Point("1 connection", connections=1),
    Point("16 connections", connections=16),
    Point("64 connections", connections=64),
    Point("100 a second", per_second=100),
    Point("300 a second", per_second=300),
)

LOAN_CALL = Typed(
    command="/loan-call",
    text=f"{cast.loan_number(0, 0).replace('0-0', '{u}-{r}')} no answer identity rang {{i}} next tomorrow 10am",
    users=PEOPLE,
    loans=cast.LOANS_EACH,
    expects="undo.",
)
"""Each line is another one. It logs an attempt and moves a follow-up, so that the loans stay as they are otherwise."""

NOOP = Typed(command=COMMAND, text=LOAN_CALL.text, users=PEOPLE, loans=cast.LOANS_EACH, expects=ANSWER)


async def measure(place: Place, kind: str) -> dict[str, Any]:
    """The figures of that database, by point."""
    url = await place.database(kind)
    await prepare(place, url)
    rounds, seconds = (2, 0.8) if place.quick else (4, 1.6)
    taken: dict[tuple[str, str], list[Answers]] = defaultdict(list)
    with place.noop() as noop, place.desk(url) as desk:
        sides: tuple[tuple[str, Server, Typed], ...] = (("noop", noop, NOOP), ("loan_call", desk, LOAN_CALL))
        for _, server, typed in sides:
            await server.ready()
            await load.measure(place.generator, server.port, typed, POINTS[1], seconds=1.0, warm_up=1.0)
        for number in range(rounds):
            for point in POINTS:
                for side, server, typed in sides if number % 2 == 0 else reversed(sides):
                    answers = await load.measure(
                        place.generator, server.port, typed, point, seconds=seconds, warm_up=0.3
                    )
                    taken[point.name, side].append(answers)
                    # What was asked and never answered is still at work in the server.
                    await asyncio.sleep(2.0 if answers.failed else 0.05)
    return {point.name: _point(taken[point.name, "loan_call"], taken[point.name, "noop"]) for point in POINTS}


async def prepare(place: Place, url: str) -> None:
    service = await place.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await cast.add_members(office, workspace, PEOPLE)
        loans = await cast.add_loans(office, workspace, owners)
        await cast.add_follow_ups(
            office, workspace, loans, owners, [office.clock.now() + timedelta(days=1)] * len(loans)
        )
        await cast.analyze(office.database)
    finally:
        await service.close()


def _point(desk: list[Answers], noop: list[Answers]) -> dict[str, Any]:
    return {
        "rate": figure([a.rate for a in desk]).json(),
        "p50_ms": figure([a.p50 for a in desk]).json(),
        "p99_ms": figure([a.p99 for a in desk]).json(),
        "worst_ms": max(a.worst for a in desk),
        "failed": sum(a.failed for a in desk + noop),
        "wrong": next((a.wrong for a in desk + noop if a.wrong), ""),
        "noop_rate": figure([a.rate for a in noop]).json(),
        "noop_p50_ms": figure([a.p50 for a in noop]).json(),
        "noop_p99_ms": figure([a.p99 for a in noop]).json(),
        "of_noop": ratios([a.rate for a in desk], [a.rate for a in noop]).json(),
    }
