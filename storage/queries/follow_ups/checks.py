"""The results of verifications."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.tables import Check, FollowUp, StageRules

_FARTHEST_EAST = timedelta(hours=15)
"""More than any time zone is ahead of UTC."""


async def of_loan(session: Work, loan_id: UUID) -> list[Check]:
    """Return the checks of a loan that were not undone, oldest first."""
    statement = select(Check).where(Check.loan_id == loan_id, col(Check.undone_at).is_(None))
    return list((await session.exec(statement.order_by(col(Check.at), col(Check.id)))).all())


async def failed_of_loans(session: Work, loan_ids: Collection[UUID]) -> list[Check]:
    """Return the checks of these loans that failed and were not undone, oldest first."""
    if not loan_ids:
        return []
    statement = select(Check).where(
        col(Check.loan_id).in_(loan_ids), Check.state == "failed", col(Check.undone_at).is_(None)
    )
    return list((await session.exec(statement.order_by(col(Check.at), col(Check.id)))).all())


async def decided_of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[Check]:
    """Return the checks of a loan about which a manager decided, the latest decision first."""
    statement = select(Check).where(
        Check.loan_id == loan_id, col(Check.undone_at).is_(None), col(Check.decided_at).is_not(None)
    )
    ordered = statement.order_by(col(Check.decided_at).desc(), col(Check.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def open_of(session: Work, follow_up_id: UUID) -> Check | None:
    """Return what was noted of a check that is still to end."""
    statement = select(Check).where(
        Check.follow_up_id == follow_up_id, col(Check.undone_at).is_(None), col(Check.state) == "open"
    )
    return (await session.exec(statement)).first()


async def of_calls(session: Work, call_ids: Collection[UUID]) -> dict[UUID, Check]:
    """Return the check that each of these calls ended, by call; one that ended none is missing."""
    if not call_ids:
        return {}
    statement = select(Check).where(col(Check.call_id).in_(call_ids), col(Check.undone_at).is_(None))
    return {row.call_id: row for row in await session.exec(statement) if row.call_id is not None}


async def planned_by_day(session: Work, assignee_id: UUID, purposes: Sequence[str], since: date) -> dict[date, int]:
    """Count by day, from `since` on, the open follow-ups of these purposes that a member holds."""
    # The index has the instant at which each is late, on its day or behind it wherever the member works.
    not_before = datetime.combine(since, time(), UTC) - _FARTHEST_EAST
    statement = (
        select(col(FollowUp.due_on), func.count())
        .where(FollowUp.assignee_id == assignee_id, IS_OPEN, col(FollowUp.late_at) >= not_before)
        .where(col(FollowUp.due_on) >= since, col(FollowUp.purpose).in_(purposes))
        .group_by(col(FollowUp.due_on))
    )
    return dict((await session.exec(statement)).all())


async def stage_rules(session: Work, workspace_id: UUID) -> StageRules | None:
    """Return the workspace's own rules of stages and checks, if any were set."""
    return (await session.exec(select(StageRules).where(StageRules.workspace_id == workspace_id))).first()
