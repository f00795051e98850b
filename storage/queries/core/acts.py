"""What members did last, from the audit trail, calls, assignments and reminders."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, func, or_, select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.tables import Assignment, AuditEntry, Call, Notice, NoticeItem

_PAGES = ("file", "recording", "calendar", "proof", "audit")
"""What the desk's own page shows, as its acts begin."""

READING = (
    "disclosure",
    "refused",
    "show_number",
    "see_audit",
    "words_entered",
    *(f"{page}_{act}" for page in _PAGES for act in ("link", "opened", "refused", "code_wrong")),
)
"""Acts that change nothing."""

_other = also(Call)
_latest_at = select(func.max(_other.at)).where(_other.loan_id == Call.loan_id, col(_other.undone_at).is_(None))
_LAST_CALLS = select(Call).where(
    col(Call.loan_id).in_(bindparam("loans", expanding=True)),
    col(Call.undone_at).is_(None),
    col(Call.at) == _latest_at.correlate(Call).scalar_subquery(),
)


async def latest(
    session: Work, loan_ids: Collection[UUID], *, since: datetime, but_not_by: UUID, limit: int
) -> list[AuditEntry]:
    """Return the last acts on these loans, newest first: those of `but_not_by` after `since`, others' from `since` on."""
    others = or_(col(AuditEntry.actor_id) != but_not_by, col(AuditEntry.actor_id).is_(None))
    later = or_(col(AuditEntry.at) > since, (col(AuditEntry.at) == since) & others)
    statement = select(AuditEntry).where(
        col(AuditEntry.loan_id).in_(loan_ids), later, col(AuditEntry.act).not_in(READING)
    )
    ordered = statement.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def members_acted_on(session: Work, loan_id: UUID, *, but: Collection[str]) -> bool:
    """Return whether a member did something on the loan, other than these acts."""
    statement = select(AuditEntry.id).where(
        AuditEntry.loan_id == loan_id, col(AuditEntry.actor_id).is_not(None), col(AuditEntry.act).not_in(but)
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def last_entries(
    session: Work, loan_ids: Collection[UUID], subject_ids: Collection[UUID]
) -> dict[UUID, AuditEntry]:
    """Return the last audit entry about each of these follow-ups, or other parts of these loans, if any."""
    statement = (
        select(AuditEntry)
        .where(col(AuditEntry.loan_id).in_(loan_ids), col(AuditEntry.subject_id).in_(subject_ids))
        .order_by(col(AuditEntry.at), col(AuditEntry.id))
    )
    return {entry.subject_id: entry for entry in await session.exec(statement) if entry.subject_id}


async def last_answers(session: Work, follow_up_ids: Collection[UUID]) -> dict[UUID, Call]:
    """Return the last call, not undone, that answered each of these follow-ups, if any."""
    statement = (
        select(Call)
        .where(col(Call.follow_up_id).in_(follow_up_ids), col(Call.undone_at).is_(None))
        .order_by(col(Call.at))
    )
    return {call.follow_up_id: call for call in await session.exec(statement) if call.follow_up_id}


async def last_assignments(
    session: Work, loan_ids: Collection[UUID], follow_up_ids: Collection[UUID]
) -> dict[UUID, Assignment]:
    """Return the last change of the assignee of each of these follow-ups of these loans, if any."""
    statement = (
        select(Assignment)
        .where(col(Assignment.loan_id).in_(loan_ids), col(Assignment.follow_up_id).in_(follow_up_ids))
        .order_by(col(Assignment.at))
    )
    return {row.follow_up_id: row for row in await session.exec(statement) if row.follow_up_id}


async def last_calls(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, Call]:
    """Return the last call, not undone, on each of these loans, if any."""
    return {call.loan_id: call for call in await session.exec(_LAST_CALLS, params={"loans": list(loan_ids)})}


async def last_readers(session: Work, follow_up_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the member who was last reminded of each of these follow-ups, if any."""
    statement = (
        select(NoticeItem.follow_up_id, Notice.to_id)
        .join(Notice, col(Notice.id) == col(NoticeItem.notice_id))
        .where(
            col(NoticeItem.follow_up_id).in_(follow_up_ids),
            col(Notice.kind).in_(("reminder", "reminder_bundle")),
        )
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return {follow_up_id: to_id for follow_up_id, to_id in await session.exec(statement) if to_id}
