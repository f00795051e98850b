"""Rows by id: a cache of the rows that one transaction reads again and again, and long lists of ids in chunks.

A session alone forgets a row that nothing refers to, and would read it again; but it never reads a row that it knows
differently.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event, inspect
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

Row = TypeVar("Row", bound=SQLModel)
Key = TypeVar("Key", UUID, str, tuple[str, int])

_CHUNK = 500
"""How many ids one statement names: SQLite's limit is 32,766, and a short statement holds its locks briefly."""


def cache(table: type[SQLModel]) -> None:
    """Make each session cache the rows of this table that it reads, until it ends."""

    @event.listens_for(table, "load")
    def hold(row: SQLModel, context: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        context.session.info.setdefault("cached", []).append(row)


async def by_ids(session: AsyncSession, table: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Return the rows with these ids; those that the session has read already are not read again."""
    mapper = inspect(table)
    keys = {row_id: mapper.identity_key_from_primary_key((row_id,)) for row_id in set(ids)}
    cached = {row_id: session.sync_session.identity_map.get(key) for row_id, key in keys.items()}
    found: dict[UUID, Row] = {row_id: row for row_id, row in cached.items() if row is not None}
    if unknown := keys.keys() - found.keys():
        key: Any = mapper.primary_key[0]
        for row in await session.exec(select(table).where(col(key).in_(unknown))):
            found[inspect(row).identity[0]] = row
    return found


def chunks(ids: Iterable[Key]) -> Iterator[list[Key]]:
    """Yield the ids or other keys without repetitions, sorted, in lists short enough for one statement."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
