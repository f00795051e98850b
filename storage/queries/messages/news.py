"""Who is still to be told what a release changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from storage.engine import bulk
from storage.engine.types import new_id
from storage.engine.work import Work
from storage.tables import MemberNews


async def plan(session: Work, workspace_id: UUID, told: Sequence[tuple[UUID, datetime]], *, since: int) -> None:
    """Note that these members are to be told at that time what changed after release `since`."""
    columns = {
        "id": [new_id() for _ in told],
        "member_id": [member_id for member_id, _ in told],
        "tell_at": [tell_at for _, tell_at in told],
    }
    await bulk.insert(session, MemberNews, columns, {"workspace_id": workspace_id, "since": since})


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[MemberNews]:
    """Return those whose time has come, locked."""
    statement = select(MemberNews).where(MemberNews.workspace_id == workspace_id, col(MemberNews.tell_at) <= now)
    ordered = statement.order_by(col(MemberNews.tell_at)).limit(limit).with_for_update(skip_locked=True)
    return (await session.exec(ordered)).all()
