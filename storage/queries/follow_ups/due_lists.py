"""Lists of due follow-ups, of unplanned loans and of loans in arrears, and the counts of a team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select

from storage.engine.work import Work
from storage.queries.loans.loans import LIVE_STAGES
from storage.tables import Borrower, FollowUp, Loan


@dataclass(frozen=True, slots=True)
class Window:
    """The open follow-ups of these assignees, and of these purposes and among `only` if given, with `late_at` in (`after`,
    `until`].

    None is no bound.
    """

    assignees: Sequence[UUID]
    after: datetime | None
    until: datetime | None
    purposes: Sequence[str] | None = None
    only: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose loans: those of these members, and with `nobodys_of` those without an owner of that workspace."""

    people: Sequence[UUID]
    nobodys_of: UUID | None = None


Row = tuple[FollowUp, Loan, Borrower]
LoanRow = tuple[Loan, Borrower]


async def due(session: Work, window: Window, *, limit: int, offset: int = 0) -> Sequence[Row]:
    """Return the follow-ups with their loans and borrowers, most urgent first."""
    statement = (
        select(FollowUp, Loan, Borrower)
        .join(Loan, col(Loan.id) == col(FollowUp.loan_id))
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .where(*_within(window))
        .order_by(col(FollowUp.late_at), col(FollowUp.id))
        .limit(limit)
        .offset(offset)
    )
    return (await session.exec(statement)).all()


async def count_due(session: Work, window: Window) -> dict[str, int]:
    """Count the follow-ups by purpose."""
    statement = select(FollowUp.purpose, func.count()).where(*_within(window)).group_by(col(FollowUp.purpose))
    return dict((await session.exec(statement)).all())


async def unplanned(session: Work, whose: Whose, *, limit: int, offset: int = 0) -> Sequence[LoanRow]:
    """Return the live loans of these owners without an open follow-up, the longest in its stage first."""
    statement = _loans(*_unplanned(whose)).order_by(col(Loan.stage_since), col(Loan.id))
    return (await session.exec(statement.limit(limit).offset(offset))).all()


async def count_unplanned(session: Work, whose: Whose) -> int:
    """Count the loans that `unplanned` lists."""
    return await _count_loans(session, *_unplanned(whose))


async def in_arrears(session: Work, whose: Whose, today: date, *, limit: int, offset: int = 0) -> Sequence[LoanRow]:
    """Return the live loans that the lender's data calls unpaid, the longest unpaid first.

    These members own them or hold an open follow-up on them.
    """
    statement = _loans(_in_arrears(whose, today)).order_by(col(Loan.unpaid_since), col(Loan.id))
    return (await session.exec(statement.limit(limit).offset(offset))).all()


async def count_in_arrears(session: Work, whose: Whose, today: date) -> int:
    """Count the loans that `in_arrears` lists."""
    return await _count_loans(session, _in_arrears(whose, today))


async def counts_by_assignee(
    session: Work, assignees: Sequence[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, int]:
    """Count the follow-ups of each of these members that meet the conditions."""
    statement = (
        select(FollowUp.assignee_id, func.count())
        .where(col(FollowUp.assignee_id).in_(assignees), *conditions)
        .group_by(col(FollowUp.assignee_id))
    )
    return dict((await session.exec(statement)).all())


async def done_between(session: Work, people: Sequence[UUID], start: datetime, end: datetime) -> dict[UUID, int]:
    """Count the follow-ups that each of these members finished from `start` until before `end`."""
    statement = (
        select(FollowUp.closed_by_id, func.count())
        .where(
            col(FollowUp.closed_by_id).in_(people),
            FollowUp.state == "done",
            col(FollowUp.closed_at) >= start,
            col(FollowUp.closed_at) < end,
        )
        .group_by(col(FollowUp.closed_by_id))
    )
    return {person: count for person, count in (await session.exec(statement)).all() if person is not None}


def _within(window: Window) -> list[ColumnElement[bool]]:
    conditions = [
        col(FollowUp.assignee_id).in_(window.assignees),
        col(FollowUp.state) == "open",
    ]
    if window.until is not None:
        conditions.append(col(FollowUp.late_at) <= window.until)
    if window.after is not None:
        conditions.append(col(FollowUp.late_at) > window.after)
    if window.purposes is not None:
        conditions.append(col(FollowUp.purpose).in_(window.purposes))
    if window.only is not None:
        conditions.append(col(FollowUp.id).in_(window.only))
    return conditions


def _loans(*conditions: ColumnElement[bool]) -> Select[Loan, Borrower]:
    joined = select(Loan, Borrower).join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    return joined.where(*conditions)


async def _count_loans(session: Work, *conditions: ColumnElement[bool]) -> int:
    return (await session.exec(select(func.count()).select_from(Loan).where(*conditions))).one()


def _owned(loan: type[Loan], whose: Whose) -> ColumnElement[bool]:
    owned = col(loan.owner_id).in_(whose.people)
    if whose.nobodys_of is None:
        return owned
    return owned | col(loan.owner_id).is_(None) & (col(loan.workspace_id) == whose.nobodys_of)


def _unplanned(whose: Whose) -> list[ColumnElement[bool]]:
    planned = exists().where(col(FollowUp.loan_id) == col(Loan.id), col(FollowUp.state) == "open")
    return [_owned(Loan, whose), col(Loan.stage).in_(LIVE_STAGES), ~planned]


def _in_arrears(whose: Whose, today: date) -> ColumnElement[bool]:
    """Return the condition for loans in arrears: one index finds the owned ones, another those with an open follow-up."""
    owned, held = aliased(Loan), aliased(Loan)
    by_owner = select(owned.id).where(_owned(owned, whose), *_unpaid(owned, today))
    by_follow_up = (
        select(held.id)
        .join(FollowUp, col(FollowUp.loan_id) == held.id)
        .where(col(FollowUp.assignee_id).in_(whose.people), col(FollowUp.state) == "open", *_unpaid(held, today))
    )
    return col(Loan.id).in_(by_owner.union(by_follow_up))


def _unpaid(loan: type[Loan], today: date) -> list[ColumnElement[bool]]:
    """Return the conditions for a live loan that the lender's data calls unpaid."""
    since = col(loan.unpaid_since)
    return [since.is_not(None), since <= today, col(loan.stage).in_(LIVE_STAGES)]
