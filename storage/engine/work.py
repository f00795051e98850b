"""One transaction: what it has read, what it is to write, and the statements on its connection.

A row of a table is read once: later statements return the same object, with the values that it has. What differs from what was
read is written before the next statement reads, and before the end. Statements that write sets of rows go beside that: see
`docs/architecture.md`.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, TypeVarTuple, cast, overload

from sqlalchemy import Executable, Table, and_, bindparam, delete, insert, tuple_, update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InvalidRequestError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import SQLModel
from sqlmodel import select as sqlmodel_select
from sqlmodel.sql.expression import Select, SelectOfScalar

from storage.engine.connections import Link, Raw, open_link
from storage.engine.results import Results
from storage.engine.rows import (
    Row,
    Values,
    changed_columns,
    keep,
    loaded,
    read_values,
    replace_values,
    table_of,
    take_back,
)
from storage.engine.statements import Entity, Scalar, prepare

T = TypeVar("T")
R = TypeVar("R", bound=SQLModel)
Ts = TypeVarTuple("Ts")

COMMITTING = "committing"
"""Key in the `info` of a unit of work, set just before COMMIT is sent."""

_KEY = "the_{}"
"""How the parameters are named that say which row is written: a column to be set has its own name."""

_NOTHING: Mapping[str, Any] = {}


class Work:
    """The unit of work of one transaction."""

    def __init__(self, engine: AsyncEngine, *, writing: bool = False) -> None:
        self.info: dict[str, Any] = {}
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
        found = self._found(prepared.described, raw, bool(writes or options.get("populate_existing")))
        if isinstance(statement, SelectOfScalar):
            return Results([each[0] for each in found], count)
        return Results([prepared.described_tuple(each) for each in found], count)

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
        names = [column.key for column in table_of(table).primary_key]
        return (await self.exec(statement, params=dict(zip(names, keys, strict=True)))).first()

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

    def add(self, row: SQLModel) -> None:
        """Write a new row, or the changes of one that another transaction read, with this transaction."""
        if not isinstance(row, Row):
            raise InvalidRequestError(f"{type(row).__name__} is no table")
        if read_values(row) is None:
            self._new[id(row)] = row
        elif (known := self._rows[type(row)].setdefault(_key_of(row), row)) is not row:
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

    def expunge(self, row: SQLModel) -> None:
        """Write nothing of this row any more, and read it again if it is asked for."""
        assert isinstance(row, Row)
        self._new.pop(id(row), None)
        self._rows[type(row)].pop(_key_of(row), None)

    async def refresh(self, row: SQLModel, names: Sequence[str] | None = None) -> None:
        """Read a row again, or only these columns of it. Raises InvalidRequestError if it is gone."""
        assert isinstance(row, Row)
        await self.flush()
        table = table_of(type(row))
        kind: Any = type(row)
        prepared, literals = prepare(self._engine, _by_key(kind, False, False))
        given = {column.key: row.__dict__[column.key] for column in table.primary_key}
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
        link = await self._linked()
        new, self._new = list(self._new.values()), {}
        gone, self._gone = self._gone, {}
        try:
            for table, rows in _by_table(new):
                await self._insert(table, rows)
            for table, rows in _by_table(row for row in changed if id(row) not in gone):
                await self._update(table, rows)
            for table, rows in reversed(_by_table(gone.values())):
                await self._delete(table, rows)
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

    def _found(self, described: Sequence[Entity | Scalar], raw: Raw, populate: bool) -> list[list[Any]]:
        makers = [each.value if isinstance(each, Scalar) else self._maker(each, populate) for each in described]
        return [[make(row) for make in makers] for row in raw]

    def _maker(self, entity: Entity, populate: bool) -> Any:
        """Return what makes a row of a table, or finds the one that was read before."""
        rows, stale, key_of, table = self._rows[entity.table], self._stale[entity.table], entity.identity, entity.table

        def make(raw: Sequence[Any]) -> Row | None:
            key = key_of(raw)
            if key is None:
                return None
            known = rows.get(key)
            if known is None:
                known = rows[key] = loaded(table, entity.values(raw))
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
            there = {_key_of(row) for row in await self.exec(statement)}
        for key in rows.keys() - there:
            del rows[key]
        self._stale[table].clear()

    async def _insert(self, table: type[Row], rows: list[Row]) -> None:
        for row in rows:
            row.before_write()
        target = table_of(table)
        await self._write(
            _insert_of(target), tuple(column.key for column in target.columns), [r.__dict__ for r in rows]
        )
        for row in rows:
            self._keep(row)
            self._rows[table][_key_of(row)] = row

    async def _update(self, table: type[Row], rows: list[Row]) -> None:
        """Update the rows in the order of their keys, those together of which the same columns differ."""
        together: dict[tuple[str, ...], list[Values]] = defaultdict(list)
        keys = [column.key for column in table_of(table).primary_key]
        for row in sorted(rows, key=_key_of):
            row.before_write()
            read, values = read_values(row) or {}, row.__dict__
            differing = tuple(sorted(name for name in changed_columns(row) if values[name] != read[name]))
            if differing:
                given = {_KEY.format(key): read[key] for key in keys}
                together[differing].append(given | {name: values[name] for name in differing})
        for names, given in together.items():
            statement = _update_of(table_of(table), names)
            count = await self._write(statement, (*names, *(_KEY.format(key) for key in keys)), given, counted=True)
            if count != len(given):
                raise StaleDataError(f"{table.__name__}: a row to update is gone")
        for row in rows:
            self._keep(row)

    async def _delete(self, table: type[Row], rows: list[Row]) -> None:
        keys = [column.key for column in table_of(table).primary_key]
        given = [{_KEY.format(key): row.__dict__[key] for key in keys} for row in sorted(rows, key=_key_of)]
        await self._write(_delete_of(table_of(table)), tuple(_KEY.format(key) for key in keys), given)
        for row in rows:
            self._rows[table].pop(_key_of(row), None)
            self._keep(row, there=False)

    def _keep(self, row: Row, *, there: bool = True) -> None:
        """Take the values of a row as those of the database, until this transaction is rolled back."""
        self._written.setdefault(id(row), (row, read_values(row)))
        if there:
            keep(row)
        else:
            take_back(row, None)

    async def _write(
        self, statement: Any, names: tuple[str, ...], given: Sequence[Mapping[str, Any]], *, counted: bool = False
    ) -> int:
        """Execute a statement with each of these parameters. Return how many rows it changed, if they are `counted`."""
        prepared, literals = prepare(self._engine, statement, names, many=len(given) > 1)
        link = await self._linked()
        arguments = [prepared.arguments(each, literals) for each in given]
        if len(arguments) > 1:
            return await link.run_many(prepared.sql, arguments, counted=counted)
        _, count = await link.run(prepared.sql, arguments[0], returns_rows=False)
        return count


@cache
def _by_key(table: type[SQLModel], for_update: bool, populate: bool) -> SelectOfScalar[Any]:
    statement: Any = sqlmodel_select(table).where(
        *(column == bindparam(column.key, type_=column.type) for column in table_of(table).primary_key)
    )
    if for_update:
        statement = statement.with_for_update()
    return statement.execution_options(populate_existing=True) if populate else statement


@cache
def _insert_of(table: Table) -> Any:
    return insert(table)


@cache
def _update_of(table: Table, names: tuple[str, ...]) -> Any:
    return update(table).where(_is_row(table)).values({name: bindparam(name) for name in names})


@cache
def _delete_of(table: Table) -> Any:
    return delete(table).where(_is_row(table))


def _is_row(table: Table) -> Any:
    return and_(*(column == bindparam(_KEY.format(column.key), type_=column.type) for column in table.primary_key))


@cache
def _key_names(table: type[Row]) -> tuple[str, ...]:
    return tuple(column.key for column in table_of(table).primary_key)


def _key_of(row: Row) -> Any:
    kind: Any = type(row)
    names, values = _key_names(kind), row.__dict__
    return values[names[0]] if len(names) == 1 else tuple(values[name] for name in names)


@cache
def _order() -> dict[str, int]:
    """Return the place of each table in an order in which a table comes after those that it refers to."""
    return {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}


def _by_table(rows: Iterable[Row]) -> list[tuple[type[Row], list[Row]]]:
    found: dict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    order = _order()
    return sorted(found.items(), key=lambda each: order[table_of(each[0]).name])
