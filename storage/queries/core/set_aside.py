"""Rows with which a chore failed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, func, select, update
from sqlmodel import col
from sqlmodel import select as sqlmodel_select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import SetAside

TIME_ZONES = "time_zones"
"""The name for members whose time zone this machine does not know."""

UNREADABLE = "unreadable"
"""The name for rows of which a text does not open with its key."""

SET_ASIDE_FOR = timedelta(hours=1)
"""After that a chore tries the row again."""


def is_set_aside(
    workspace_id: UUID, chore: str, subject_id: SQLColumnExpression[UUID], now: datetime
) -> ColumnElement[bool]:
    """Return the condition that a chore leaves this row alone for now."""
    return exists().where(
        col(SetAside.workspace_id) == workspace_id,
        col(SetAside.chore) == chore,
        col(SetAside.subject_id) == subject_id,
        col(SetAside.until) > now,
    )


async def save(session: Work, row: SetAside) -> None:
    """Set a row aside, or set it aside again, which changes neither `since` nor `told_on`."""
    statement = insert_into(session, SetAside).values(column_values(row))
    changed = {name: statement.excluded[name] for name in ("error", "until")}
    await session.exec(
        statement.on_conflict_do_update(index_elements=["workspace_id", "chore", "subject_id"], set_=changed)
    )


async def save_unknown_zones(session: Work, workspace_id: UUID, member_ids: Collection[UUID], now: datetime) -> None:
    """Record, for a report to them and the admins, that this machine does not know these members' time zones."""
    await _save_met(session, workspace_id, TIME_ZONES, member_ids, "UnknownZone", now)


async def save_unreadable(session: Work, workspace_id: UUID, row_ids: Collection[UUID], now: datetime) -> None:
    """Record, for a report to the admins, that a text of these loans or other rows does not open."""
    await _save_met(session, workspace_id, UNREADABLE, row_ids, "UnreadableError", now)


async def _save_met(
    session: Work, workspace_id: UUID, chore: str, row_ids: Collection[UUID], error: str, now: datetime
) -> None:
    """Record rows that people meet, where they are not recorded yet."""
    if not row_ids:
        return
    recorded = await _recorded(session, workspace_id, chore, now)
    until = now + SET_ASIDE_FOR
    for row_id in sorted(set(row_ids) - set(recorded)):
        row = SetAside(workspace_id=workspace_id, chore=chore, subject_id=row_id, error=error, since=now, until=until)
        await save(session, row)


async def in_unknown_zones(session: Work, workspace_id: UUID, now: datetime) -> Sequence[UUID]:
    """Return the members recorded by `save_unknown_zones` within the last hour."""
    return await _recorded(session, workspace_id, TIME_ZONES, now)


async def _recorded(session: Work, workspace_id: UUID, chore: str, now: datetime) -> Sequence[UUID]:
    statement = sqlmodel_select(SetAside.subject_id).where(
        SetAside.workspace_id == workspace_id, SetAside.chore == chore, col(SetAside.until) > now
    )
    return (await session.exec(statement)).all()


async def present(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[SetAside]:
    """Return the rows that chores leave alone now, chore by chore, the newest last."""
    statement = sqlmodel_select(SetAside).where(
        SetAside.workspace_id == workspace_id, SetAside.chore != TIME_ZONES, col(SetAside.until) > now
    )
    return (await session.exec(statement.order_by(col(SetAside.chore), col(SetAside.id)).limit(limit))).all()


async def count(session: Work, workspace_id: UUID, now: datetime) -> dict[str, int]:
    """Return how many rows each chore leaves alone now."""
    statement = (
        select(col(SetAside.chore), func.count())
        .where(col(SetAside.workspace_id) == workspace_id, col(SetAside.until) > now)
        .group_by(col(SetAside.chore))
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def mark_told(session: Work, workspace_id: UUID, now: datetime, today: date) -> bool:
    """Record that the admins are told today of all that is set aside now. Return whether there is something new."""
    statement = (
        update(SetAside)
        .where(
            col(SetAside.workspace_id) == workspace_id,
            col(SetAside.until) > now,
            (col(SetAside.told_on) != today) | col(SetAside.told_on).is_(None),
        )
        .values(told_on=today)
        .returning(col(SetAside.id))
    )
    return (await session.execute(statement)).first() is not None


async def delete_before(session: Work, workspace_id: UUID, instant: datetime) -> None:
    """Forget what has not been set aside again since then."""
    await session.exec(
        delete(SetAside).where(col(SetAside.workspace_id) == workspace_id, col(SetAside.until) < instant)
    )
