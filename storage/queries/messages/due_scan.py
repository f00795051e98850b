"""What has become due. The cost is what is due, not the table: the instants have partial indexes.

One UPDATE takes the rows, so each row goes to one of two concurrent scans. On PostgreSQL a scan skips locked rows: the
transaction that changes a follow-up decides when it is reminded of next. What waits for the worker to compute its times
again is not due by its old ones.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select, update
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.core.recomputations import DIGEST_TIMES, REMINDER_TIMES, awaits
from storage.tables import FollowUp, Member

_FOLLOW_UP: Table = SQLModel.metadata.tables["follow_up"]


async def take_digests(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[Member]:
    """Return the members whose digest is due, locked by this transaction; a concurrent scan skips them."""
    statement = (
        sqlmodel_select(Member)
        .where(
            Member.workspace_id == workspace_id,
            col(Member.next_digest_at) <= now,
            ~awaits(workspace_id, DIGEST_TIMES, col(Member.id)),
        )
        .order_by(col(Member.next_digest_at), col(Member.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())


async def take_reminders(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[FollowUp]:
    """Return follow-ups whose reminder is due, after moving `remind_at` to `announced_for`."""
    values = {"announced_for": col(FollowUp.remind_at), "announced_at": now, "remind_at": None}
    return await _take(session, workspace_id, "remind_at", now, limit, values)


async def take_escalations(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[FollowUp]:
    """Return follow-ups that are due to be escalated, after recording that they are."""
    return await _take(session, workspace_id, "escalate_at", now, limit, {"escalate_at": None, "escalated_at": now})


async def set_escalations(session: AsyncSession, escalate_at: Mapping[UUID, datetime]) -> None:
    """Set when each of these follow-ups is escalated."""
    if not escalate_at:
        return
    statement = (
        update(_FOLLOW_UP)
        .where(_FOLLOW_UP.c.id == bindparam("the_id"))
        .values(escalate_at=bindparam("instant", type_=_FOLLOW_UP.c.escalate_at.type))
    )
    rows = [{"the_id": key, "instant": instant} for key, instant in escalate_at.items()]
    await (await session.connection()).execute(statement, rows)


async def _take(
    session: AsyncSession, workspace_id: UUID, instant: str, now: datetime, limit: int, values: dict[str, Any]
) -> list[FollowUp]:
    # Ordered by assignee, so that a batch rarely ends in the middle of one member's follow-ups. PostgreSQL evaluates a
    # locking CTE once; it could run a plain subselect again for another row and pass the limit.
    due = (
        select(_FOLLOW_UP.c.id)
        .where(
            _FOLLOW_UP.c.workspace_id == workspace_id,
            _FOLLOW_UP.c[instant] <= now,
            ~awaits(workspace_id, REMINDER_TIMES, _FOLLOW_UP.c.assignee_id, _FOLLOW_UP.c.id),
        )
        .order_by(_FOLLOW_UP.c.assignee_id, _FOLLOW_UP.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(FollowUp)
        .where(col(FollowUp.id).in_(select(due.c.id)))
        .values(values)
        .returning(FollowUp)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return list((await session.exec(statement)).scalars())
