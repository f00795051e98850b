"""Borrowers, read and written many at a time."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.core import row_cache
from storage.tables import Borrower

row_cache.keep(Borrower)

_BORROWER: Table = SQLModel.metadata.tables["borrower"]


async def add_many(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Writes new borrowers, given as the values of their columns."""
    if rows:
        await (await session.connection()).execute(_BORROWER.insert(), rows)


async def by_ids(session: AsyncSession, ids: Iterable[UUID]) -> list[Borrower]:
    """The borrowers of those ids, in no order."""
    return list((await row_cache.by_ids(session, Borrower, ids)).values())
