"""The database: an engine, and transactions with the same guarantees on SQLite and PostgreSQL."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel

from storage.engine import sqlite_driver
from storage.engine.work import Work

CONNECT_SECONDS = 1.5
"""Time limit for connecting or waiting for a connection: Slack expects an answer within 3 s."""

CONNECTIONS = 20
"""How many connections to PostgreSQL a process may open; half of them stay open."""

BUSY_MILLISECONDS = 1500
"""How long SQLite waits for the lock of another process."""

LARGE_CACHE = 65_536
"""The KiB of the file that SQLite keeps in memory for a connection that writes much; otherwise it is 2,000."""

COMMAND_SECONDS = 20
"""Time limit of a statement on PostgreSQL: a silent connection must not block the worker for ever."""

IDLE_SECONDS = 10
"""How long PostgreSQL keeps an idle transaction and its locks: its process may be frozen. One that froze between the parts of a
statement counts as active there, and keeps its locks until it wakes or dies."""


_WRITTEN = "write it like sqlite:///data/loandesk.db or postgresql://user:password@host/name"


def async_url(url: str) -> str:
    """Return `url` (`sqlite:///…` or `postgresql://…`, as operators write it) with the driver that the desk uses.

    Raise ValueError for another database or an invalid URL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(_WRITTEN) from None
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    backend = parsed.drivername.split("+")[0]
    if backend not in drivers:
        raise ValueError(f"it must begin with sqlite: or postgresql:, not {backend}:")
    if backend == "sqlite" and not parsed.database:
        raise ValueError(_WRITTEN)
    return parsed.set(drivername=drivers[backend]).render_as_string(hide_password=False)


_BESIDE = ("", "-wal", "-shm", "-engine", "-engine-wal", "-engine-shm", "-disclosures", "-disclosures-taken")
"""What the names of SQLite's files, those of the delivery engine, and the journal of disclosures end in."""


def make_folder(url: str) -> None:
    """Create the folder of an SQLite file if it does not exist, and let only the owner read the files in it."""
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private(path)  # SQLite gives the files beside it the same permissions
        for file in _files(parsed.database):
            with contextlib.suppress(PermissionError):  # of another owner; `loandesk doctor` says so
                if file.stat().st_mode & 0o077:
                    file.chmod(0o600)


def make_private(path: Path) -> None:
    """Create an empty file that only its owner may read and write, if there is none."""
    with contextlib.suppress(FileExistsError):  # one that exists is left as it is
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def open_to_others(url: str) -> list[Path]:
    """Return which of an SQLite database's folder and files others on this machine may read or write."""
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite") or not parsed.database:
        return []
    places = [Path(parsed.database).absolute().parent, *_files(parsed.database)]
    return [place for place in places if place.exists() and place.stat().st_mode & 0o077]


def _files(database: str) -> list[Path]:
    return [file for end in _BESIDE if (file := Path(database + end)).exists()]


class Database:
    """An engine and the process's writer lock.

    SQLite has one writer, and its busy handler, in which other writers wait, is unfair and slow. So on SQLite all writing
    transactions of the process take one lock and begin IMMEDIATE.

    On PostgreSQL statements and idle transactions have time limits, unless `patient`. On SQLite, `writes_much` keeps more of the
    file in memory, which an import of many loans would otherwise read again and again, and lets others write first;
    `overwrites` overwrites what is deleted with zeros.
    """

    def __init__(self, url: str, *, patient: bool = False, writes_much: bool = False, overwrites: bool = False) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(self.url, writes_much, overwrites) if self.is_sqlite else _postgres_engine(self.url, patient)
        )
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Work]:
        """Yield a unit of work. Commit it at the end of the block, or roll it back when the block raises."""
        async with self._writer or contextlib.nullcontext(), self._work(writing=self.is_sqlite) as work:
            if self.is_sqlite:
                await work.begin()
            try:
                yield work
                await work.commit()
            except BaseException:
                with contextlib.suppress(Exception):  # a lost connection cannot roll back, and must not hide the reason
                    await work.rollback()
                raise

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[Work]:
        """Yield a unit of work for reading."""
        async with self._work(writing=False) as work:
            yield work

    @contextlib.asynccontextmanager
    async def _work(self, *, writing: bool) -> AsyncGenerator[Work]:
        work = Work(self.engine, writing=writing)
        try:
            yield work
        finally:
            await work.close()

    @contextlib.asynccontextmanager
    async def loading(self) -> AsyncGenerator[AsyncConnection]:
        """Yield a connection in a writing transaction, for what fills and migrates a whole database."""
        async with self._writer or contextlib.nullcontext(), self.engine.connect() as connection:
            await connection.execution_options(immediate=True)
            async with connection.begin():
                yield connection

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """Yield a connection that sees one state from its first statement on, however long it reads. It blocks no writer."""
        async with self.engine.connect() as connection:
            if not self.is_sqlite:  # a reader of SQLite's WAL has this anyway
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    async def empty_log(self) -> bool:
        """Take what SQLite's log has into the file and empty it: the log keeps pages as they were. Return whether it is empty,
        and not held by a reader."""
        if not self.is_sqlite:
            return True
        async with self.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            rows, _ = await raw.read("PRAGMA wal_checkpoint(TRUNCATE)", ())
        return rows[0][0] == 0

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _postgres_engine(url: str, patient: bool) -> AsyncEngine:
    limits: dict[str, Any] = {
        "command_timeout": COMMAND_SECONDS,
        "server_settings": {"idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s"},
    }
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_use_lifo=True,  # of one connection that is used again and again, the database and the driver know more
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=CONNECT_SECONDS,
        connect_args={"timeout": CONNECT_SECONDS, "async_creator_fn": _connect} | ({} if patient else limits),
    )


async def _connect(*arguments: Any, **settings: Any) -> Any:
    """Return a connection to PostgreSQL. Raise ConnectionError for whatever the operating system says instead."""
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]  # only on PostgreSQL

    connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        return await connect(*arguments, **settings)
    except (ConnectionError, TimeoutError):
        raise
    except OSError as error:  # no such socket, host or route
        raise ConnectionError(str(error)) from error


def _sqlite_engine(url: str, writes_much: bool, overwrites: bool) -> AsyncEngine:
    look_seconds = sqlite_driver.YIELDING_LOOK_SECONDS if writes_much else sqlite_driver.LOOK_SECONDS
    connect = partial(sqlite_driver.connect, look_seconds=look_seconds)
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "async_creator_fn": connect},
        pool_use_lifo=True,  # SQLite forgets what a connection has read when another one has written
        pool_timeout=CONNECT_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        # The driver would send a deferred BEGIN, and late; `begin` below sends ours.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        if writes_much:
            cursor.execute(f"PRAGMA cache_size=-{LARGE_CACHE}")
        if overwrites:
            cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql(sqlite_driver.BEGIN_WRITING if immediate else "BEGIN")

    return engine


def insert_into(where: Work | str, table: type[SQLModel] | Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert with `on_conflict_do_nothing` and `on_conflict_do_update`, for a transaction or the dialect so named."""
    dialect = where if isinstance(where, str) else where.dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table)
