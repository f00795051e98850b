"""One transaction: what it has read, what it is to write, and the statements on its connection.

A row of a table is read once: later statements return the same object, with the values that it has. What differs from what was
read is written before the next statement reads, and before the end. Statements that write sets of rows go beside that: see
`docs/architecture.md`.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, TypeVarTuple, cast, overload
from uuid import UUID

from sqlalchemy import Executable, bindparam, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidRequestError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import SQLModel
from sqlmodel import select as sqlmodel_select
from sqlmodel.sql.expression import Select, SelectOfScalar

from storage.engine.connections import Link, open_link
from storage.engine.ownership import FOREIGN, check_own, is_foreign, only_own
from storage.engine.results import Results
from storage.engine.rows import (
    Row,
    Values,
    changed_columns,
    date_write,
    keep,
    loaded,
    read_values,
    replace_values,
    table_of,
    take_back,
)
from storage.engine.statements import Entity, Scalar, prepare, together
from storage.engine.writes import Write, deletions, insertions, key_names, key_of, updates

T = TypeVar("T")
R = TypeVar("R", bound=SQLModel)
Ts = TypeVarTuple("Ts")

COMMITTING = "committing"
"""Key in the `info` of a unit of work, set just before COMMIT is sent."""

_AT_ONCE = 12
"""How many rows PostgreSQL is sent in one statement: each combination of tables and columns is a statement that it plans."""

_NOTHING: Mapping[str, Any] = {}


class Work:
    """The unit of work of one transaction. With a `workspace_id` it reads and writes the rows of that workspace alone.

    `now` is written on the rows of tables that keep when they were written last. `watched` are the tables whose written rows are
    asked for at the end (`written`). `inserted` collects those of their rows that `storage.engine.bulk` inserted without objects.
    `erased` are the ids of rows that were deleted with all that belongs to them.
    """

    def __init__(self, engine: AsyncEngine, *, writing: bool = False) -> None:
        self.info: dict[str, Any] = {}
        self.workspace_id: UUID | None = None
        self.now: datetime | None = None
        self._met_foreign = False
        self._async_engine = engine
        self._engine = engine.sync_engine
        self._writing = writing
        self._link: Link | None = None
        self._rows: defaultdict[type[Row], dict[Any, Row]] = defaultdict(dict)
        self._stale: defaultdict[type[Row], set[Any]] = defaultdict(set)
        self._new: dict[int, Row] = {}
        self._gone: dict[int, Row] = {}
        self._written: dict[int, tuple[Row, Values | None]] = {}
        self._autoflush = True
        self.watched: Collection[type[Row]] = ()
        self.inserted: list[tuple[type[Row], Values]] = []
        self.erased: set[UUID] = set()

    @classmethod
    def within(cls, connection: AsyncConnection) -> "Work":
        """Return a unit of work in the transaction that has begun on a connection. Who began it flushes this, and ends it."""
        work = cls(connection.engine, writing=True)
        work._link = Link(connection, writing=True)
        work._link.is_open = True
        return work

    @property
    def is_writing(self) -> bool:
        """Whether it holds SQLite's writer lock."""
        return self._writing

    @property
    def dialect(self) -> Dialect:
        """The dialect of the database."""
        return self._engine.dialect

    @overload
    async def exec(self, statement: SelectOfScalar[T], *, params: Mapping[str, Any] | None = None) -> Results[T]: ...
    @overload
    async def exec(self, statement: Select[*Ts], *, params: Mapping[str, Any] | None = None) -> Results[tuple[*Ts]]: ...
    @overload
    async def exec(self, statement: UpdateBase, *, params: Mapping[str, Any] | None = None) -> Results[Any]: ...
    async def exec(self, statement: Any, *, params: Mapping[str, Any] | None = None) -> Results[Any]:
        """Execute a statement, after writing what has changed. Return the rows of tables, and values, that it asks for.

        Rows that were read before keep their values, unless the statement has the option `populate_existing` or returns what it
        writes. After a statement that writes, rows of its table that were read before have their values of now.
        """
        if self._autoflush:
            await self.flush()
        writes = isinstance(statement, UpdateBase)
        names = tuple(sorted(params)) if writes and params else ()
        prepared, literals = prepare(self._engine, statement, names)
        sql, arguments = prepared.call(params or _NOTHING, literals)
        raw, count = await (await self._linked()).run(sql, arguments, returns_rows=prepared.returns_rows)
        options = statement.get_execution_options()
        if writes:
            await self._follow(statement, reread=options.get("synchronize_session", True) is not False)
        if not raw:
            return Results([], count)
        makers = self._makers(prepared.described, bool(writes or options.get("populate_existing")))
        if single := isinstance(statement, SelectOfScalar):
            make = makers[0]
            found = [make(row) for row in raw]
        else:
            tupled = prepared.described_tuple
            found = [tupled([make(row) for make in makers]) for row in raw]
        return Results(only_own(found, tuples=not single) if self._met_foreign else found, count)

    async def execute(
        self, statement: Executable, params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> Results[Any]:
        """Execute a statement as it is, once or with each of several `params`. Return tuples of the columns."""
        many = params if isinstance(params, Sequence) and len(params) > 1 else None
        once: Mapping[str, Any] = _NOTHING
        if many is None and params:
            once = params[0] if isinstance(params, Sequence) else params
        prepared, literals = prepare(self._engine, statement, tuple(sorted(many[0] if many else once)), many=bool(many))
        link = await self._linked()
        if many is not None:
            await link.run_many(prepared.sql, [prepared.arguments(each, literals) for each in many])
            raw, count = (), -1
        else:
            sql, arguments = prepared.call(once, literals)
            raw, count = await link.run(sql, arguments, returns_rows=prepared.returns_rows)
        if isinstance(statement, UpdateBase):
            await self._follow(statement, reread=False)
        if not raw:
            return Results([], count)
        columns = prepared.columns
        if not columns:  # text
            return Results([tuple(row) for row in raw], count)
        make = prepared.columns_tuple
        return Results([make([column.value(row) for column in columns]) for row in raw], count)

    async def insert_values(self, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of values, as the driver takes them. The rows are not known here: see `storage.engine.bulk`."""
        await (await self._linked()).insert(table, names, rows)

    async def get(
        self, table: type[R], key: Any, *, with_for_update: bool = False, populate_existing: bool = False
    ) -> R | None:
        """Return the row with this primary key, or None; one that was read before as it is, unless it is to be locked."""
        known: Any = self.known(table, key)
        if known is not None and not populate_existing and not with_for_update:
            return known
        keys = cast("tuple[Any, ...]", key) if isinstance(key, tuple) else (key,)
        kind: Any = table
        statement: Any = _by_key(kind, with_for_update, populate_existing)
        return (await self.exec(statement, params=dict(zip(key_names(table), keys, strict=True)))).first()

    async def get_one(
        self, table: type[R], key: Any, *, with_for_update: bool = False, populate_existing: bool = False
    ) -> R:
        """Return the row with this primary key. Raises NoResultFound."""
        found = await self.get(table, key, with_for_update=with_for_update, populate_existing=populate_existing)
        if found is None:
            raise NoResultFound(f"no {table.__name__} with this key")
        return found

    def known(self, table: type[R], key: Any) -> R | None:
        """Return the row with this primary key if it was read or written here, without asking the database."""
        rows: Any = self._rows.get(table)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if rows is None or key in self._stale[table]:  # pyright: ignore[reportArgumentType]
            return None
        return rows.get(key)

    def known_rows(self, table: type[R]) -> list[R]:
        """Return the rows of a table that were read or written here, without asking the database."""
        kind: Any = table
        rows: Any = self._rows[kind]
        return list(rows.values())

    def add(self, row: SQLModel) -> None:
        """Write a new row, or the changes of one that another transaction read, with this transaction."""
        if not isinstance(row, Row):
            raise InvalidRequestError(f"{type(row).__name__} is no table")
        if read_values(row) is None:
            self._new[id(row)] = row
        elif (known := self._rows[type(row)].setdefault(key_of(row), row)) is not row:
            raise InvalidRequestError(f"another object is this row: {type(known).__name__}")

    def add_all(self, rows: Iterable[SQLModel]) -> None:
        """Write these rows with this transaction."""
        for row in rows:
            self.add(row)

    async def delete(self, row: SQLModel) -> None:
        """Delete a row with this transaction."""
        assert isinstance(row, Row)
        if self._new.pop(id(row), None) is None:
            self._gone[id(row)] = row

    def written(self) -> list[tuple[Row, Values | None]]:
        """Return the rows that this transaction has written and not deleted, with their values before it; None for a new one."""
        return [(row, before) for row, before in self._written.values() if read_values(row) is not None]

    def note_written(self, row: SQLModel, before: Mapping[str, Any]) -> None:
        """Note that a statement has written this row, which was read after it, and which columns had other values before."""
        assert isinstance(row, Row)
        self._written.setdefault(id(row), (row, {**(read_values(row) or {}), **before}))

    def expunge(self, row: SQLModel) -> None:
        """Write nothing of this row any more, and read it again if it is asked for."""
        assert isinstance(row, Row)
        self._new.pop(id(row), None)
        self._rows[type(row)].pop(key_of(row), None)

    async def refresh(self, row: SQLModel, names: Sequence[str] | None = None) -> None:
        """Read a row again, or only these columns of it. Raises InvalidRequestError if it is gone."""
        assert isinstance(row, Row)
        await self.flush()
        kind: Any = type(row)
        prepared, literals = prepare(self._engine, _by_key(kind, False, False))
        given = {name: row.__dict__[name] for name in key_names(kind)}
        sql, arguments = prepared.call(given, literals)
        raw, _ = await (await self._linked()).run(sql, arguments, returns_rows=True)
        if not raw:
            raise InvalidRequestError(f"{type(row).__name__}: the row is gone")
        entity: Any = prepared.described[0]
        values: Values = entity.values(raw[0])
        replace_values(row, values if names is None else {name: values[name] for name in names})

    @property
    @contextlib.contextmanager
    def no_autoflush(self) -> Generator[None]:
        """Let statements read without writing before what has changed."""
        before, self._autoflush = self._autoflush, False
        try:
            yield
        finally:
            self._autoflush = before

    async def flush(self) -> None:
        """Insert what is new, update what differs from what was read, and delete what is gone."""
        changed = [row for rows in self._rows.values() for row in rows.values() if changed_columns(row)]
        if not (changed or self._new or self._gone):
            return
        check_own((*self._new.values(), *changed, *self._gone.values()), self.workspace_id)
        link = await self._linked()
        new, self._new = list(self._new.values()), {}
        gone, self._gone = self._gone, {}
        changed = [row for row in changed if id(row) not in gone]
        for row in (*new, *changed):
            row.before_write()
            if self.now is not None:
                date_write(row, self.now)
        try:
            await self._write(link, [*insertions(new), *updates(changed)])
            for row in (*new, *changed):
                self._keep(row)
            for row in new:
                self._rows[type(row)][key_of(row)] = row
            if gone:
                await self._write(link, deletions(gone.values()))
            for row in gone.values():
                self._rows[type(row)].pop(key_of(row), None)
                self._keep(row, there=False)
        except BaseException:
            link.is_refused = True  # a part is written
            raise

    async def begin(self) -> None:
        """Connect, and begin the transaction; what else is called begins it when it must."""
        await self._linked()

    async def commit(self) -> None:
        """Write what is left to write, and commit."""
        await self.flush()
        if self._link is not None:
            await self._linked()
        self.info[COMMITTING] = True
        if self._link is not None:
            await self._link.commit()
        self._written.clear()

    async def rollback(self) -> None:
        """Roll back. What was written here is to be written again by the next transaction that the rows are added to."""
        self._forget()
        if self._link is not None:
            await self._link.rollback()

    async def close(self) -> None:
        """Give the connection back, after rolling back what was not committed."""
        self._forget()
        link, self._link = self._link, None
        if link is None:
            return
        if link.is_open:  # also when what called this is cancelled
            await asyncio.shield(asyncio.create_task(link.end()))
        else:
            await link.close()

    def _forget(self) -> None:
        for row, read in self._written.values():
            take_back(row, read)
        for known in (self._rows, self._stale, self._new, self._gone, self._written):
            known.clear()

    async def _linked(self) -> Link:
        if self._link is None:
            self._link = await open_link(self._async_engine, writing=self._writing)
        elif not self._link.is_open:
            raise InvalidRequestError("the transaction has ended")
        elif self._link.is_refused:
            raise InvalidRequestError("a statement was refused: the transaction can only be rolled back")
        return self._link

    def _makers(self, described: Sequence[Entity | Scalar], populate: bool) -> list[Callable[[Sequence[Any]], Any]]:
        return [each.value if isinstance(each, Scalar) else self._maker(each, populate) for each in described]

    def _maker(self, entity: Entity, populate: bool) -> Any:
        """Return what makes a row of a table, or finds the one that was read before."""
        rows, stale, key_of, table = self._rows[entity.table], self._stale[entity.table], entity.identity, entity.table
        mine = self.workspace_id

        def make(raw: Sequence[Any]) -> Row | None:
            key = key_of(raw)
            if key is None:
                return None
            known = rows.get(key)
            if known is None:
                values = entity.values(raw)
                if mine is not None and is_foreign(table, values, mine):
                    self._met_foreign = True
                    return FOREIGN
                known = rows[key] = loaded(table, values)
            elif populate or key in stale:
                stale.discard(key)
                replace_values(known, entity.values(raw))
            return known

        return make

    async def _follow(self, statement: UpdateBase, *, reread: bool) -> None:
        """Let the rows that were read of a table follow a statement that has written it."""
        written: Any = statement.entity_description["table"]
        for table, rows in list(self._rows.items()):
            if rows and table_of(table) is written:
                self._stale[table] = set(rows)
                if reread and not statement.is_insert:
                    await self._reread(table, rows)

    async def _reread(self, table: type[Row], rows: dict[Any, Row]) -> None:
        keys = list(table_of(table).primary_key)
        column: Any = keys[0] if len(keys) == 1 else tuple_(*keys)
        statement: Any = sqlmodel_select(table).where(column.in_(list(rows)))
        with self.no_autoflush:
            there = {key_of(row) for row in await self.exec(statement)}
        for key in rows.keys() - there:
            del rows[key]
        self._stale[table].clear()

    def _keep(self, row: Row, *, there: bool = True) -> None:
        """Take the values of a row as those of the database, until this transaction is rolled back."""
        self._written.setdefault(id(row), (row, read_values(row)))
        if there:
            keep(row)
        else:
            take_back(row, None)

    async def _write(self, link: Link, writes: Sequence[Write]) -> None:
        """Write rows: on PostgreSQL a few of them with one statement. Raises StaleDataError for a row that is not there."""
        prepared = [prepare(self._engine, w.statement, w.names, many=len(w.given) > 1) for w in writes]
        arguments = [
            [statement.arguments(given, literals) for given in write.given]
            for write, (statement, literals) in zip(writes, prepared, strict=True)
        ]
        if link.sends_together and 1 < sum(map(len, arguments)) <= _AT_ONCE:
            every = [
                (statement, each) for (statement, _), some in zip(prepared, arguments, strict=True) for each in some
            ]
            raw, _ = await link.run(
                together(tuple(statement for statement, _ in every)),
                [value for _, each in every for value in each],
                returns_rows=True,
            )
            written = iter(raw)
            counts = [sum(next(written)[0] for _ in some) for some in arguments]
        else:
            counts = [
                await self._write_each(link, statement.sql, some, counted=write.updates is not None)
                for write, (statement, _), some in zip(writes, prepared, arguments, strict=True)
            ]
        for write, count in zip(writes, counts, strict=True):
            if write.updates is not None and count != len(write.given):
                raise StaleDataError(f"{write.updates}: a row to update is gone")

    async def _write_each(self, link: Link, sql: str, arguments: Sequence[Sequence[Any]], *, counted: bool) -> int:
        """Execute a statement with each of these parameters. Return how many rows it changed, if they are `counted`."""
        if len(arguments) > 1:
            return await link.run_many(sql, arguments, counted=counted)
        _, count = await link.run(sql, arguments[0], returns_rows=False)
        return count


@cache
def _by_key(table: type[SQLModel], for_update: bool, populate: bool) -> SelectOfScalar[Any]:
    statement: Any = sqlmodel_select(table).where(
        *(column == bindparam(column.key, type_=column.type) for column in table_of(table).primary_key)
    )
    if for_update:
        statement = statement.with_for_update()
    return statement.execution_options(populate_existing=True) if populate else statement
