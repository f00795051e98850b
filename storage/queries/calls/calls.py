"""Logged calls."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.core import rows
from storage.queries.core.literals import IS_OPEN
from storage.queries.people.scopes import People, one_of
from storage.tables import Borrower, Call, CallCorrection, FollowUp, Loan

_IS_SAME_LINE = (
    Call.loan_id == bindparam("loan"),
    Call.caller_id == bindparam("caller"),
    Call.line_digest == bindparam("digest"),
    col(Call.at) >= bindparam("since"),
    col(Call.undone_at).is_(None),
)
_NEWEST = (col(Call.at).desc(), col(Call.id).desc())
_SAME_LINE = select(Call).where(*_IS_SAME_LINE).order_by(*_NEWEST).limit(1)

_SAME_LINE_ID = select(Call.id).where(*_IS_SAME_LINE).order_by(*_NEWEST).limit(1).scalar_subquery()
_BEFORE = (
    select(Borrower, Call, FollowUp)
    .select_from(Borrower)
    .join(Call, col(Call.id) == _SAME_LINE_ID, isouter=True)
    .join(FollowUp, and_(col(FollowUp.loan_id) == bindparam("loan"), IS_OPEN), isouter=True)
    .where(Borrower.id == bindparam("borrower"))
    .order_by(col(FollowUp.late_at), col(FollowUp.number))
)

_COUNT_SINCE = select(func.count()).where(
    Call.loan_id == bindparam("loan"),
    col(Call.outcome).in_(bindparam("outcomes", expanding=True)),
    col(Call.at) >= bindparam("since"),
    col(Call.undone_at).is_(None),
)


async def by_ids(session: Work, ids: Collection[UUID]) -> dict[UUID, Call]:
    """Return the calls with these ids."""
    return await rows.by_ids(session, Call, ids)


async def last_of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[Call]:
    """Return the calls on a loan that were not undone, newest first."""
    statement = select(Call).where(Call.loan_id == loan_id, col(Call.undone_at).is_(None))
    return list((await session.exec(statement.order_by(col(Call.at).desc(), col(Call.id).desc()).limit(limit))).all())


async def nearest_of_loan(session: Work, loan_id: UUID, at: datetime, *, limit: int) -> list[Call]:
    """Return the calls on a loan that were not undone, the nearest in time to `at` first."""
    called, found = col(Call.at), list[Call]()
    statement = select(Call).where(Call.loan_id == loan_id, col(Call.undone_at).is_(None)).limit(limit)
    for part in (statement.where(called <= at).order_by(called.desc()), statement.where(called > at).order_by(called)):
        found += (await session.exec(part)).all()
    return sorted(found, key=lambda call: (abs(call.at - at), call.id))[:limit]


async def last_answering(session: Work, follow_up_id: UUID) -> Call | None:
    """Return the last call, not undone, that answered a follow-up, if any did."""
    statement = select(Call).where(Call.follow_up_id == follow_up_id, col(Call.undone_at).is_(None)).order_by(*_NEWEST)
    return (await session.exec(statement.limit(1))).first()


async def count_of_loan(session: Work, loan_id: UUID, outcomes: Collection[str]) -> tuple[int, bool]:
    """Return how many calls on a loan were not undone, and whether one of them had one of these outcomes."""
    had = func.count(case((col(Call.outcome).in_(outcomes), 1)))
    statement = select(func.count(), had).where(Call.loan_id == loan_id, col(Call.undone_at).is_(None))
    count, with_outcome = (await session.exec(statement)).one()
    return count, with_outcome > 0


async def last_with_outcome(
    session: Work, loan_ids: Collection[UUID], outcomes: Collection[str]
) -> dict[UUID, tuple[Call, str]]:
    """Return the last call, not undone, with one of these outcomes on each of these loans, if any, and the loan's currency."""
    statement = (
        select(Call, Loan.currency)
        .join(Loan, col(Loan.id) == col(Call.loan_id))
        .where(col(Call.loan_id).in_(loan_ids), col(Call.outcome).in_(outcomes), col(Call.undone_at).is_(None))
        .order_by(col(Call.at), col(Call.id))
    )
    return {call.loan_id: (call, currency) for call, currency in await session.exec(statement)}


async def since_with_outcome(
    session: Work, loan_ids: Collection[UUID], outcomes: Collection[str], since: datetime
) -> dict[UUID, list[Call]]:
    """Return the calls, not undone, with one of these outcomes on each of these loans from `since` on, the oldest first."""
    statement = select(Call).where(
        col(Call.loan_id).in_(loan_ids),
        col(Call.outcome).in_(outcomes),
        col(Call.at) >= since,
        col(Call.undone_at).is_(None),
    )
    found: dict[UUID, list[Call]] = {}
    for call in await session.exec(statement.order_by(col(Call.at), col(Call.id))):
        found.setdefault(call.loan_id, []).append(call)
    return found


async def corrections(session: Work, call_ids: Collection[UUID]) -> list[CallCorrection]:
    """Return the corrections of these calls that were not undone, oldest first."""
    statement = select(CallCorrection).where(
        col(CallCorrection.call_id).in_(call_ids), col(CallCorrection.undone_at).is_(None)
    )
    return list((await session.exec(statement.order_by(col(CallCorrection.at), col(CallCorrection.id)))).all())


async def same_line(session: Work, loan_id: UUID, caller_id: UUID, line_digest: bytes, since: datetime) -> Call | None:
    """Return the last call that this caller logged on the loan with exactly that line, from `since` on."""
    values = {"loan": loan_id, "caller": caller_id, "digest": line_digest, "since": since}
    return (await session.exec(_SAME_LINE, params=values)).first()


async def before_call(
    session: Work, loan: Loan, caller_id: UUID, line_digest: bytes | None, since: datetime
) -> tuple[list[FollowUp], Call | None]:
    """Return what must be known of a locked loan before a call on it is logged, in one query: its open follow-ups, most urgent
    first, and the same as `same_line`. The borrower is read with them."""
    values = {"loan": loan.id, "borrower": loan.borrower_id, "caller": caller_id, "digest": line_digest, "since": since}
    found: Any = (await session.exec(_BEFORE, params=values)).all()
    return [follow_up for _, _, follow_up in found if follow_up is not None], found[0][1]


async def outcomes_between(
    session: Work, callers: People, start: datetime, end: datetime, *, but: UUID
) -> dict[str, int]:
    """Count by outcome the calls that these members, all but one, logged from `start` until before `end`."""
    statement = (
        select(Call.outcome, func.count())
        .where(
            one_of(callers.scope, col(Call.caller_id)),
            col(Call.caller_id) != but,
            col(Call.at) >= start,
            col(Call.at) < end,
            col(Call.undone_at).is_(None),
        )
        .group_by(col(Call.outcome))
    )
    return dict((await session.exec(statement, params=callers.values)).all())


async def count_since(session: Work, loan_id: UUID, outcomes: Collection[str], since: datetime) -> int:
    """Count the calls on the loan with one of these outcomes, from `since` on."""
    values = {"loan": loan_id, "outcomes": outcomes, "since": since}
    return (await session.exec(_COUNT_SINCE, params=values)).one()
