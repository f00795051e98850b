"""Delete old rows in batches, by the index of the time from which they are no longer needed.

The worker asks each second, so the statements are built once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlmodel import col, update

from storage.engine.work import Work
from storage.tables import (
    ApiAnswer,
    Call,
    Draft,
    FileImport,
    FileLink,
    Handover,
    ImportRefusal,
    LenderEvent,
    LenderEventBatch,
    ProcessedDelivery,
    Recomputation,
    Undo,
)


def _old(table: Any, instant: Any, *more: ColumnElement[bool]) -> Select[Any]:
    """Return the statement for the ids of the next rows of which the instant is before `before`."""
    return (
        select(table.id)
        .where(table.workspace_id == bindparam("workspace_id"), instant < bindparam("before"), *more)
        .limit(bindparam("batch", type_=Integer))
        .with_for_update(skip_locked=True)
    )


_LEFT = select(col(Handover.batch_id)).join(Recomputation, col(Recomputation.id) == col(Handover.id))
_OLD = {
    ProcessedDelivery: _old(ProcessedDelivery, ProcessedDelivery.at),
    Draft: _old(Draft, Draft.at),
    Undo: _old(
        Undo,
        Undo.made_at,
        func.coalesce(Undo.part_of, Undo.id).not_in(select(col(Recomputation.id))),
        col(Undo.id).not_in(_LEFT),
    ),
    Handover: _old(Handover, Handover.at, col(Handover.batch_id).not_in(_LEFT)),
    FileLink: _old(FileLink, FileLink.made_at),
    ApiAnswer: _old(ApiAnswer, ApiAnswer.at),
    LenderEvent: _old(LenderEvent, LenderEvent.at, col(LenderEvent.state) != literal_column("'waiting'", String)),
    LenderEventBatch: _old(
        LenderEventBatch, LenderEventBatch.at, ~exists().where(col(LenderEvent.batch_id) == col(LenderEventBatch.id))
    ),
    ImportRefusal: _old(ImportRefusal, ImportRefusal.at),
    FileImport: _old(
        FileImport,
        FileImport.made_at,
        or_(col(FileImport.sample_cipher).is_not(None), col(FileImport.remarks_cipher).is_not(None)),
    ),
    Call: _old(Call, Call.at, col(Call.line_digest).is_not(None)),
}


async def delete_deliveries(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete deliveries too old to be repeated, and return how many."""
    return await _delete(session, ProcessedDelivery, workspace_id, before, limit)


async def delete_drafts(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete drafts, also of forms, that are no longer valid, and return how many."""
    return await _delete(session, Draft, workspace_id, before, limit)


async def delete_undos(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete what Undo needed of acts that can no longer be undone, and return how many; what the worker still needs stays."""
    return await _delete(session, Undo, workspace_id, before, limit)


async def delete_handovers(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete what the worker needed of handovers that are carried out and can no longer be undone, and return how many."""
    return await _delete(session, Handover, workspace_id, before, limit)


async def delete_file_links(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete links to files that were made before, and return how many."""
    return await _delete(session, FileLink, workspace_id, before, limit)


async def delete_api_answers(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete answers to requests too old to be repeated, and return how many."""
    return await _delete(session, ApiAnswer, workspace_id, before, limit)


async def delete_lender_events(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete events of the lender that were applied or refused, and batches without any, and return how many."""
    deleted = await _delete(session, LenderEvent, workspace_id, before, limit)
    return max(deleted, await _delete(session, LenderEventBatch, workspace_id, before, limit))


async def delete_import_refusals(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete refused rows of files that were refused before, and return how many."""
    return await _delete(session, ImportRefusal, workspace_id, before, limit)


async def clear_import_samples(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Clear the names and remarks of files that were sent before, and return of how many."""
    ids = await _ids(session, FileImport, workspace_id, before, limit)
    if ids:
        cleared = update(FileImport).where(col(FileImport.id).in_(ids))
        await session.exec(cleared.values(sample_cipher=None, remarks_cipher=None))
    return len(ids)


async def clear_line_digests(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Clear the digests of the lines by which calls were logged, and return how many."""
    ids = await _ids(session, Call, workspace_id, before, limit)
    if ids:
        await session.exec(update(Call).where(col(Call.id).in_(ids)).values(line_digest=None))
    return len(ids)


async def _delete(session: Work, table: type[Any], workspace_id: UUID, before: datetime, limit: int) -> int:
    ids = await _ids(session, table, workspace_id, before, limit)
    if ids:
        await session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)


async def _ids(session: Work, table: type[Any], workspace_id: UUID, before: datetime, limit: int) -> Sequence[UUID]:
    values = {"workspace_id": workspace_id, "before": before, "batch": limit}
    return (await session.execute(_OLD[table], values)).scalars().all()
