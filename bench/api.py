"""The API as a program of the lender uses it: single payments over a few connections, and 10,000 events at once."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import aiohttp
from sqlalchemy import text

from bench import dataset, load
from bench.beside import COMMAND, OTHERS
from bench.environment import Environment
from bench.imports import MEMBERS
from bench.machine import cpu_seconds
from bench.stats import percentile
from desk.people import tokens

CONNECTIONS = 8
_WAIT_SECONDS = 300


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return single payments per second and their 99th percentile, how long 10,000 events take to be accepted and applied, and
    how long members wait for a command before that and meanwhile."""
    singles, events, others_seconds = (200, 500, 1.0) if env.quick else (3_000, 10_000, 5.0)
    url = await env.database(kind)
    token, made = await _with_loans(env, url)
    with env.desk(url) as server, _worker(env, kind, url):
        await server.ready()
        base, headers = f"http://127.0.0.1:{server.port}", {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(base, headers=headers) as session:
            bodies = list(islice(made, singles))
            cpu = cpu_seconds(server.pid)
            took, seconds = await _single(session, bodies)
            cpu = cpu_seconds(server.pid) - cpu
            alone = await load.measure(env.generator, server.port, COMMAND, OTHERS, seconds=others_seconds, warm_up=0.5)
            batch = list(islice(made, events))
            began = time.monotonic()
            batch_url = await _send_batch(session, batch)
            accepted_s = time.monotonic() - began
            meanwhile = asyncio.ensure_future(
                load.measure(env.generator, server.port, COMMAND, OTHERS, seconds=others_seconds, warm_up=0.0)
            )
            await _applied(session, batch_url, events)
            applied_s = time.monotonic() - began
            beside = await meanwhile
            assert not beside.failed, beside.wrong
    return {
        "single_per_second": round(singles / seconds),
        "single_p99_ms": round(percentile(took, 0.99) * 1000, 1),
        "single_cpu_ms": round(cpu / singles * 1000, 2),
        "events": events,
        "accepted_s": round(accepted_s, 2),
        "applied_s": round(applied_s, 1),
        "others_ms": [round(each, 1) for each in (alone.p99, alone.worst, beside.p99, beside.worst)],
    }


async def _with_loans(env: Environment, url: str) -> tuple[str, Iterator[dict[str, str]]]:
    """Fill a database with loans that were paid out. Return a token of a program that may report payments, and payments without
    end, of each loan in turn."""
    service = await env.service(url)
    owners = await dataset.add_members(service.office, service.workspace, MEMBERS)
    await dataset.add_loans(service.office, service.workspace, owners)
    async with service.office.desk(service.workspace) as desk:
        scopes, lifetime = ("loans:write", "payments:write"), timedelta(days=1)
        issued = await tokens.issue(desk, name="bench", scopes=scopes, lifetime=lifetime, by="bench")
        today = desk.workspace_today.isoformat()
    async with service.office.database.engine.begin() as connection:
        await connection.execute(text("UPDATE loan SET stage = 'disbursed'"))
    await dataset.analyze(service.office.database)
    await service.close()
    return issued.text, _payments(today)


def _payments(today: str) -> Iterator[dict[str, str]]:
    loans = [dataset.loan_number(member, loan) for member in range(MEMBERS) for loan in range(dataset.LOANS_EACH)]
    for number, loan in enumerate(cycle(loans)):
        given = {"type": "payment", "id": f"e-{number}", "loan": loan, "amount": "1.00"}
        yield given | {"paid_on": today, "reference": f"P-{number}"}


def _worker(env: Environment, kind: str, url: str) -> AbstractContextManager[object]:
    """Run the worker: on SQLite the process that serves is the one."""
    return env.worker(url) if kind == "postgresql" else nullcontext()


async def _single(session: aiohttp.ClientSession, bodies: list[dict[str, str]]) -> tuple[list[float], float]:
    """Report these payments one by one over the connections. Return how long each took, and all of them."""
    waiting, took = iter(bodies), list[float]()

    async def report() -> None:
        for body in waiting:
            began = time.monotonic()
            async with session.post("/api/v1/events", json=body) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()
            took.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(report() for _ in range(CONNECTIONS)))
    return took, time.monotonic() - began


async def _send_batch(session: aiohttp.ClientSession, events: list[dict[str, str]]) -> str:
    """Send these events at once, and return where the desk tells what became of them."""
    async with session.post("/api/v1/event-batches", json={"events": events}) as answer:
        accepted = await answer.json()
    assert accepted["accepted"] == len(events), accepted
    return accepted["url"]


async def _applied(session: aiohttp.ClientSession, url: str, events: int) -> None:
    async with asyncio.timeout(_WAIT_SECONDS):
        while True:
            async with session.get(f"{url}?limit=1") as answer:
                found = await answer.json()
            if not found["waiting"]:
                assert found["applied"] == events, found
                return
            await asyncio.sleep(0.1)
