"""What has fallen due. The cost is what is due, not the table: the instants stand behind partial indexes.

Rows are taken by one UPDATE, so of two scans at once each row has one. On PostgreSQL a scan passes over the rows that
somebody holds: whoever is changing a follow-up decides when it is spoken of next.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.messages.notices import ITEM, NOTICE
from storage.tables import FollowUp

_FOLLOW_UP: Table = SQLModel.metadata.tables["follow_up"]


async def take_reminders(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[FollowUp]:
    """Takes follow-ups whose reminder is due: `announced_for` is what `remind_at` was, and `remind_at` is None."""
    values = {"announced_for": col(FollowUp.remind_at), "announced_at": now, "remind_at": None}
    return await _take(session, workspace_id, "remind_at", now, limit, values)


async def take_escalations(session: AsyncSession, workspace_id: UUID, now: datetime, *, limit: int) -> list[FollowUp]:
    """Takes follow-ups of which the manager is to hear now."""
    return await _take(session, workspace_id, "escalate_at", now, limit, {"escalate_at": None, "escalated_at": now})


async def set_escalations(session: AsyncSession, escalate_at: Mapping[UUID, datetime]) -> None:
    """Set when the manager hears of these follow-ups."""
    if not escalate_at:
        return
    statement = (
        update(_FOLLOW_UP)
        .where(_FOLLOW_UP.c.id == bindparam("the_id"))
        .values(escalate_at=bindparam("instant", type_=_FOLLOW_UP.c.escalate_at.type))
    )
    rows = [{"the_id": key, "instant": instant} for key, instant in escalate_at.items()]
    await (await session.connection()).execute(statement, rows)


async def notice_ids(session: AsyncSession, workspace_id: UUID, keys: Collection[str]) -> dict[str, UUID]:
    """Which of these notices are there, by key."""
    if not keys:
        return {}
    statement = select(NOTICE.c.key, NOTICE.c.id).where(NOTICE.c.workspace_id == workspace_id, NOTICE.c.key.in_(keys))
    rows = await (await session.connection()).execute(statement)
    return {row.key: row.id for row in rows}


async def add_to_notice(
    session: AsyncSession, workspace_id: UUID, notice_id: UUID, follow_ups: Sequence[FollowUp]
) -> None:
    """Shows more follow-ups on a notice that is there; those that it shows already stay as they are."""
    connection = await session.connection()
    last = (await connection.execute(select(func.max(ITEM.c.position)).where(ITEM.c.notice_id == notice_id))).scalar()
    rows = [
        {
            "notice_id": notice_id,
            "follow_up_id": follow_up.id,
            "workspace_id": workspace_id,
            "position": position,
            "follow_up_version": follow_up.version,
        }
        for position, follow_up in enumerate(follow_ups, start=(last or 0) + 1)
    ]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(insert(ITEM).on_conflict_do_nothing(), rows)


async def _take(
    session: AsyncSession,
    workspace_id: UUID,
    instant: str,
    now: datetime,
    limit: int,
    values: dict[str, Any],
) -> list[FollowUp]:
    # Somebody's follow-ups come together, so that a batch rarely ends in the middle of them. A locking CTE is worked
    # out once; as a plain subselect PostgreSQL could run it again for another row and pass the limit.
    due = (
        select(_FOLLOW_UP.c.id)
        .where(_FOLLOW_UP.c.workspace_id == workspace_id, _FOLLOW_UP.c[instant] <= now)
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
