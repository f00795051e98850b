"""Webhooks that a worker sends to receivers on this machine, which answer at once."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from bench import dataset
from bench.environment import Environment
from bench.machine import cpu_seconds
from desk.webhooks import endpoints
from storage.engine.types import new_id

ENDPOINTS = 4
"""Endpoints, each of which gets every event, in order: one request at a time."""

_WAIT_SECONDS = 300
_MEMBERS = 10


class _Receiver:
    """Counts the requests that come, each with an id of its own, and when the first and the last did."""

    def __init__(self) -> None:
        self.ids: set[tuple[str, str]] = set()
        self.times: list[float] = []
        self.port = 0
        self.came = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        self.ids.add((request.path, request.headers["webhook-id"]))
        self.times.append(time.monotonic())
        self.came.set()
        return web.Response()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["_Receiver"]:
        application = web.Application()
        application.add_routes([web.post("/{endpoint}", self.take)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the webhooks per second that one worker delivers, from the first to the last, and its CPU ms for each, both without
    its start."""
    events = 100 if env.quick else 1_000
    url = await env.database(kind)
    async with _Receiver().running() as receiver:
        await _fill(env, url, events, receiver.port)
        with env.worker(url, LOANDESK_WEBHOOKS_PRIVATE="127.0.0.0/8") as worker:
            await _came(receiver, 1)
            before = cpu_seconds(worker.pid)
            await _came(receiver, events * ENDPOINTS)
            cpu = cpu_seconds(worker.pid) - before
    count = len(receiver.times)
    assert count == len(receiver.ids), f"{count - len(receiver.ids)} webhooks came twice"
    return {
        "delivered": count,
        "per_second": round(count / (receiver.times[-1] - receiver.times[0]), 1),
        "cpu_ms": round(1000 * cpu / count, 2),
    }


async def _fill(env: Environment, url: str, events: int, port: int) -> None:
    """Add the endpoints, and then as many events of logged calls as if members had just logged them."""
    service = await env.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, _MEMBERS)
        loans = await dataset.add_loans(office, workspace, owners)
        for number in range(ENDPOINTS):
            async with office.desk(workspace) as desk:
                await endpoints.add(desk, f"http://127.0.0.1:{port}/{number}", ["call.logged"])
        now = office.clock.now()
        told = {"outcome": "no_answer", "purpose": "identity", "at": now.isoformat()}
        data = told if office.database.is_sqlite else json.dumps(told)  # COPY takes text
        rows = (
            {
                "id": new_id(),
                "workspace_id": workspace.id,
                "type": "call.logged",
                "loan_id": loans[number % len(loans)],
                "subject_id": new_id(),
                "actor_id": owners[number % len(owners)],
                "data": data,
                "at": now,
            }
            for number in range(events)
        )
        await dataset.bulk(office.database, "webhook_event", rows)
        await dataset.analyze(office.database)
    finally:
        await service.close()


async def _came(receiver: _Receiver, count: int) -> None:
    async with asyncio.timeout(_WAIT_SECONDS):
        while len(receiver.ids) < count:
            receiver.came.clear()
            await receiver.came.wait()
