"""Delete old rows in batches, by the index of the time from which they are no longer needed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlmodel import col, update

from storage.engine.work import Work
from storage.tables import Call, Draft, FileLink, Handover, ProcessedDelivery, Recomputation, Undo


async def delete_deliveries(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete deliveries too old to be repeated, and return how many."""
    return await _delete(session, ProcessedDelivery, ProcessedDelivery.at, workspace_id, before, limit)


async def delete_drafts(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete drafts, also of forms, that are no longer valid, and return how many."""
    return await _delete(session, Draft, Draft.at, workspace_id, before, limit)


async def delete_undos(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete what Undo needed of acts that can no longer be undone, and return how many; what the worker still needs stays."""
    handovers = select(col(Handover.batch_id)).join(Recomputation, col(Recomputation.id) == col(Handover.id))
    free = func.coalesce(Undo.part_of, Undo.id).not_in(select(col(Recomputation.id))) & col(Undo.id).not_in(handovers)
    return await _delete(session, Undo, Undo.made_at, workspace_id, before, limit, free)


async def delete_handovers(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete what the worker needed of handovers that are carried out and can no longer be undone, and return how many."""
    left = select(col(Handover.batch_id)).join(Recomputation, col(Recomputation.id) == col(Handover.id))
    free = col(Handover.batch_id).not_in(left)
    return await _delete(session, Handover, Handover.at, workspace_id, before, limit, free)


async def delete_file_links(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete links to files that were made before, and return how many."""
    return await _delete(session, FileLink, FileLink.made_at, workspace_id, before, limit)


async def clear_line_digests(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Clear the digests of the lines by which calls were logged, and return how many."""
    old = (
        select(col(Call.id))
        .where(col(Call.workspace_id) == workspace_id, col(Call.line_digest).is_not(None), col(Call.at) < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.execute(old)).scalars().all()
    if ids:
        await session.exec(update(Call).where(col(Call.id).in_(ids)).values(line_digest=None))
    return len(ids)


async def _delete(
    session: Work,
    table: type[Any],
    instant: Any,
    workspace_id: UUID,
    before: datetime,
    limit: int,
    free: ColumnElement[bool] | None = None,
) -> int:
    old = (
        select(table.id)
        .where(table.workspace_id == workspace_id, instant < before, true() if free is None else free)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.execute(old)).scalars().all()
    if ids:
        await session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)
