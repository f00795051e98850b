"""SQLite through aiosqlite, with fewer trips to the connection's thread.

aiosqlite goes there to make a cursor, to execute, to fetch and to close; each trip costs more than what SQLite does in it.
Here a statement is one trip, and none within a writing transaction: what is asked there is short and behind an index. What
may wait for a lock or for the disk (to begin, to commit, and what only reads, such as lists) never holds up the loop.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import aiosqlite

_CHUNK = 64

_AT_ONCE = 1000
"""Rows that are fetched with the statement; what is beyond is fetched as it is asked for, so that no table fills memory."""

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction that holds SQLite's one write lock from the start."""


def connect(database: str, **settings: Any) -> "Connection":
    """A connection to be awaited; the arguments are those of `sqlite3.connect`."""
    return Connection(lambda: sqlite3.connect(database, **settings), _CHUNK)


class Connection(aiosqlite.Connection):
    """A connection whose cursors read the rows of a statement with it."""

    def __init__(self, connector: Any, iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        # A process that ends without closing it is not kept waiting.
        self._thread.daemon = True
        self._writes = False

    def cursor(self) -> Any:
        """A cursor, made without a trip."""
        return _Cursor(self)

    async def run(self, many: bool, sql: str, parameters: Any) -> "_Done":
        """Executes a statement, and fetches what it gives."""
        if self._writes:
            return self._run(many, sql, parameters)
        done = await self._execute(self._run, many, sql, parameters)  # pyright: ignore[reportUnknownMemberType]
        self._writes = sql == BEGIN_WRITING
        return done

    async def commit(self) -> None:
        """Commits, in the connection's thread."""
        self._writes = False
        await super().commit()

    async def rollback(self) -> None:
        """Rolls back, in the connection's thread."""
        self._writes = False
        await super().rollback()

    async def in_thread(self, function: Any, *arguments: Any) -> Any:
        """Calls a function of SQLite's in the connection's thread."""
        return await self._execute(function, *arguments)  # pyright: ignore[reportUnknownMemberType]

    def _run(self, many: bool, sql: str, parameters: Any) -> "_Done":
        cursor = self._conn.executemany(sql, parameters) if many else self._conn.execute(sql, parameters)
        rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
        done = _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        if len(rows) == _AT_ONCE:
            done.rest = cursor
        else:
            cursor.close()
        return done


class _Done:
    """What a statement has given."""

    __slots__ = ("description", "lastrowid", "rest", "rowcount", "rows")

    def __init__(self, rows: list[Any], description: Any, rowcount: int, lastrowid: int | None) -> None:
        self.rows = rows
        self.description = description
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.rest: sqlite3.Cursor | None = None


class _Cursor:
    """What SQLAlchemy uses of a cursor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._done = _Done([], None, -1, None)
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._done.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        self._done = await self._connection.run(False, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "_Cursor":
        self._done = await self._connection.run(True, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._done.rows = self._done.rows, []
        if self._done.rest is not None:
            rows += await self._connection.in_thread(self._done.rest.fetchall)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = size or self.arraysize
        if not self._done.rows and self._done.rest is not None:
            return await self._connection.in_thread(self._done.rest.fetchmany, size)
        rows, self._done.rows = self._done.rows[:size], self._done.rows[size:]
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        rest, self._done.rest = self._done.rest, None
        if rest is not None:
            await self._connection.in_thread(rest.close)
