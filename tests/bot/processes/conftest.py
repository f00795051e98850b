"""Real processes of the desk, beside a sandbox that plays Slack."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.commands.serving import Command
from bot.settings import Settings
from tests.bot.processes import desk_process
from tests.bot.processes.desk_process import FileClock

STARTED_WITHIN = 90.0
"""Seconds: a busy machine takes long to import everything."""


@dataclass
class Running:
    """One process. `output` has what it printed."""

    process: BaseProcess
    output: Path

    @property
    def port(self) -> int:
        """Where it answers Slack."""
        return self._logged("serving")["port"]

    @property
    def admin(self) -> int:
        """Where its health is."""
        return self._logged("health_and_metrics")["port"]

    def _logged(self, event: str) -> dict[str, Any]:
        lines = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return next(line for line in lines if line["event"] == event)

    async def get(self, path: str) -> tuple[int, Any]:
        """Return status and body of a page of the admin port; status 0 without an answer."""
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"http://127.0.0.1:{self.admin}{path}") as response,
            ):
                json = response.content_type == "application/json"
                return response.status, await (response.json() if json else response.text())
        except aiohttp.ClientError:
            return 0, None

    async def until_serving(self) -> None:
        """Wait until it has opened its ports, which the system chose. Fail when the process ends first."""
        async with asyncio.timeout(STARTED_WITHIN):
            while '"serving"' not in self.said():
                assert self.process.exitcode is None, self.said()
                await asyncio.sleep(0.05)

    async def until(self, path: str, status: int) -> Any:
        """Wait until the page has that status. Fail when the process ends first."""
        async with asyncio.timeout(STARTED_WITHIN):
            while True:
                found, body = await self.get(path)
                if found == status:
                    return body
                assert self.process.exitcode is None, self.said()
                await asyncio.sleep(0.1)

    def send(self, number: signal.Signals) -> None:
        """Send that signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, wait for the end, and return the exit code."""
        self.send(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for its end and return the exit code. Raises TimeoutError with what it printed and where its threads are."""
        await asyncio.to_thread(self.process.join, STARTED_WITHIN)
        if self.process.exitcode is None:
            self.send(signal.SIGUSR1)
            await asyncio.sleep(1)
            raise TimeoutError(self.said())
        return self.process.exitcode

    def said(self) -> str:
        """Return all it printed, complete once it has ended."""
        return self.output.read_text()


@dataclass
class Processes:
    """Start processes with these settings and end those that a test leaves running."""

    clock: FileClock
    clock_file: Path
    started: list[Running] = field(default_factory=list[Running])

    async def start(
        self, settings: Settings, command: Command, name: str = "", *, ready: str | None = "/healthz"
    ) -> Running:
        """Start a process and wait until it answers at `ready`."""
        environment = os.environ | {
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "SLACK_BOT_TOKEN": settings.bot_token.get_secret_value(),
            "SLACK_APP_TOKEN": settings.app_token.get_secret_value(),
            "SLACK_SIGNING_SECRET": settings.signing_secret.get_secret_value(),
            "SLACK_API_URL": settings.slack_api_url,
            "LOANDESK_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
            "LOANDESK_SEARCH_KEY": settings.search_key.get_secret_value(),
            "LOANDESK_FIRST_ADMIN": settings.first_admin,
            "LOANDESK_COUNTRY": settings.country,
            "LOANDESK_EXECUTOR_ID": name,
            "LOANDESK_ADMIN_PORT": "0",
            "LOANDESK_STOP_SECONDS": str(settings.stop_seconds),
            "PORT": "0",
        }
        output = self.clock_file.with_name(f"printed-{len(self.started)}")
        output.touch()
        process = desk_process.begin(command, self.clock_file, environment, output)
        running = Running(process, output)
        self.started.append(running)
        if ready is not None:
            await running.until_serving()
            await running.until(ready, 200)
        return running

    async def end_all(self) -> None:
        for one in self.started:
            if one.process.exitcode is None:
                one.send(signal.SIGCONT)
                await one.stop(signal.SIGKILL)


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    path = tmp_path / "clock"
    there = Processes(FileClock(path), path)
    yield there
    await there.end_all()
