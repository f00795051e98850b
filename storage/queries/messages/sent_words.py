"""What messages said of loans, as it is kept, for the audit trail that has its digests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.rows import by_ids
from storage.tables import SentMessage


async def not_entered(session: Work, workspace_id: UUID, *, limit: int) -> Sequence[SentMessage]:
    """Return the next messages whose digests the trail does not have, locked: of two workers one enters them."""
    statement = select(SentMessage).where(
        SentMessage.workspace_id == workspace_id, col(SentMessage.entered_at).is_(None)
    )
    statement = statement.order_by(col(SentMessage.id)).limit(limit).with_for_update(skip_locked=True)
    return (await session.exec(statement)).all()


async def mark_entered(session: Work, ids: Collection[UUID], now: datetime) -> None:
    """Note that the trail has the digests of these messages."""
    await session.exec(update(SentMessage).where(col(SentMessage.id).in_(ids)).values(entered_at=now))


async def with_ids(session: Work, ids: Collection[UUID]) -> dict[UUID, SentMessage]:
    """Return those of these messages that are there."""
    return await by_ids(session, SentMessage, ids)
