"""Loans that need no call for a while."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, bindparam, exists
from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.queries.loans.loans import LIVE_STAGES
from storage.tables import Borrower, FollowUp, Loan, QuietPeriod

_IN_FORCE = (col(QuietPeriod.ended_at).is_(None), col(QuietPeriod.undone_at).is_(None))


def lasts(loan: type[Loan]) -> ColumnElement[bool]:
    """Return the condition that a loan needs no call on the day of the parameter `today`."""
    return exists().where(
        col(QuietPeriod.loan_id) == col(loan.id),
        col(QuietPeriod.until_on) > bindparam("today", type_=Date),
        *_IN_FORCE,
    )


async def current(session: Work, loan_id: UUID, today: date) -> QuietPeriod | None:
    """Return the period in which the loan needs no call now, if any."""
    statement = select(QuietPeriod).where(QuietPeriod.loan_id == loan_id, col(QuietPeriod.until_on) > today, *_IN_FORCE)
    return (await session.exec(statement.order_by(col(QuietPeriod.at).desc()).limit(1))).first()


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> Sequence[QuietPeriod]:
    """Return the periods of a loan that were not undone, newest first."""
    statement = select(QuietPeriod).where(QuietPeriod.loan_id == loan_id, col(QuietPeriod.undone_at).is_(None))
    return (await session.exec(statement.order_by(col(QuietPeriod.at).desc()).limit(limit))).all()


async def over(
    session: Work, workspace_id: UUID, owner_ids: Sequence[UUID], *, after: date, until: date, limit: int
) -> Sequence[tuple[Loan, Borrower]]:
    """Return the live loans of these owners without an open follow-up whose period ended later than `after`, until that day."""
    planned = exists().where(col(FollowUp.loan_id) == col(Loan.id), IS_OPEN)
    statement = (
        select(Loan, Borrower)
        .join(QuietPeriod, col(QuietPeriod.loan_id) == col(Loan.id))
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .where(
            col(QuietPeriod.workspace_id) == workspace_id,
            col(QuietPeriod.until_on) > after,
            col(QuietPeriod.until_on) <= until,
            *_IN_FORCE,
            col(Loan.owner_id).in_(owner_ids),
            col(Loan.stage).in_(LIVE_STAGES),
            ~planned,
        )
        .order_by(col(Loan.number))
        .limit(limit)
    )
    return (await session.exec(statement)).all()
