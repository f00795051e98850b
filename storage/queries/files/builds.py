"""What members asked for, which the worker makes into files."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import CaseExport, ListExport

R = TypeVar("R", CaseExport, ListExport)


async def next_to_build(session: Work, table: type[R], workspace_id: UUID, now: datetime) -> R | None:
    """Return the row of the table whose turn it is to be built, locked; None if there is none."""
    statement = (
        select(table)
        .where(table.workspace_id == workspace_id, col(table.build_at) <= now)
        .order_by(col(table.build_at), col(table.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).first()
