"""Rows by id, and long lists of ids in chunks."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import SQLModel, select

from storage.engine.work import Work

Row = TypeVar("Row", bound=SQLModel)
Key = TypeVar("Key", UUID, str, bytes, int, tuple[str, int])

_CHUNK = 500
"""How many ids one statement names: SQLite's limit is 32,766, and a short statement holds its locks briefly."""


async def by_ids(session: Work, table: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Return the rows with these ids; those that the transaction has read already are not read again."""
    wanted = set(ids)
    found = {row_id: row for row_id in wanted if (row := session.known(table, row_id)) is not None}
    if unknown := wanted - found.keys():
        kind: Any = table
        rows: Any = await session.exec(_with_ids(kind), params={"ids": list(unknown)})
        found.update({row.id: row for row in rows})
    return found


@cache
def _with_ids(table: Any) -> Any:
    return select(table).where(table.id.in_(bindparam("ids", expanding=True)))


def chunks(ids: Iterable[Key]) -> Iterator[list[Key]]:
    """Yield the ids or other keys without repetitions, sorted, in lists short enough for one statement."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
