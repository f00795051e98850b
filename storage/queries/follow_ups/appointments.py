"""Appointments: those of a loan, those that two would have at once, those to remind of."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, exists, select, text
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, taking, waits_for
from storage.tables import Appointment, FollowUp

APPOINTMENTS = "appointments"
"""The chore that reminds of appointments."""

_APPOINTMENT: Table = SQLModel.metadata.tables["appointment"]
_REMIND_AT = waits_for(APPOINTMENTS, _APPOINTMENT.c.remind_at)
_PRESENT = col(Appointment.undone_at).is_(None)
_OPEN = (_PRESENT, text("state IN ('planned', 'confirmed')"))


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[Appointment]:
    """Return the appointments on a loan that were not undone, the latest first."""
    statement = sqlmodel_select(Appointment).where(Appointment.loan_id == loan_id, _PRESENT)
    return list((await session.exec(statement.order_by(col(Appointment.at).desc()).limit(limit))).all())


async def open_of_loans(session: Work, loan_ids: Collection[UUID]) -> list[Appointment]:
    """Return the appointments on these loans that are planned or confirmed, the earliest first."""
    statement = sqlmodel_select(Appointment).where(col(Appointment.loan_id).in_(loan_ids), *_OPEN)
    return list((await session.exec(statement.order_by(col(Appointment.at), col(Appointment.id)))).all())


async def without_call(session: Work, workspace_id: UUID, kind: str, now: datetime) -> list[Appointment]:
    """Return the appointments of that kind that are still to be confirmed, of which the call that confirms them was cancelled by
    no member, or which have none."""
    call = exists().where(
        col(FollowUp.id) == col(Appointment.follow_up_id),
        col(FollowUp.state) == "cancelled",
        col(FollowUp.closed_by_id).is_(None),
    )
    statement = sqlmodel_select(Appointment).where(
        Appointment.workspace_id == workspace_id,
        Appointment.kind == kind,
        col(Appointment.remind_at) > now,
        _PRESENT,
        text("appointment.state = 'planned'"),
        call | col(Appointment.follow_up_id).is_(None),
    )
    return list((await session.exec(statement.order_by(col(Appointment.at)))).all())


async def open_of_member(session: Work, member_id: UUID, start: datetime, end: datetime) -> list[Appointment]:
    """Return a member's planned or confirmed appointments that begin from `start` on and before `end`, in order."""
    statement = sqlmodel_select(Appointment).where(
        Appointment.member_id == member_id, col(Appointment.at) >= start, col(Appointment.at) < end, *_OPEN
    )
    return list((await session.exec(statement.order_by(col(Appointment.at)))).all())


async def open_of_members(
    session: Work, member_ids: Collection[UUID], start: datetime, end: datetime
) -> list[Appointment]:
    """Return what these members attend, planned or confirmed, from `start` on and before `end`, the earliest first."""
    statement = sqlmodel_select(Appointment).where(
        col(Appointment.member_id).in_(member_ids), col(Appointment.at) >= start, col(Appointment.at) < end, *_OPEN
    )
    return list((await session.exec(statement.order_by(col(Appointment.at), col(Appointment.id)))).all())


async def all_open_of_member(session: Work, member_id: UUID) -> list[Appointment]:
    """Return a member's planned or confirmed appointments, on whosever loans, in order."""
    statement = sqlmodel_select(Appointment).where(Appointment.member_id == member_id, *_OPEN)
    return list((await session.exec(statement.order_by(col(Appointment.at)))).all())


async def confirmed_by(session: Work, follow_up_ids: Collection[UUID]) -> list[UUID]:
    """Return which of these follow-ups confirm an appointment that is planned or confirmed."""
    if not follow_up_ids:
        return []
    statement = sqlmodel_select(Appointment.follow_up_id).where(
        col(Appointment.follow_up_id).in_(follow_up_ids), *_OPEN
    )
    return [each for each in await session.exec(statement) if each is not None]


async def to_remind_between(
    session: Work, workspace_id: UUID, start: datetime, end: datetime, *, limit: int
) -> list[Appointment]:
    """Return the planned or confirmed appointments of which the reminder is due from `start` on and before `end`."""
    statement = sqlmodel_select(Appointment).where(
        col(Appointment.remind_at) >= start,
        col(Appointment.remind_at) < end,
        Appointment.workspace_id == workspace_id,
        *_OPEN,
    )
    return list((await session.exec(statement.order_by(col(Appointment.remind_at)).limit(limit))).all())


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the appointments to remind of, without taking them."""
    statement = select(_APPOINTMENT.c.id).where(*_due(workspace_id, now, None)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def take(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[Appointment]:
    """Return the appointments to remind of, after recording that they were; of `only` these, if given."""
    which = select(_APPOINTMENT.c.id).where(*_due(workspace_id, now, only)).limit(limit)
    return list((await session.exec(taking(Appointment, which, {"remind_at": None}))).scalars())


def _due(workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    return are_due(_REMIND_AT, workspace_id, APPOINTMENTS, now, only)
