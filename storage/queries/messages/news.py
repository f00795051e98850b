"""Who is still to be told what a release changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import MemberNews


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[MemberNews]:
    """Return those whose time has come, locked."""
    statement = select(MemberNews).where(MemberNews.workspace_id == workspace_id, col(MemberNews.tell_at) <= now)
    ordered = statement.order_by(col(MemberNews.tell_at)).limit(limit).with_for_update(skip_locked=True)
    return (await session.exec(ordered)).all()
