"""Lists of due follow-ups and unplanned loans, and the counts of a team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.loans.loans import LIVE_STAGES
from storage.tables import Borrower, FollowUp, Loan


@dataclass(frozen=True, slots=True)
class Window:
    """The open follow-ups of these assignees, and of these purposes if given, with `late_at` in (`after`, `until`]."""

    assignees: Sequence[UUID]
    after: datetime | None
    until: datetime
    purposes: Sequence[str] | None = None


Row = tuple[FollowUp, Loan, Borrower]


async def due(session: AsyncSession, window: Window, *, limit: int, offset: int = 0) -> Sequence[Row]:
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


async def count_due(session: AsyncSession, window: Window) -> dict[str, int]:
    """Count the follow-ups by purpose."""
    statement = select(FollowUp.purpose, func.count()).where(*_within(window)).group_by(col(FollowUp.purpose))
    return dict((await session.exec(statement)).all())


async def unplanned(
    session: AsyncSession, owners: Sequence[UUID], *, nobodys_of: UUID | None = None, limit: int, offset: int = 0
) -> Sequence[tuple[Loan, Borrower]]:
    """Return the live loans of these owners without an open follow-up, the longest in its stage first.

    `nobodys_of` adds the loans without an owner of that workspace.
    """
    statement = (
        select(Loan, Borrower)
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .where(*_unplanned(owners, nobodys_of))
        .order_by(col(Loan.stage_since), col(Loan.id))
        .limit(limit)
        .offset(offset)
    )
    return (await session.exec(statement)).all()


async def count_unplanned(session: AsyncSession, owners: Sequence[UUID], *, nobodys_of: UUID | None = None) -> int:
    """Count the loans that `unplanned` lists."""
    return (await session.exec(select(func.count()).select_from(Loan).where(*_unplanned(owners, nobodys_of)))).one()


async def counts_by_assignee(
    session: AsyncSession, assignees: Sequence[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, int]:
    """Count the follow-ups of each of these members that meet the conditions."""
    statement = (
        select(FollowUp.assignee_id, func.count())
        .where(col(FollowUp.assignee_id).in_(assignees), *conditions)
        .group_by(col(FollowUp.assignee_id))
    )
    return dict((await session.exec(statement)).all())


async def done_between(
    session: AsyncSession, people: Sequence[UUID], start: datetime, end: datetime
) -> dict[UUID, int]:
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
        col(FollowUp.late_at) <= window.until,
    ]
    if window.after is not None:
        conditions.append(col(FollowUp.late_at) > window.after)
    if window.purposes is not None:
        conditions.append(col(FollowUp.purpose).in_(window.purposes))
    return conditions


def _unplanned(owners: Sequence[UUID], nobodys_of: UUID | None) -> list[ColumnElement[bool]]:
    planned = exists().where(col(FollowUp.loan_id) == col(Loan.id), col(FollowUp.state) == "open")
    whose = col(Loan.owner_id).in_(owners)
    if nobodys_of is not None:
        whose |= col(Loan.owner_id).is_(None) & (col(Loan.workspace_id) == nobodys_of)
    return [whose, col(Loan.stage).in_(LIVE_STAGES), ~planned]
