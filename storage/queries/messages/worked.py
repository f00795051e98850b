"""What members did in a time: the calls that they logged, and the follow-ups that they finished."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.people.scopes import People, one_of
from storage.tables import Call, FollowUp, Loan

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Worked:
    """A call, or a finished follow-up with its purpose."""

    loan: Loan
    member_id: UUID
    at: datetime
    purpose: str | None = None


async def called(
    session: Work, people: People, between: tuple[datetime, datetime], outcome: str, *, but_not: UUID
) -> list[Worked]:
    """Return the calls with that outcome that `outcomes_between` counts, except those of one member; oldest first."""
    statement = (
        select(Loan, Call)
        .join(Call, col(Call.loan_id) == col(Loan.id))
        .where(
            one_of(people.scope, col(Call.caller_id)),
            Call.caller_id != but_not,
            Call.outcome == outcome,
            col(Call.at) >= between[0],
            col(Call.at) < between[1],
            col(Call.undone_at).is_(None),
        )
        .order_by(col(Call.at), col(Call.id))
        .limit(_MOST)
    )
    return [
        Worked(loan, call.caller_id, call.at)
        for loan, call in (await session.exec(statement, params=people.values)).all()
    ]


async def finished(session: Work, people: People, between: tuple[datetime, datetime], *, but_not: UUID) -> list[Worked]:
    """Return the follow-ups that `done_between` counts, each member's together, oldest first; except those of one member."""
    statement = (
        select(Loan, FollowUp)
        .join(FollowUp, col(FollowUp.loan_id) == col(Loan.id))
        .where(
            one_of(people.scope, col(FollowUp.closed_by_id)),
            col(FollowUp.closed_by_id) != but_not,
            FollowUp.state == "done",
            col(FollowUp.closed_at) >= between[0],
            col(FollowUp.closed_at) < between[1],
        )
        .order_by(col(FollowUp.closed_by_id), col(FollowUp.closed_at), col(FollowUp.id))
        .limit(_MOST)
    )
    return [
        Worked(loan, row.closed_by_id, row.closed_at, row.purpose)
        for loan, row in (await session.exec(statement, params=people.values)).all()
        if row.closed_by_id is not None and row.closed_at is not None
    ]
