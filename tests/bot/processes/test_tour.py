"""Two processes that answer Slack and two that remind, on one PostgreSQL: the tour goes as in one process."""

import asyncio
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlmodel import col, func, select

from bot.commands.serving import Command
from bot.demo.scripts import CHINESE, ENGLISH, Script
from bot.demo.setup import open_demo
from bot.demo.tour import START, ScriptClock, play
from bot.service import Service
from sandbox.server import Sandbox
from storage.queries.messages import backlogs
from storage.tables import Process
from tests.bot.processes.conftest import Processes

SECONDS_A_ROUND = 120.0


@dataclass
class Balancer:
    """A load balancer: each request goes to the next process."""

    ports: list[int]
    runner: web.AppRunner | None = None

    async def start(self) -> str:
        turns = cycle(self.ports)

        async def pass_on(request: web.Request) -> web.Response:
            url = f"http://127.0.0.1:{next(turns)}{request.path}"
            async with (
                aiohttp.ClientSession() as http,
                http.post(url, data=await request.read(), headers=request.headers) as answer,
            ):
                headers = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
                return web.Response(status=answer.status, body=await answer.read(), headers=headers)

        application = web.Application()
        application.add_routes([web.post("/{path:.*}", pass_on)])
        self.runner = web.AppRunner(application)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()


class FourProcesses:
    """Four processes run the desk; a round is over when both workers have made one and nothing is pending."""

    def __init__(self, processes: Processes, door: Command) -> None:
        self._processes = processes
        self._door: Command = door
        self._service: Service | None = None
        self._balancer: Balancer | None = None

    async def start(self, service: Service, sandbox: Sandbox) -> str | None:
        self._service = service
        # Four processes that start on a busy machine: whether an answer takes 3 s is measured elsewhere.
        sandbox.delivery.timeout = sandbox.sockets.timeout = SECONDS_A_ROUND
        self._processes.clock.set(service.office.clock.now())
        names: list[tuple[Command, str]] = [
            (self._door, "door-1"),
            (self._door, "door-2"),
            ("worker", "worker-1"),
            ("worker", "worker-2"),
        ]
        doors = await asyncio.gather(*(self._processes.start(service.settings, *one) for one in names))
        if self._door == "socket":
            await sandbox.wait_for(lambda: len(sandbox.sockets.connections) == 2, timeout=SECONDS_A_ROUND)
            return None
        self._balancer = Balancer([one.port for one in doors[:2]])
        return await self._balancer.start()

    async def round(self) -> None:
        assert self._service is not None
        self._processes.clock.set(self._service.office.clock.now())
        async with asyncio.timeout(SECONDS_A_ROUND):
            while not await self._settled(self._service):  # noqa: ASYNC110  (other processes write to the database)
                await asyncio.sleep(0.1)

    async def _settled(self, service: Service) -> bool:
        async with service.office.database.reading() as session:
            worked = select(func.count(), func.min(Process.worked_at)).where(col(Process.kind) == "worker")
            workers, behind = (await session.exec(worked)).one()
            owed, _ = await backlogs.waiting(session, [service.workspace.id])
        return workers == 2 and behind is not None and behind >= service.office.clock.now() and owed == 0

    async def close(self) -> None:
        if self._balancer is not None:
            await self._balancer.stop()
        stopped = await asyncio.gather(*(one.stop() for one in self._processes.started))
        assert stopped == [0, 0, 0, 0]


@pytest.mark.parametrize("script", [CHINESE, ENGLISH], ids=["Chinese", "English"])
@pytest.mark.parametrize("door", ["serve", "socket"])
async def test_two_doors_and_two_workers_carry_the_tour(
    processes: Processes, postgres_url: str, tmp_path: Path, door: Command, script: Script
) -> None:
    clock = ScriptClock(START)
    demo = await open_demo(
        tmp_path,
        clock,
        port=0,
        locale=script.locale,
        around_the_clock=False,
        database_url=postgres_url,
        runtime=FourProcesses(processes, door),
    )
    try:
        await play(demo, clock, script)
    finally:
        await demo.close()
