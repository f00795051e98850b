"""Deletion of rows with everything that belongs to them, as the foreign keys of the tables say.

A row belongs to the rows that its required foreign keys refer to: a call to its loan, a correction to its call and so to
the loan. An optional foreign key declares what happens to its row: `references("loan", nullable=True, when_gone="delete")`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    String,
    Table,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]  (fills the metadata)
from storage.engine.work import Work
from storage.queries.core.rows import chunks


class UndeclaredReferenceError(LookupError):
    """An optional foreign key to an owned table does not declare what happens to its row."""


@dataclass(frozen=True, slots=True)
class OwnedTable:
    """A table whose rows belong to a row of another: `deletes` are the keys that delete them, `clears` those set to NULL."""

    table: Table
    deletes: tuple[Column[Any], ...]
    clears: tuple[Column[Any], ...]


def owned_tables(root: str, metadata: MetaData = SQLModel.metadata) -> dict[str, OwnedTable]:
    """Return the tables that refer to `root`, directly or through another owned table, in an order for deleting.

    Raises UndeclaredReferenceError.
    """
    owned: dict[str, OwnedTable] = {}
    owners = {root}
    for table in metadata.sorted_tables:  # a table comes after those that it refers to
        columns = [column for column in table.columns if _target(column) in owners - {table.name}]
        if columns and table.name != root:
            owned[table.name] = _owned(root, table, columns)
            if owned[table.name].deletes:
                owners.add(table.name)
    return dict(reversed(owned.items()))


async def erase(session: Work, root: str, ids: Sequence[UUID]) -> None:
    """Delete the rows of `root` with these ids and all rows that belong to them; clear other keys that refer to them.

    Rows that the session has loaded are not updated.
    """
    if not ids:
        return
    await session.flush()
    tables = _owned_by(root)
    going = await _going(session, root, ids)
    session.erased.update(*going.values())
    for owned in tables.values():
        for column in owned.clears:
            for some in chunks(going[str(_target(column))]):
                await session.execute(update(owned.table).where(column.in_(some)).values({column.name: None}))
        for column in owned.deletes:
            for some in chunks(going[str(_target(column))]):
                await session.execute(delete(owned.table).where(column.in_(some)))
    table = SQLModel.metadata.tables[root]
    for some in chunks(ids):
        await session.execute(delete(table).where(table.c.id.in_(some)))


async def erase_some(session: Work, root: str, row_id: UUID, most: int) -> int:
    """Delete or clear about `most` rows that belong to this row of `root` or refer to it, and not itself: those first to which no
    others refer, so that what is left may be committed. Return how many; 0: none is left."""
    await session.flush()
    tables, left = _owned_by(root), most
    with_rows = await _with_rows(session, root, row_id)
    going = await _going(session, root, [row_id], with_rows)
    for name, owned in tables.items():
        for column in (*owned.clears, *owned.deletes):
            owners = going.get(str(_target(column)), ())
            if owners and (_target(column) != root or name in with_rows):
                left -= await _erase_some_of(session, owned, column, owners, left)
            if left <= 0:
                return most - left
    return most - left


async def _with_rows(session: Work, root: str, row_id: UUID) -> set[str]:
    """Return the tables in which rows refer to this row of `root` itself: most of them have none of it."""
    return set((await session.execute(_tables_with_rows(root), {"row": row_id})).scalars())


@cache
def _tables_with_rows(root: str) -> Any:
    row = bindparam("row", type_=Uuid())
    parts: list[Any] = []
    for name, owned in _owned_by(root).items():
        keys = [column for column in (*owned.clears, *owned.deletes) if _target(column) == root]
        parts += [select(literal(name, String)).where(exists().where(key == row)) for key in keys]
    return union_all(*parts)


async def _erase_some_of(
    session: Work, owned: OwnedTable, column: Column[Any], owners: Sequence[UUID], most: int
) -> int:
    """Delete about `most` rows of a table that belong to these by that column, or clear it in them. Return how many."""
    table, done = owned.table, 0
    change: Any = update(table).values({column.name: None}) if column in owned.clears else delete(table)
    for some in chunks(owners):
        if done >= most:
            break
        theirs = column.in_(some)
        if "id" in table.c:
            itself = [
                each.is_(None) for each in table.c if _target(each) == table.name
            ]  # what refers to another goes first
            ids = select(table.c.id).where(theirs).order_by(*itself, table.c.id).limit(most - done)
            found = (await session.execute(ids)).scalars().all()
            if not found:
                continue
            theirs = table.c.id.in_(found)
        done += (await session.execute(change.where(theirs))).rowcount
    return done


async def _going(
    session: Work, root: str, ids: Sequence[UUID], only: Collection[str] | None = None
) -> Mapping[str, Sequence[UUID]]:
    """Return by table the ids of the rows that belong to these rows of `root`, as far as others refer to the table; `only` of
    these tables, if given, and those whose rows belong to theirs.

    They are read first, so that each deletion names keys: of nested selections PostgreSQL reads whole tables.
    """
    tables = _owned_by(root)
    referred = {_target(column) for owned in tables.values() for column in (*owned.deletes, *owned.clears)}
    going: dict[str, Sequence[UUID]] = {root: ids}
    for name, owned in reversed(tables.items()):  # owners first
        if name not in referred:
            continue
        found: set[UUID] = set()
        for column in owned.deletes:
            if _target(column) == root and only is not None and name not in only:
                continue
            for some in chunks(going[str(_target(column))]):
                found |= set((await session.execute(select(owned.table.c.id).where(column.in_(some)))).scalars())
        going[name] = sorted(found)
    return going


async def count_rows(session: Work, root: str, ids: Sequence[UUID]) -> Counter[UUID]:
    """Return how many rows refer to each of these rows of `root` and are deleted with it, not counting what belongs to those."""
    keys = [key for owned in _owned_by(root).values() for key in owned.deletes if _target(key) == root]
    found: Counter[UUID] = Counter(dict.fromkeys(ids, 0))
    for some in chunks(ids):
        parts = [select(key, func.count()).where(key.in_(some)).group_by(key) for key in keys]
        for row_id, count in (await session.execute(union_all(*parts))).all():
            found[row_id] += count
    return found


def belongs(table: str, root: str, ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Return the condition that a row of this table belongs to one of the rows of `root`. Raises KeyError: none can."""
    tables = _owned_by(root)
    return _belongs(tables[table], root, ids, tables)


