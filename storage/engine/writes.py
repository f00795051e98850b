"""What is written of rows: which statement, with which parameters, in which order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, bindparam, delete, insert, update
from sqlmodel import SQLModel

from storage.engine.rows import Row, changed_columns, read_values, table_of

_KEY = "the_{}"
"""How the parameters are named that say which row is written: a column to be set has its own name."""


class Write(NamedTuple):
    """A statement for rows of one table: `given` has the parameters of each. Every row that it `updates` must be there."""

    statement: Any
    names: tuple[str, ...]
    given: Sequence[Mapping[str, Any]]
    updates: str | None = None


def insertions(rows: Iterable[Row]) -> list[Write]:
    """Return what inserts new rows, those first to which others refer."""
    return [
        Write(*_insert_of(table_of(table)), [row.__dict__ for row in of_table]) for table, of_table in _by_table(rows)
    ]


def updates(rows: Iterable[Row]) -> list[Write]:
    """Return what updates changed rows in the order of their keys, those together of which the same columns differ."""
    return [write for table, of_table in _by_table(rows) for write in _updates_of(table, of_table)]


def deletions(rows: Iterable[Row]) -> list[Write]:
    """Return what deletes rows, those last to which others refer."""
    return [
        Write(*_delete_of(table_of(table)), [_given_key(row, row.__dict__) for row in sorted(of_table, key=key_of)])
        for table, of_table in reversed(_by_table(rows))
    ]


def key_of(row: Row) -> Any:
    """Return the primary key of a row, a tuple if it has several columns."""
    names, values = key_names(type(row)), row.__dict__
    return values[names[0]] if len(names) == 1 else tuple(values[name] for name in names)


def key_names(table: type[SQLModel]) -> tuple[str, ...]:
    """Return the columns of a table's primary key."""
    return _key_of_table(table_of(table))


@cache
def _key_of_table(table: Table) -> tuple[str, ...]:
    return tuple(column.key for column in table.primary_key)


def _updates_of(table: type[Row], rows: list[Row]) -> Iterable[Write]:
    together: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=key_of) if len(rows) > 1 else rows:
        read, values = read_values(row) or {}, row.__dict__
        differing = tuple(sorted(name for name in changed_columns(row) if values[name] != read[name]))
        if differing:
            together[differing].append(_given_key(row, read) | {name: values[name] for name in differing})
    for names, given in together.items():
        yield Write(*_update_of(table_of(table), names), given, updates=table.__name__)


def _given_key(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    return {_KEY.format(name): values[name] for name in key_names(type(row))}


@cache
def _insert_of(table: Table) -> tuple[Any, tuple[str, ...]]:
    return insert(table), tuple(column.key for column in table.columns)


@cache
def _update_of(table: Table, names: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    statement = update(table).where(_is_row(table)).values({name: bindparam(name) for name in names})
    return statement, (*names, *(_KEY.format(name) for name in _key_of_table(table)))


@cache
def _delete_of(table: Table) -> tuple[Any, tuple[str, ...]]:
    return delete(table).where(_is_row(table)), tuple(_KEY.format(name) for name in _key_of_table(table))


def _is_row(table: Table) -> Any:
    return and_(*(column == bindparam(_KEY.format(column.key), type_=column.type) for column in table.primary_key))


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
