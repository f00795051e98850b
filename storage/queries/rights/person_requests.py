"""Requests of persons about their own data."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import PersonRequest

_CLOSED = ("answered", "refused")


async def page(session: Work, workspace_id: UUID, *, is_open: bool, offset: int, limit: int) -> Sequence[PersonRequest]:
    """Return open requests, those due first at the beginning, or closed ones, the latest first."""
    states = ("open",) if is_open else _CLOSED
    due = col(PersonRequest.due_on)
    statement = (
        select(PersonRequest)
        .where(
            PersonRequest.workspace_id == workspace_id,
            col(PersonRequest.state).in_(states),
            col(PersonRequest.undone_at).is_(None),
        )
        .order_by(due if is_open else due.desc(), col(PersonRequest.id))
    )
    return (await session.exec(statement.offset(offset).limit(limit))).all()


async def due_by(session: Work, workspace_id: UUID, day: date) -> Sequence[PersonRequest]:
    """Return the open requests that must be answered by that day, the first of them first."""
    statement = (
        select(PersonRequest)
        .where(
            PersonRequest.workspace_id == workspace_id,
            PersonRequest.state == "open",
            col(PersonRequest.due_on) <= day,
            col(PersonRequest.undone_at).is_(None),
        )
        .order_by(col(PersonRequest.due_on), col(PersonRequest.id))
    )
    return (await session.exec(statement)).all()


async def lock(session: Work, request_id: UUID) -> PersonRequest | None:
    """Return the request as it is now, locked for the transaction."""
    statement = select(PersonRequest).where(PersonRequest.id == request_id).with_for_update()
    return (await session.exec(statement.execution_options(populate_existing=True))).first()
