"""Escalations: those of a loan, those that nobody has resolved, those of which the second level is to hear."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select, text
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, taking
from storage.tables import Escalation

SECOND_LEVEL = "second_level"
"""The chore that tells the second level."""

_ESCALATION: Table = SQLModel.metadata.tables["escalation"]
_PRESENT = col(Escalation.undone_at).is_(None)
UNRESOLVED = text("state != 'resolved' AND undone_at IS NULL")
"""The condition of the index for what nobody has resolved."""


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[Escalation]:
    """Return the escalations of a loan that were not undone, the latest first."""
    statement = sqlmodel_select(Escalation).where(Escalation.loan_id == loan_id, _PRESENT)
    return list((await session.exec(statement.order_by(col(Escalation.raised_at).desc()).limit(limit))).all())


async def unresolved_of_loan(session: Work, loan_id: UUID) -> list[Escalation]:
    """Return the escalations of a loan that nobody has resolved, the earliest first."""
    statement = sqlmodel_select(Escalation).where(Escalation.loan_id == loan_id, UNRESOLVED)
    return list((await session.exec(statement.order_by(col(Escalation.raised_at)))).all())


async def was_raised(session: Work, loan_id: UUID, trigger: str) -> bool:
    """Return whether a rule has escalated the loan for that cause before."""
    statement = sqlmodel_select(Escalation.id).where(
        Escalation.loan_id == loan_id, Escalation.rule_trigger == trigger, _PRESENT
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def unresolved(session: Work, workspace_id: UUID, *, limit: int) -> list[Escalation]:
    """Return the escalations that nobody has resolved, the earliest first."""
    statement = sqlmodel_select(Escalation).where(Escalation.workspace_id == workspace_id, UNRESOLVED)
    statement = statement.order_by(col(Escalation.raised_at), col(Escalation.id)).limit(limit)
    return list((await session.exec(statement)).all())


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the escalations of which the second level is to hear, without taking them."""
    statement = select(_ESCALATION.c.id).where(*_due(workspace_id, now, None)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def take(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[Escalation]:
    """Return the escalations of which the second level is to hear, after recording that it does; of `only` these, if given."""
    which = select(_ESCALATION.c.id).where(*_due(workspace_id, now, only)).limit(limit)
    return list((await session.exec(taking(Escalation, which, {"next_level_at": None, "level": 2}))).scalars())


def _due(workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    return [
        *are_due(_ESCALATION.c.next_level_at, workspace_id, SECOND_LEVEL, now, only),
        _ESCALATION.c.undone_at.is_(None),
    ]
