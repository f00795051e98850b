"""Rows with which a chore failed."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists, func, select, update
from sqlmodel import col
from sqlmodel import select as sqlmodel_select

from storage.engine.database import insert_into
from storage.engine.work import Work
from storage.tables import SetAside


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
    statement = insert_into(session, SetAside).values(row.model_dump())
    changed = {name: statement.excluded[name] for name in ("error", "until")}
    await session.exec(
        statement.on_conflict_do_update(index_elements=["workspace_id", "chore", "subject_id"], set_=changed)
    )


async def present(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[SetAside]:
    """Return what is set aside now, chore by chore, the newest last."""
    statement = sqlmodel_select(SetAside).where(SetAside.workspace_id == workspace_id, col(SetAside.until) > now)
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
