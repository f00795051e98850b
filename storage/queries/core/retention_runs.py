"""Runs of `loandesk retention`: what each has deleted, and when one last came to its end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.tables import ErasedRecord, RetentionRun


async def last_ended(session: Work, workspace_id: UUID) -> datetime | None:
    """Return when a run last came to its end; None: never."""
    statement = select(func.max(RetentionRun.ended_at)).where(RetentionRun.workspace_id == workspace_id)
    return (await session.exec(statement)).one()


async def unfinished(session: Work, workspace_id: UUID) -> RetentionRun | None:
    """Return the last run if it was broken off, locked to go on with it."""
    statement = select(RetentionRun).where(RetentionRun.workspace_id == workspace_id)
    row = (await session.exec(statement.order_by(col(RetentionRun.began_at).desc()).limit(1))).first()
    return row if row is not None and row.ended_at is None else None


async def count_erased(session: Work, since: datetime) -> int:
    """Return how much was deleted for good from `since` on."""
    return (await session.exec(select(func.count()).where(col(ErasedRecord.at) >= since))).one()


async def erased(session: Work, since: datetime | None = None) -> Sequence[ErasedRecord]:
    """Return what was deleted for good from `since` on, or ever, in the order of time."""
    statement = select(ErasedRecord).order_by(col(ErasedRecord.at), col(ErasedRecord.id))
    if since is not None:
        statement = statement.where(col(ErasedRecord.at) >= since)
    return (await session.exec(statement)).all()
