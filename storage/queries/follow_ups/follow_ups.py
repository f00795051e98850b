"""Follow-ups of loans and members."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, func, select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core import rows
from storage.queries.core.literals import IS_OPEN
from storage.queries.core.rows import chunks
from storage.tables import Assignment, FollowUp, Undo

_OPEN_OF_LOAN = (
    select(FollowUp)
    .where(FollowUp.loan_id == bindparam("loan"), IS_OPEN)
    .order_by(col(FollowUp.late_at), col(FollowUp.number))
)


async def open_of_loan(session: Work, loan_id: UUID) -> list[FollowUp]:
    """Return the open follow-ups of a loan, most urgent first."""
    return list((await session.exec(_OPEN_OF_LOAN, params={"loan": loan_id})).all())


async def open_of_loans(session: Work, loan_ids: Collection[UUID]) -> list[FollowUp]:
    """Return the open follow-ups of these loans, loan after loan, the most urgent of each first."""
    if not loan_ids:
        return []
    statement = select(FollowUp).where(col(FollowUp.loan_id).in_(loan_ids), IS_OPEN)
    ordered = statement.order_by(col(FollowUp.loan_id), col(FollowUp.late_at), col(FollowUp.number))
    return list((await session.exec(ordered)).all())


async def next_of_loans(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, FollowUp]:
    """Return the most urgent open follow-up of each of these loans, if any."""
    statement = select(FollowUp).where(col(FollowUp.loan_id).in_(loan_ids), IS_OPEN)
    found = await session.exec(statement.order_by(col(FollowUp.late_at).desc(), col(FollowUp.number).desc()))
    return {row.loan_id: row for row in found}


async def of_number(session: Work, loan_id: UUID, number: int) -> FollowUp | None:
    """Return the n-th follow-up of a loan, open or not."""
    return (await session.exec(select(FollowUp).where(FollowUp.loan_id == loan_id, FollowUp.number == number))).first()


_INSTALMENTS = ("repayment", "overdue", "promise")
_LAST = 60
"""How many of a loan's follow-ups about instalments are looked at: those of some years."""


async def about_instalments(session: Work, loan_id: UUID) -> list[FollowUp]:
    """Return the last follow-ups of a loan about instalments, open or not."""
    statement = select(FollowUp).where(FollowUp.loan_id == loan_id, col(FollowUp.purpose).in_(_INSTALMENTS))
    return list((await session.exec(statement.order_by(col(FollowUp.number).desc()).limit(_LAST))).all())


async def of_loan_by_trigger(session: Work, loan_id: UUID) -> list[FollowUp]:
    """Return the follow-ups of a loan that are open or that a rule planned."""
    statement = select(FollowUp).where(FollowUp.loan_id == loan_id, IS_OPEN | col(FollowUp.rule_trigger).is_not(None))
    return list((await session.exec(statement.order_by(col(FollowUp.number)))).all())


async def with_purpose(session: Work, loan_id: UUID, purpose: str, *, since: datetime) -> list[FollowUp]:
    """Return the follow-ups of a loan with that purpose that are open or were planned from `since` on."""
    planned = IS_OPEN | (col(FollowUp.created_at) >= since)
    statement = select(FollowUp).where(FollowUp.loan_id == loan_id, FollowUp.purpose == purpose, planned)
    return list((await session.exec(statement)).all())


async def last_finished(
    session: Work, loan_id: UUID, *, purpose: str | None = None, rule: str | None = None
) -> FollowUp | None:
    """Return the follow-up of a loan with that purpose, or by that rule, that was finished last."""
    which = FollowUp.purpose == purpose if purpose is not None else FollowUp.rule == rule
    statement = select(FollowUp).where(FollowUp.loan_id == loan_id, FollowUp.state == "done", which)
    return (await session.exec(statement.order_by(col(FollowUp.closed_at).desc()).limit(1))).first()


async def open_held_by(session: Work, member_ids: Sequence[UUID]) -> list[FollowUp]:
    """Return the open follow-ups assigned to these members."""
    statement = select(FollowUp).where(col(FollowUp.assignee_id).in_(member_ids), IS_OPEN)
    return list((await session.exec(statement)).all())


async def by_ids(session: Work, follow_up_ids: Collection[UUID]) -> dict[UUID, FollowUp]:
    """Return the follow-ups with these ids."""
    return await rows.by_ids(session, FollowUp, follow_up_ids)


