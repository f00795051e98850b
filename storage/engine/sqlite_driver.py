"""SQLite through aiosqlite with fewer switches to the connection's thread.

aiosqlite switches threads to make a cursor, to execute, to fetch and to close; each switch costs more than SQLite's work.
Here a statement needs one switch, and none in a writing transaction, whose statements are short and use an index. To begin
needs none, nor does the end of a transaction that wrote nothing. Work that may wait for a lock or the disk
(commit, and reading transactions such as lists) never blocks the event loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any

import aiosqlite

_CHUNK = 64

_AT_ONCE = 1000
"""Rows fetched together with the statement; more are fetched on demand, so that a large table does not fill memory."""

LOOK_SECONDS, YIELDING_LOOK_SECONDS = 0.003, 0.025
"""How long until a process looks again whether the write lock is free: shorter than an import leaves it free. An import itself
looks less often, so that what waits in the desk's process is written one after the other."""

_DEFAULT_TIMEOUT = 5.0
"""Seconds that sqlite3 waits for a lock unless it is told otherwise."""

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begin a transaction that holds SQLite's write lock from the start."""


def connect(database: str, *, look_seconds: float = LOOK_SECONDS, **settings: Any) -> "Connection":
    """Return a connection to be awaited. The arguments are those of `sqlite3.connect`, and how long it waits until it looks
    again whether the write lock is free."""
    timeout = settings.get("timeout", _DEFAULT_TIMEOUT)
    return Connection(lambda: sqlite3.connect(database, **settings), _CHUNK, timeout, look_seconds)


class Connection(aiosqlite.Connection):
    """A connection whose cursors fetch rows together with the statement."""

    def __init__(self, connector: Any, iter_chunk_size: int, timeout: float, look_seconds: float) -> None:
        super().__init__(connector, iter_chunk_size)
        # A process that ends without closing the connection must not wait for its thread.
        self._thread.daemon = True
        self._writes = False
        self._in_thread = 0
        self._timeout, self._look_seconds = timeout, look_seconds
        self._patience = f"PRAGMA busy_timeout={round(timeout * 1000)}"

    def cursor(self) -> Any:
        """Return a cursor without switching threads."""
        return _Cursor(self)

    async def run(self, many: bool, sql: str, parameters: Any) -> "_Result":
        """Execute a statement and fetch its first rows."""
        if self._writes:
            return self._run(many, sql, parameters)
        result = await self._execute(self._run, many, sql, parameters)  # pyright: ignore[reportUnknownMemberType]
        self._writes = sql == BEGIN_WRITING
        return result

    async def read(self, sql: str, parameters: Any) -> tuple[list[Any], int]:
        """Execute a statement. Return all its rows, and how many rows it returned or changed."""
        result = await self.run(False, sql, parameters)
        if result.rest is not None:
            result.rows += await self.in_thread(result.rest.fetchall)
            await self.in_thread(result.rest.close)
        return result.rows, result.rowcount if result.description is None else len(result.rows)

    async def begin(self, writing: bool) -> None:
        """Begin a transaction; `writing` takes SQLite's write lock."""
        if self._in_thread:
            await self.run(False, BEGIN_WRITING if writing else "BEGIN", ())
        elif writing:
            await self._begin_to_write()
        else:
            self._conn.execute("BEGIN")  # takes no lock yet
        self._writes = writing

    async def commit(self) -> None:
        """Commit in the connection's thread: it may wait for the disk."""
        if self._in_thread or self._conn.in_transaction:
            self._writes = False
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, in the connection's thread if something may have been written."""
        writes, self._writes = self._writes, False
        if self._in_thread or (writes and self._conn.in_transaction):
            await super().rollback()
        else:
            self._conn.rollback()

    async def _begin_to_write(self) -> None:
        """Take the write lock as soon as no other process has it.

        SQLite's own waiting sleeps for up to 100 ms between two looks: a process that takes the lock again a moment after it let
        it go, as an import does, then keeps this one out for a second and more.
        """
        ends = time.monotonic() + self._timeout
        while (busy := self._try_to_write()) is not None:
            if time.monotonic() > ends:
                raise busy
            await asyncio.sleep(self._look_seconds)

    def _try_to_write(self) -> sqlite3.OperationalError | None:
        """Take the write lock if that needs no waiting. Return what SQLite says if another process has it."""
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self._conn.execute(BEGIN_WRITING)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return error
        finally:
            self._conn.execute(self._patience)
        return None

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a function in the connection's thread. After one that was cancelled, the connection never counts as idle."""
        self._in_thread += 1
        try:
            return await super()._execute(fn, *args, **kwargs)  # pyright: ignore[reportUnknownMemberType]
        except asyncio.CancelledError:  # the function goes on in the thread
            self._in_thread += 1
            raise
        finally:
            self._in_thread -= 1

    async def in_thread(self, function: Any, *arguments: Any) -> Any:
        """Run a function of sqlite3 in the connection's thread."""
        return await self._execute(function, *arguments)  # pyright: ignore[reportUnknownMemberType]

    def _run(self, many: bool, sql: str, parameters: Any) -> "_Result":
        cursor = self._conn.executemany(sql, parameters) if many else self._conn.execute(sql, parameters)
        rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
        result = _Result(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        if len(rows) == _AT_ONCE:
            result.rest = cursor
        else:
            cursor.close()
        return result


class _Result:
    """The result of a statement."""

    __slots__ = ("description", "lastrowid", "rest", "rowcount", "rows")

    def __init__(self, rows: list[Any], description: Any, rowcount: int, lastrowid: int | None) -> None:
        self.rows = rows
        self.description = description
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.rest: sqlite3.Cursor | None = None


class _Cursor:
    """The part of a cursor that SQLAlchemy uses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._result = _Result([], None, -1, None)
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    @property
    def description(self) -> Any:
        return self._result.description

    @property
    def rowcount(self) -> int:
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._result.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        self._result = await self._connection.run(False, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "_Cursor":
        self._result = await self._connection.run(True, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._result.rows = self._result.rows, []
        if self._result.rest is not None:
            rows += await self._connection.in_thread(self._result.rest.fetchall)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = size or self.arraysize
        if not self._result.rows and self._result.rest is not None:
            return await self._connection.in_thread(self._result.rest.fetchmany, size)
        rows, self._result.rows = self._result.rows[:size], self._result.rows[size:]
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        rest, self._result.rest = self._result.rest, None
        if rest is not None:
            await self._connection.in_thread(rest.close)
