"""Events that the lender's system reported: what came already, what waits, and in which order."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select

from storage.engine import bulk
from storage.engine.pages import Page, Window, page
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.core.set_aside import is_set_aside
from storage.tables import LenderEvent, LenderEventBatch

LENDER_EVENTS = "lender_events"
"""The name under which the worker sets aside events with which it fails."""

_CLAIM = {
    dialect: insert(LenderEvent).on_conflict_do_nothing().returning(LenderEvent)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

_IS_WAITING = col(LenderEvent.state) == "waiting"


async def claim(session: Work, new: LenderEvent) -> LenderEvent | None:
    """Write an event, unless one of its name is there: then return None. It waits for one that is being written."""
    claimed = await session.exec(_CLAIM[session.dialect.name], params=column_values(new))
    return claimed.scalars().first()


async def of_event_ids(session: Work, workspace_id: UUID, event_ids: Collection[str]) -> dict[str, LenderEvent]:
    """Return the events of these names of the lender's, by name."""
    found: dict[str, LenderEvent] = {}
    for names in chunks(event_ids):
        statement = select(LenderEvent).where(
            LenderEvent.workspace_id == workspace_id, col(LenderEvent.event_id).in_(names)
        )
        found |= {row.event_id: row for row in await session.exec(statement)}
    return found


async def forget(session: Work, row_ids: Collection[UUID]) -> None:
    """Delete events that were refused and come again."""
    for ids in chunks(row_ids):
        await session.exec(delete(LenderEvent).where(col(LenderEvent.id).in_(ids)))


async def add(session: Work, columns: dict[str, Sequence[Any]], shared: dict[str, Any]) -> None:
    """Write many new events at once."""
    await bulk.insert(session, LenderEvent, columns, shared)


async def waits_for(session: Work, workspace_id: UUID, number_key: str, *, but: UUID) -> bool:
    """Return whether another event of that loan waits."""
    statement = select(LenderEvent.id).where(
        LenderEvent.workspace_id == workspace_id,
        LenderEvent.number_key == number_key,
        _IS_WAITING,
        LenderEvent.id != but,
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def waiting(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int
) -> Sequence[tuple[LenderEvent, bool]]:
    """Return the events that wait, the oldest first, each with whether it is set aside for now."""
    aside = is_set_aside(workspace_id, LENDER_EVENTS, col(LenderEvent.id), now)
    statement = select(LenderEvent, aside.label("aside")).where(LenderEvent.workspace_id == workspace_id, _IS_WAITING)
    return (await session.exec(statement.order_by(col(LenderEvent.id)).limit(limit))).all()


async def batch(session: Work, workspace_id: UUID, batch_id: UUID) -> LenderEventBatch | None:
    """Return the batch with this id."""
    statement = select(LenderEventBatch).where(
        LenderEventBatch.id == batch_id, LenderEventBatch.workspace_id == workspace_id
    )
    return (await session.exec(statement)).first()


async def counts(session: Work, batch_id: UUID) -> dict[str, int]:
    """Count the events of a batch by state."""
    statement = select(LenderEvent.state, func.count()).where(LenderEvent.batch_id == batch_id)
    return dict((await session.exec(statement.group_by(col(LenderEvent.state)))).all())


async def of_batch(session: Work, batch_id: UUID, window: Window, *, state: str | None) -> Page[LenderEvent]:
    """Return events of a batch in their order."""
    statement = select(LenderEvent).where(LenderEvent.batch_id == batch_id)
    if state is not None:
        statement = statement.where(LenderEvent.state == state)
    return await page(session, LenderEvent, statement, window)
