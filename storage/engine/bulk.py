"""Insert many rows at once, without objects: by COPY on PostgreSQL, by one prepared statement on SQLite.

Only for new rows that nothing else of the transaction refers to as objects: the unit of work does not know them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Dialect, LargeBinary, Uuid
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from storage.engine.rows import UPDATED, layout_of, table_of
from storage.engine.types import new_id_numbers
from storage.engine.work import Work


async def insert(
    session: Work,
    table: type[SQLModel],
    columns: Mapping[str, Sequence[Any]],
    shared: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows given column by column; `shared` are the values that all of them have.

    A column that is not given gets its default, and `id` a new id for each row. Raises LookupError for a column that the table
    does not have, or that has no default and is not given, and SQLAlchemy's errors.
    """
    count = len(next(iter(columns.values()), ()))
    if not count:
        return
    shape = _shape_of(session.dialect, cast(Any, table))
    if UPDATED in shape.stored_by:
        shared = {UPDATED: session.now, **(shared or {})}
    if table in session.watched:
        columns = _note_inserted(session, table, columns, shared or {}, shape)
    empty = {name for name, each in columns.items() if name in shape.left_empty and each.count(None) == len(each)}
    columns = {name: each for name, each in columns.items() if name not in empty} if empty else columns
    values = {name: value for name, value in {**shape.defaults, **(shared or {})}.items() if name not in columns}
    empty |= {name for name, value in values.items() if value is None and name in shape.left_empty}
    values = {name: value for name, value in values.items() if name not in empty}
    stored = [_stored(shape.stored_by.get(name), each) for name, each in columns.items()]
    names = [*columns, *values]
    stored += [repeat(_stored(shape.stored_by.get(name), [value])[0], count) for name, value in values.items()]
    if shape.id_of is not None and "id" not in columns:
        names.append("id")
        stored.append(list(map(shape.id_of, new_id_numbers(count))))
    if wrong := {*names, *empty} ^ shape.stored_by.keys():
        raise LookupError(f"{table.__name__}: {', '.join(sorted(wrong))}")
    await session.insert_values(shape.name, names, list(zip(*stored, strict=True)))


def _note_inserted(
    session: Work,
    table: type[SQLModel],
    columns: Mapping[str, Sequence[Any]],
    shared: Mapping[str, Any],
    shape: "_Shape",
) -> Mapping[str, Sequence[Any]]:
    """Let the unit of work know the new rows, with the ids that are made for them here. Return the columns with these."""
    if "id" not in columns and "id" not in shared and shape.id_of is not None:
        count = len(next(iter(columns.values())))
        columns = {**columns, "id": [UUID(int=number) for number in new_id_numbers(count)]}
    kind: Any = table
    for each in zip(*columns.values(), strict=True):
        session.inserted.append((kind, {**shape.defaults, **shared, **dict(zip(columns, each, strict=True))}))
    return columns


def stored_values(session: Work, table: type[SQLModel], column: str, values: Sequence[Any]) -> Sequence[Any]:
    """Return values of a column as the database stores them."""
    return _stored(_shape_of(session.dialect, cast(Any, table)).stored_by[column], values)


def by_column(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows, all with the same keys, column by column."""
    every = list(rows)
    return {name: [row[name] for row in every] for name in every[0]} if every else {}


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table for one database: `stored_by` has how each of its columns is stored, None for as it is."""

    name: str
    stored_by: Mapping[str, Callable[[Any], Any] | None]
    defaults: Mapping[str, Any]
    """What a new object has without being given it, but for what is made for each row."""
    left_empty: frozenset[str]
    """Columns that are NULL where nothing is said of them: drivers take longer for a NULL than for a text."""
    id_of: Callable[[int], Any] | None
    """What makes a new id of a number, if an object gets one without being given it."""


@cache
def _shape_of(dialect: Dialect, table: type[SQLModel]) -> _Shape:
    stored, layout = table_of(table), layout_of(cast(Any, table))
    may_be_empty = {c.name for c in stored.columns if c.nullable}
    return _Shape(
        name=stored.name,
        stored_by={c.name: _store_of(dialect, c.type) for c in stored.columns},
        defaults={name: each for name, each in layout.defaults.items() if each is not None or name in may_be_empty},
        left_empty=frozenset(c.name for c in stored.columns if c.nullable and c.server_default is None),
        id_of=_ids_of_numbers(dialect) if "id" in layout.factories else None,
    )


def _store_of(dialect: Dialect, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, LargeBinary):  # the drivers take bytes
        return None
    if isinstance(kind, Uuid) and dialect.name == "postgresql":
        return _ids_for_postgresql()
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _ids_for_postgresql() -> Callable[[UUID], Any]:
    """Return a function that returns an id as the driver's own kind, of which it takes the bytes as they are."""
    own = _own_id()
    return lambda value: own(value.bytes)


def _ids_of_numbers(dialect: Dialect) -> Callable[[int], Any]:
    """Return a function that returns the id of a number of 128 bits as the driver takes it."""
    if dialect.name != "postgresql":
        return "{:032x}".format
    own = _own_id()
    return lambda number: own(number.to_bytes(16, "big"))


def _own_id() -> Callable[[bytes], Any]:
    """Return the driver's own kind of ids."""
    from asyncpg.pgproto import pgproto  # pyright: ignore[reportMissingTypeStubs]  # only on PostgreSQL

    return cast(Any, pgproto).UUID


def _stored(store: Callable[[Any], Any] | None, values: Sequence[Any]) -> Sequence[Any]:
    """Return values as the database stores them. An object that is there several times is computed once."""
    if store is None:
        return values
    objects = list(map(id, values))
    each = dict(zip(objects, values, strict=True))
    if len(each) == len(objects):
        return [None if value is None else store(value) for value in values]
    stored = {key: None if value is None else store(value) for key, value in each.items()}
    return [stored[key] for key in objects]
