"""Whose digest is due."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Member


async def take_due(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[Member]:
    """The members whose digest is due, held by this transaction; of two scans at once each member has one."""
    statement = (
        select(Member)
        .where(Member.workspace_id == workspace_id, col(Member.next_digest_at) <= now)
        .order_by(col(Member.next_digest_at), col(Member.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())
