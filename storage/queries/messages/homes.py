"""App Homes that were opened: which to check next, and what they show."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.queries.core.set_aside import is_set_aside
from storage.tables import Home

HOMES = "homes"


async def record_opened(session: Work, workspace_id: UUID, member_id: UUID, now: datetime) -> None:
    """Record that a member opened their Home now."""
    home = Home(workspace_id=workspace_id, member_id=member_id, opened_at=now, checked_at=now)
    statement = insert_into(session, Home).values(column_values(home))
    seen = {"opened_at": now, "checked_at": now}
    await session.exec(statement.on_conflict_do_update(index_elements=["member_id"], set_=seen))


async def request_check(session: Work, member_id: UUID, now: datetime) -> None:
    """Request a check of a member's Home, if there is one, as if it had just been opened."""
    await session.exec(update(Home).where(col(Home.member_id) == member_id).values(opened_at=now))


async def record_published(
    session: Work, member_id: UUID, *, digest: bytes, view_hash: str, showing: dict[str, Any]
) -> None:
    """Record what the Home shows now."""
    statement = update(Home).where(col(Home.member_id) == member_id)
    await session.exec(statement.values(digest=digest, hash=view_hash, showing=showing))


async def take_stale(
    session: Work,
    workspace_id: UUID,
    *,
    opened_after: datetime,
    checked_before: datetime,
    now: datetime,
    limit: int,
) -> list[Home]:
    """Return recently opened Homes not checked since `checked_before`, after recording that they are checked now."""
    stale = (
        select(Home.member_id)
        .where(
            Home.workspace_id == workspace_id,
            col(Home.opened_at) > opened_after,
            col(Home.checked_at) < checked_before,
            ~is_set_aside(workspace_id, HOMES, col(Home.member_id), now),
        )
        .order_by(col(Home.checked_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.exec(stale)).all()
    if not ids:
        return []
    statement = update(Home).where(col(Home.member_id).in_(ids)).values(checked_at=now).returning(Home)
    return list((await session.exec(statement)).scalars())
