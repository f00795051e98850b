"""What tells that a borrower picked the car up: appointments for it, and calls about it that reached the borrower."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import Appointment, Call, CallParty, FollowUp, Loan

PICKUP = "pickup"
"""The kind of the appointments, and the purpose of the calls."""

_REACHED = "reached"
_PRESENT = col(Call.undone_at).is_(None)


async def appointments_of(session: Work, loan_id: UUID) -> list[tuple[datetime, str]]:
    """Return the time and the state of each appointment for the pickup on a loan that was neither cancelled nor undone."""
    statement = select(Appointment.at, Appointment.state).where(
        Appointment.loan_id == loan_id,
        Appointment.kind == PICKUP,
        Appointment.state != "cancelled",
        col(Appointment.undone_at).is_(None),
    )
    return [(at, state) for at, state in await session.exec(statement)]


async def told_at(session: Work, loan_id: UUID, *, ending: Collection[str]) -> list[datetime]:
    """Return when the borrower was spoken to about the pickup since the loan is in its stage, as far as that ended what was
    planned: calls that reached the borrower, and planned ones that a member finished without logging a call; none that
    confirmed an appointment which was cancelled. `ending` are the outcomes that end a follow-up."""
    in_stage = select(Loan.stage_since).where(Loan.id == loan_id).scalar_subquery()
    answering = (col(Call.follow_up_id) == col(FollowUp.id), _PRESENT)
    reached = exists().where(*answering, col(Call.outcome) == _REACHED)
    cancelled = exists().where(col(Appointment.follow_up_id) == col(FollowUp.id), col(Appointment.state) == "cancelled")
    finished = select(FollowUp.closed_at).where(
        FollowUp.loan_id == loan_id,
        FollowUp.purpose == PICKUP,
        FollowUp.state == "done",
        col(FollowUp.closed_at) >= in_stage,
        reached | ~exists().where(*answering, col(Call.outcome).in_(ending)),
        ~cancelled,
    )
    with_another = exists().where(col(CallParty.call_id) == col(Call.id), col(CallParty.undone_at).is_(None))
    unplanned = select(Call.at).where(
        Call.loan_id == loan_id,
        Call.purpose == PICKUP,
        Call.outcome == _REACHED,
        col(Call.at) >= in_stage,
        col(Call.follow_up_id).is_(None),
        _PRESENT,
        ~with_another,
    )
    closed = [at for at in await session.exec(finished) if at is not None]
    return [*closed, *(await session.exec(unplanned))]
