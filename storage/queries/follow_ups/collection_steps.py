"""Steps beyond calls: those of a loan, and those to remind of."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, Table, literal_column, select
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, taking, waits_for
from storage.tables import CollectionStep

STEPS = "collection_steps"
"""The chore that reminds of steps."""

MISSED = "missed_steps"
"""The chore that escalates steps whose day is over."""

_STEP: Table = SQLModel.metadata.tables["collection_step"]
_INSTANTS = {STEPS: waits_for(STEPS, _STEP.c.remind_at), MISSED: waits_for(MISSED, _STEP.c.escalate_at)}
_PRESENT = col(CollectionStep.undone_at).is_(None)


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[CollectionStep]:
    """Return the steps on a loan that were not undone, the latest first."""
    statement = sqlmodel_select(CollectionStep).where(CollectionStep.loan_id == loan_id, _PRESENT)
    ordered = statement.order_by(col(CollectionStep.at).desc(), col(CollectionStep.id).desc())
    return list((await session.exec(ordered.limit(limit))).all())


async def planned_of_loans(session: Work, loan_ids: Collection[UUID]) -> list[CollectionStep]:
    """Return the steps on these loans that are planned, the earliest first."""
    statement = sqlmodel_select(CollectionStep).where(
        col(CollectionStep.loan_id).in_(loan_ids), CollectionStep.state == "planned", _PRESENT
    )
    return list((await session.exec(statement.order_by(col(CollectionStep.day), col(CollectionStep.id)))).all())


async def planned_of_member(session: Work, member_id: UUID) -> list[CollectionStep]:
    """Return the planned steps that a member is to take, also on loans of others, locked."""
    state = col(CollectionStep.state) == literal_column("'planned'", String)  # as in the index
    statement = sqlmodel_select(CollectionStep).where(CollectionStep.assignee_id == member_id, state, _PRESENT)
    return list((await session.exec(statement.order_by(col(CollectionStep.id)).with_for_update())).all())


async def planned_until(session: Work, member_ids: Collection[UUID], day: date) -> list[CollectionStep]:
    """Return the steps that these members are to take by that day, the earliest first."""
    state = col(CollectionStep.state) == literal_column("'planned'", String)  # as in the index
    statement = sqlmodel_select(CollectionStep).where(
        col(CollectionStep.assignee_id).in_(member_ids), state, CollectionStep.day <= day, _PRESENT
    )
    return list((await session.exec(statement.order_by(col(CollectionStep.day), col(CollectionStep.id)))).all())


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the steps to remind of, without taking them."""
    return await _of_chore(session, STEPS, workspace_id, now, limit)


async def take(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[CollectionStep]:
    """Return the steps to remind of, after recording that they were; of `only` these, if given."""
    return await _take(session, STEPS, workspace_id, now, limit, only)


async def missed(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the steps to escalate, without taking them."""
    return await _of_chore(session, MISSED, workspace_id, now, limit)


async def take_missed(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[CollectionStep]:
    """Return the steps to escalate, after recording that they were; of `only` these, if given."""
    return await _take(session, MISSED, workspace_id, now, limit, only)


async def loans_of(session: Work, step_ids: Collection[UUID]) -> set[UUID]:
    """Return the loans on which these steps are."""
    statement = select(_STEP.c.loan_id).where(_STEP.c.id.in_(step_ids))
    return set((await session.execute(statement)).scalars()) if step_ids else set()


async def _of_chore(session: Work, chore: str, workspace_id: UUID, now: datetime, limit: int) -> list[UUID]:
    statement = select(_STEP.c.id).where(*_due(chore, workspace_id, now, None)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def _take(
    session: Work, chore: str, workspace_id: UUID, now: datetime, limit: int, only: Collection[UUID] | None
) -> Sequence[CollectionStep]:
    which = select(_STEP.c.id).where(*_due(chore, workspace_id, now, only)).limit(limit)
    return list((await session.exec(taking(CollectionStep, which, {_INSTANTS[chore].name: None}))).scalars())


def _due(chore: str, workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    return are_due(_INSTANTS[chore], workspace_id, chore, now, only)
