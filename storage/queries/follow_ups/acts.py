"""What was last done about follow-ups, and when their borrowers were last called."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Assignment, AuditEntry, Call, Notice, NoticeItem


async def last_entries(
    session: AsyncSession, loan_ids: Collection[UUID], follow_up_ids: Collection[UUID]
) -> dict[UUID, AuditEntry]:
    """The last audit entry about each of these follow-ups of those loans; one without any is missing."""
    statement = (
        select(AuditEntry)
        .where(col(AuditEntry.loan_id).in_(loan_ids), col(AuditEntry.subject_id).in_(follow_up_ids))
        .order_by(col(AuditEntry.at))
    )
    return {entry.subject_id: entry for entry in (await session.exec(statement)).all() if entry.subject_id}


async def last_answers(session: AsyncSession, follow_up_ids: Collection[UUID]) -> dict[UUID, Call]:
    """The last call that answered each of these follow-ups and was not taken back; one without any is missing."""
    statement = (
        select(Call)
        .where(col(Call.follow_up_id).in_(follow_up_ids), col(Call.undone_at).is_(None))
        .order_by(col(Call.at))
    )
    return {call.follow_up_id: call for call in (await session.exec(statement)).all() if call.follow_up_id}


async def last_assignments(
    session: AsyncSession, loan_ids: Collection[UUID], follow_up_ids: Collection[UUID]
) -> dict[UUID, Assignment]:
    """How each of these follow-ups of those loans last changed hands; one that never did is missing."""
    statement = (
        select(Assignment)
        .where(col(Assignment.loan_id).in_(loan_ids), col(Assignment.follow_up_id).in_(follow_up_ids))
        .order_by(col(Assignment.at))
    )
    return {row.follow_up_id: row for row in (await session.exec(statement)).all() if row.follow_up_id}


async def last_calls(session: AsyncSession, loan_ids: Collection[UUID]) -> dict[UUID, Call]:
    """The last call about each of these loans that was not taken back; a loan without any is missing."""
    other = aliased(Call)
    latest = (
        select(func.max(other.at))
        .where(other.loan_id == Call.loan_id, col(other.undone_at).is_(None))
        .correlate(Call)
        .scalar_subquery()
    )
    statement = select(Call).where(
        col(Call.loan_id).in_(loan_ids), col(Call.undone_at).is_(None), col(Call.at) == latest
    )
    return {call.loan_id: call for call in (await session.exec(statement)).all()}


async def last_readers(session: AsyncSession, follow_up_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Which member was last reminded of each of these follow-ups; one of which nobody was is missing."""
    statement = (
        select(NoticeItem.follow_up_id, Notice.to_id)
        .join(Notice, col(Notice.id) == col(NoticeItem.notice_id))
        .where(
            col(NoticeItem.follow_up_id).in_(follow_up_ids),
            col(Notice.kind).in_(("reminder", "reminder_bundle")),
        )
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return {follow_up_id: to_id for follow_up_id, to_id in (await session.exec(statement)).all() if to_id}