async def open_about(session: Work, workspace_id: UUID, purpose: str) -> list[FollowUp]:
    """Return the open follow-ups of a workspace with that purpose."""
    statement = select(FollowUp).where(FollowUp.workspace_id == workspace_id, FollowUp.purpose == purpose, IS_OPEN)
    return list((await session.exec(statement)).all())


async def open_held_in(
    session: Work, member_id: UUID, since: datetime | None, until: datetime, *, limit: int
) -> list[FollowUp]:
    """Return the open follow-ups of a member that are late from `since` on and before `until`, as they are now, the most urgent
    first."""
    statement = select(FollowUp).where(FollowUp.assignee_id == member_id, IS_OPEN, col(FollowUp.late_at) < until)
    if since is not None:
        statement = statement.where(col(FollowUp.late_at) >= since)
    ordered = statement.order_by(col(FollowUp.late_at), col(FollowUp.id)).limit(limit)
    return list((await session.exec(ordered.execution_options(populate_existing=True))).all())


async def counts_by_day(session: Work, member_id: UUID, days: Collection[date]) -> dict[date, int]:
    """Count the open follow-ups of a member that are due on each of these dates; a date without any is missing."""
    statement = (
        select(col(FollowUp.due_on), func.count())
        .where(FollowUp.assignee_id == member_id, IS_OPEN, col(FollowUp.due_on).in_(days))
        .group_by(col(FollowUp.due_on))
    )
    return dict((await session.exec(statement)).all())


async def open_of_workspace(session: Work, workspace_id: UUID) -> list[FollowUp]:
    """Return all open follow-ups of a workspace that is known to have few."""
    statement = select(FollowUp).where(FollowUp.workspace_id == workspace_id, IS_OPEN)
    return list((await session.exec(statement)).all())


async def planned_by(session: Work, follow_up_ids: Collection[UUID], rules: Collection[str]) -> list[FollowUp]:
    """Return those of these follow-ups that are open and that one of these rules planned."""
    found: list[FollowUp] = []
    for ids in chunks(follow_up_ids):
        planned = select(FollowUp).where(col(FollowUp.id).in_(ids), col(FollowUp.rule).in_(rules), IS_OPEN)
        found += (await session.exec(planned)).all()
    return found


async def still_open(session: Work, follow_up_ids: Collection[UUID]) -> list[FollowUp]:
    """Return those of these follow-ups that are open, as they are now, most urgent first."""
    found: list[FollowUp] = []
    for ids in chunks(follow_up_ids):
        statement = select(FollowUp).where(col(FollowUp.id).in_(ids), IS_OPEN)
        found += (await session.exec(statement.execution_options(populate_existing=True))).all()
    return sorted(found, key=lambda row: (row.late_at, row.id))


async def open_counts(session: Work, member_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Count the open follow-ups of each of these members; a member without any has 0."""
    statement = (
        select(FollowUp.assignee_id, func.count())
        .where(col(FollowUp.assignee_id).in_(member_ids), IS_OPEN)
        .group_by(col(FollowUp.assignee_id))
    )
    return dict.fromkeys(member_ids, 0) | dict((await session.exec(statement)).all())


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[tuple[Assignment, FollowUp | None]]:
    """Return the changes of a loan's owner and of its follow-ups' assignees that were not undone, newest first.

    A follow-up that was handed over together with its loan is not listed separately.
    """
    along = also(Assignment)
    went_along = (
        select(along.id)
        .where(along.loan_id == loan_id, along.batch_id == Assignment.batch_id, col(along.follow_up_id).is_(None))
        .exists()
    )
    statement = (
        select(Assignment, FollowUp)
        .join(FollowUp, col(FollowUp.id) == col(Assignment.follow_up_id), isouter=True)
        .join(Undo, col(Undo.id) == col(Assignment.batch_id), isouter=True)
        .where(
            Assignment.loan_id == loan_id,
            col(Undo.undone_at).is_(None),
            col(Assignment.follow_up_id).is_(None) | ~went_along,
        )
        .order_by(col(Assignment.at).desc(), col(Assignment.id).desc())
        .limit(limit)
    )
    found: list[tuple[Assignment, FollowUp | None]] = list((await session.exec(statement)).all())
    return found
