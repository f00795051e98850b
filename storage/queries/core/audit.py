"""The audit trail, read back: who last did something to a loan."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import AuditEntry


async def latest(
    session: AsyncSession,
    loan_ids: Collection[UUID],
    *,
    since: datetime,
    but_not_by: UUID | None = None,
    limit: int = 1,
) -> list[AuditEntry]:
    """What was last done on these loans, newest first. Of the member `but_not_by` only what came after `since` counts."""
    later = col(AuditEntry.at) > since
    if but_not_by is not None:
        others = or_(col(AuditEntry.actor_id) != but_not_by, col(AuditEntry.actor_id).is_(None))
        later = or_(later, (col(AuditEntry.at) == since) & others)
    statement = select(AuditEntry).where(col(AuditEntry.loan_id).in_(loan_ids), later)
    ordered = statement.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def latest_of_subject(session: AsyncSession, loan_id: UUID, subject_id: UUID) -> AuditEntry | None:
    """The last act on this follow-up, or other part of a loan."""
    statement = select(AuditEntry).where(AuditEntry.loan_id == loan_id, AuditEntry.subject_id == subject_id)
    ordered = statement.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(1)
    return (await session.exec(ordered)).first()
