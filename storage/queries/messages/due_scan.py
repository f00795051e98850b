"""What has become due. The cost is what is due, not the table: the instants have partial indexes.

One UPDATE takes the rows, so each row goes to one of two concurrent scans. On PostgreSQL a scan skips locked rows: the
transaction that changes a follow-up decides when it is reminded of next. What waits for the worker to compute its times
again is not due by its old ones, nor is what a chore has set aside because it fails.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, select, update
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, taking, waits_for
from storage.queries.core.recomputations import DIGEST_TIMES, REMINDER_TIMES, awaits
from storage.tables import FollowUp, Member

_FOLLOW_UP: Table = SQLModel.metadata.tables["follow_up"]
_MEMBER: Table = SQLModel.metadata.tables["member"]


REMINDERS = "reminders"
ESCALATIONS = "escalations"
DIGESTS = "digests"

_INSTANTS = {
    REMINDERS: waits_for(REMINDERS, _FOLLOW_UP.c.remind_at),
    ESCALATIONS: waits_for(ESCALATIONS, _FOLLOW_UP.c.escalate_at),
}
_DIGEST_AT = waits_for(DIGESTS, _MEMBER.c.next_digest_at)


async def take_digests(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> list[Member]:
    """Return the members whose digest is due, locked by this transaction; a concurrent scan skips them."""
    statement = (
        sqlmodel_select(Member)
        .where(*_digest_due(workspace_id, now, only))
        .order_by(col(Member.next_digest_at), col(Member.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())


async def due_digests(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the members whose digest is due, without taking them."""
    statement = select(_MEMBER.c.id).where(*_digest_due(workspace_id, now, None)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def take_reminders(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> list[FollowUp]:
    """Return follow-ups whose reminder is due, after moving `remind_at` to `announced_for`; of `only` these, if given."""
    values = {"announced_for": col(FollowUp.remind_at), "announced_at": now, "remind_at": None}
    return await _take(session, _due(workspace_id, REMINDERS, now, only), limit, values)


async def take_escalations(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> list[FollowUp]:
    """Return follow-ups that are due to be escalated, after recording that they are; of `only` these, if given."""
    values = {"escalate_at": None, "escalated_at": now}
    taken = await _take(session, _due(workspace_id, ESCALATIONS, now, only), limit, values)
    for row in taken:
        session.note_written(row, {"escalated_at": None})
    return taken


async def due_by_assignee(
    session: Work, workspace_id: UUID, chore: str, now: datetime, *, limit: int
) -> dict[UUID, list[UUID]]:
    """Return the follow-ups that a chore (`REMINDERS`, `ESCALATIONS`) would take, by assignee, without taking them."""
    whose = _FOLLOW_UP.c.assignee_id
    statement = select(whose, _FOLLOW_UP.c.id).where(*_due(workspace_id, chore, now, None))
    found: dict[UUID, list[UUID]] = {}
    for assignee_id, row_id in await session.execute(statement.order_by(whose, _FOLLOW_UP.c.id).limit(limit)):
        found.setdefault(assignee_id, []).append(row_id)
    return found


async def set_escalations(session: Work, escalate_at: Mapping[UUID, datetime]) -> None:
    """Set when each of these follow-ups is escalated."""
    if not escalate_at:
        return
    statement = (
        update(_FOLLOW_UP)
        .where(_FOLLOW_UP.c.id == bindparam("the_id"))
        .values(escalate_at=bindparam("instant", type_=_FOLLOW_UP.c.escalate_at.type))
    )
    rows = [{"the_id": key, "instant": instant} for key, instant in escalate_at.items()]
    await session.execute(statement, rows)


def _digest_due(workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    due = are_due(_DIGEST_AT, workspace_id, DIGESTS, now, only)
    return [*due, ~awaits(workspace_id, DIGEST_TIMES, _MEMBER.c.id)]


def _due(workspace_id: UUID, chore: str, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    due = are_due(_INSTANTS[chore], workspace_id, chore, now, only)
    return [*due, ~awaits(workspace_id, REMINDER_TIMES, _FOLLOW_UP.c.assignee_id, _FOLLOW_UP.c.id)]


async def _take(
    session: Work, which: Sequence[ColumnElement[bool]], limit: int, values: dict[str, Any]
) -> list[FollowUp]:
    # Ordered by assignee, so that a batch rarely ends in the middle of one member's follow-ups.
    ids = select(_FOLLOW_UP.c.id).where(*which).order_by(_FOLLOW_UP.c.assignee_id, _FOLLOW_UP.c.id).limit(limit)
    return list((await session.exec(taking(FollowUp, ids, values))).scalars())
