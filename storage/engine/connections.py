"""A transaction on the connection of a driver, with the errors of SQLAlchemy.

SQLAlchemy's pool gives the connection, and takes it back or closes it. Its cursors and contexts cost more than what the database
does, so statements go to the driver directly; `storage.engine.statements` has compiled them with SQLAlchemy.
"""

# pyright: reportPrivateUsage=false

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Raw = Sequence[Sequence[Any]]

_ATTEMPTS = 3
"""How many connections are tried for one transaction: after a restart of PostgreSQL each idle connection is a dead one."""


class Link:
    """A connection in a transaction. `writing`: on SQLite it holds the lock of the writer from the start.

    `is_refused`: a statement failed. PostgreSQL then refuses the others, and answers COMMIT by rolling back; SQLite would keep
    what was written before.
    """

    def __init__(self, connection: AsyncConnection, *, writing: bool) -> None:
        sync: Any = connection.sync_connection
        self._connection = connection
        self._sync: SyncConnection = sync
        self._adapter: Any = sync.connection.dbapi_connection
        self._driver: Any = sync.connection.driver_connection
        self._is_sqlite: bool = sync.dialect.name == "sqlite"
        self._writing = writing
        self.is_open = False
        self.is_refused = False

    @property
    def engine(self) -> Engine:
        """The engine of the connection."""
        return self._sync.engine

    @property
    def sends_together(self) -> bool:
        """Whether several writes are to be sent in one statement: SQLite has no such statement, and nothing to send."""
        return not self._is_sqlite

    async def run(self, sql: str, arguments: Sequence[Any], *, returns_rows: bool) -> tuple[Raw, int]:
        """Execute a statement. Return its rows, and how many rows it returned or changed."""
        self._tell(sql, arguments, many=False)
        try:
            if self._is_sqlite:
                return await self._driver.read(sql, arguments)
            if returns_rows:
                rows = await self._driver.fetch(sql, *arguments)
                return rows, len(rows)
            return (), _count(await self._driver.execute(sql, *arguments))
        except BaseException as error:
            await self._fail(error, sql, arguments)

    async def run_many(self, sql: str, arguments: Sequence[Sequence[Any]], *, counted: bool = False) -> int:
        """Execute a statement that returns no rows, once with each list of parameters. Return how many rows it changed, if
        they are `counted`."""
        self._tell(sql, arguments, many=True)
        try:
            if self._is_sqlite:
                return (await self._driver.run(True, sql, arguments)).rowcount
            if counted:  # the driver tells only how many rows are returned
                return len(await self._driver.fetchmany(f"{sql} RETURNING 1", arguments))
            await self._driver.executemany(sql, arguments)
            return -1
        except BaseException as error:
            await self._fail(error, sql, arguments)

    async def insert(self, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of values: by COPY on PostgreSQL."""
        if self._is_sqlite:
            marks = ", ".join("?" * len(names))
            await self.run_many(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
            return
        try:
            await self._driver.copy_records_to_table(table, records=rows, columns=names)
        except BaseException as error:
            await self._fail(error, f"COPY {table}", ())

    async def begin(self) -> None:
        """Begin the transaction."""
        await self._command(
            "BEGIN", self._driver.begin(self._writing) if self._is_sqlite else self._driver.execute("BEGIN")
        )
        self.is_open = True

    async def commit(self) -> None:
        """Commit. What it raises says whether the database answered."""
        await self._command("COMMIT", self._driver.commit() if self._is_sqlite else self._driver.execute("COMMIT"))
        self.is_open = False

    async def rollback(self) -> None:
        """Roll back, unless the transaction has ended or the connection is lost."""
        if self.is_open and not self._sync.invalidated:
            await self._command(
                "ROLLBACK", self._driver.rollback() if self._is_sqlite else self._driver.execute("ROLLBACK")
            )
        self.is_open = False

    async def end(self) -> None:
        """Roll back and give the connection back; close it if that fails."""
        try:
            await self.rollback()
        except Exception as error:
            await self._connection.invalidate(error)
        await self.close()

    async def close(self) -> None:
        """Give the connection back."""
        await self._connection.close()

    async def _command(self, sql: str, sent: Any) -> None:
        try:
            await sent
        except BaseException as error:
            await self._fail(error, sql, ())

    async def _fail(self, error: BaseException, sql: str, arguments: Sequence[Any]) -> NoReturn:
        """Raise a driver's error as SQLAlchemy does. Close a lost connection, and one with a cancelled statement."""
        self.is_refused = True
        if not isinstance(error, Exception):
            await self._connection.invalidate(error)
            raise error
        dialect = self._sync.dialect
        driver_error: Any = dialect.loaded_dbapi.Error
        translated = self._translated(error)
        if not isinstance(translated, driver_error):
            raise error
        is_lost = dialect.is_disconnect(translated, self._adapter, None)  # pyright: ignore[reportArgumentType]
        if is_lost and not self._sync.invalidated:
            await self._connection.run_sync(_drop_all, translated)
        raise DBAPIError.instance(
            sql,
            arguments,  # pyright: ignore[reportArgumentType]
            translated,
            driver_error,
            hide_parameters=self.engine.hide_parameters,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from error

    def _translated(self, error: Exception) -> Exception:
        try:
            self._adapter._handle_exception(error)
        except Exception as translated:
            return translated
        return error

    def _tell(self, sql: str, arguments: Any, *, many: bool) -> None:
        """Tell those who listen to the engine's statements."""
        for listen in self.engine.dispatch.before_cursor_execute:
            listen(self._sync, None, sql, arguments, None, many)


async def open_link(engine: AsyncEngine, *, writing: bool) -> Link:
    """Return a connection on which a transaction has begun.

    A connection of the pool may have been lost since it was used: BEGIN finds out, and another one is taken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        connection = await engine.connect()
        try:
            link = Link(connection, writing=writing)
            await link.begin()
        except BaseException as error:
            await connection.close()
            if attempt < _ATTEMPTS and isinstance(error, DBAPIError) and error.connection_invalidated:
                continue
            raise
        return link
    raise AssertionError("unreachable")


def _drop_all(connection: SyncConnection, error: BaseException) -> None:
    """Close a lost connection, and have the pool replace those that are as old before they are used."""
    connection.engine.pool._invalidate(connection.connection, error, _checkin=False)
    connection.invalidate(error)


def _count(status: str) -> int:
    """Return the number in PostgreSQL's answer (`UPDATE 3`); -1 for a statement that counts nothing."""
    number = status.rpartition(" ")[2]
    return int(number) if number.isdecimal() else -1