@cache
def _owned_by(root: str) -> dict[str, OwnedTable]:
    return owned_tables(root)


def _belongs(
    owned: OwnedTable, root: str, ids: Sequence[UUID], tables: Mapping[str, OwnedTable]
) -> ColumnElement[bool]:
    return or_(*(_leads_to(column, root, ids, tables) for column in owned.deletes))


def _leads_to(
    column: Column[Any], root: str, ids: Sequence[UUID], tables: Mapping[str, OwnedTable]
) -> ColumnElement[bool]:
    owner = _target(column)
    if owner == root:
        return column.in_(ids)
    parent = tables[str(owner)]
    return column.in_(select(parent.table.c.id).where(_belongs(parent, root, ids, tables)))


def _owned(root: str, table: Table, columns: Sequence[Column[Any]]) -> OwnedTable:
    required = [column for column in columns if not column.nullable]
    if required:
        direct = [column for column in required if _target(column) == root]
        return OwnedTable(table, tuple(direct or required), ())
    for column in columns:
        if "when_gone" not in column.info:
            raise UndeclaredReferenceError(f"{table.name}.{column.name}: declare what becomes of a row (`when_gone`)")
    return OwnedTable(
        table,
        deletes=tuple(column for column in columns if column.info["when_gone"] == "delete"),
        clears=tuple(column for column in columns if column.info["when_gone"] == "clear"),
    )


def _target(column: Column[Any]) -> str | None:
    """Return the table that a foreign key refers to; None for another column."""
    return next((key.column.table.name for key in column.foreign_keys), None)
