"""Rows that one transaction asks for again and again: its session keeps them from the first look to its end.

A session forgets a row that nobody holds, and would read it again; but it never reads a row that it knows differently.
"""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event, inspect
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

Row = TypeVar("Row", bound=SQLModel)


def keep(table: type[SQLModel]) -> None:
    """From now on sessions keep the rows of this table that they read."""
    event.listen(table, "load", _keep)


async def by_ids(session: AsyncSession, table: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The rows of those ids; what the session has read already is not asked for again."""
    mapper = inspect(table)
    known: dict[UUID, Row] = {}
    unknown: list[UUID] = []
    for row_id in set(ids):
        row = session.sync_session.identity_map.get(mapper.identity_key_from_primary_key((row_id,)))
        if row is None:
            unknown.append(row_id)
        else:
            known[row_id] = row
    if unknown:
        key: Any = inspect(table).primary_key[0]
        for row in await session.exec(select(table).where(col(key).in_(unknown))):
            known[inspect(row).identity[0]] = row
    return known


def _keep(row: SQLModel, context: Any) -> None:
    context.session.info.setdefault("kept", []).append(row)
