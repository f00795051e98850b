"""Calls that members asked the phone system to make."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import PhoneRing


async def asked_since(session: Work, loan_id: UUID, member_id: UUID, since: datetime) -> bool:
    """Return whether this member asked for a ring of the loan's borrower since then, and it has not failed."""
    statement = select(PhoneRing.id).where(
        PhoneRing.loan_id == loan_id,
        PhoneRing.member_id == member_id,
        col(PhoneRing.at) > since,
        PhoneRing.state != "failed",
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def take_due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[PhoneRing]:
    """Return the rings that are to be done, locked; those of another transaction are skipped."""
    statement = select(PhoneRing).where(PhoneRing.workspace_id == workspace_id, col(PhoneRing.ring_at) <= now)
    ordered = statement.order_by(col(PhoneRing.ring_at), col(PhoneRing.id)).limit(limit)
    return list((await session.exec(ordered.with_for_update(skip_locked=True))).all())


async def any_due(session: Work, workspace_id: UUID, now: datetime) -> bool:
    """Return whether a ring is to be done."""
    statement = select(PhoneRing.id).where(PhoneRing.workspace_id == workspace_id, col(PhoneRing.ring_at) <= now)
    return (await session.exec(statement.limit(1))).first() is not None
