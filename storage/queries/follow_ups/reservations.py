"""Who has taken a borrower to call next: take one by compare and set, give it back, and see who has it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, update
from sqlmodel import col, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import Call, FollowUp, Reservation


async def take(session: Work, row: Reservation, seen: int | None) -> int | None:
    """Take a loan as it was seen, with that fence (None: nobody had taken it before), and return the new fence.

    None: another member was faster.
    """
    if seen is None:
        statement = insert_into(session, Reservation).values(column_values(row))
        added = statement.on_conflict_do_nothing(index_elements=["loan_id"]).returning(col(Reservation.fence))
        return (await session.exec(added)).scalars().first()
    names = ("member_id", "follow_up_id", "kind", "taken_at", "until")
    renewed = (
        update(Reservation)
        .where(col(Reservation.loan_id) == row.loan_id, col(Reservation.fence) == seen)
        .values(returned_at=None, fence=seen + 1, **{name: getattr(row, name) for name in names})
        .returning(col(Reservation.fence))
    )
    return (await session.exec(renewed)).scalars().first()


async def give_back(session: Work, loan_id: UUID, member_id: UUID, fence: int, now: datetime) -> bool:
    """Give a loan back that this member took with that fence. Return False if they do not have it any more."""
    statement = (
        update(Reservation)
        .where(
            col(Reservation.loan_id) == loan_id,
            col(Reservation.member_id) == member_id,
            col(Reservation.fence) == fence,
            col(Reservation.returned_at).is_(None),
        )
        .values(returned_at=now)
        .returning(col(Reservation.fence))
    )
    return (await session.exec(statement)).scalars().first() is not None


async def of_member(session: Work, member_id: UUID, now: datetime) -> Reservation | None:
    """Return what a member has taken and still has."""
    statement = select(Reservation).where(Reservation.member_id == member_id, is_active(now))
    return (await session.exec(statement.order_by(col(Reservation.until).desc()).limit(1))).first()


async def of_loans(session: Work, loan_ids: Collection[UUID], now: datetime) -> dict[UUID, Reservation]:
    """Return who has each of these loans that a member has taken, by the loan's id."""
    return {row.loan_id: row for row, active in (await last_of_loans(session, loan_ids, now)).values() if active}


async def last_of_loans(
    session: Work, loan_ids: Collection[UUID], now: datetime
) -> dict[UUID, tuple[Reservation, bool]]:
    """Return who took each of these loans last, and whether they still have it, by the loan's id."""
    statement = select(Reservation, is_active(now)).where(col(Reservation.loan_id).in_(loan_ids))
    return {row.loan_id: (row, active) for row, active in await session.exec(statement)}


async def has_taken(session: Work, loan_id: UUID, member_id: UUID, now: datetime) -> bool:
    """Return whether a member has taken the loan and still has it."""
    statement = select(Reservation.loan_id).where(
        Reservation.loan_id == loan_id, Reservation.member_id == member_id, is_active(now)
    )
    return (await session.exec(statement)).first() is not None


def is_active(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a member still has what they took."""
    loan, since = col(Reservation.loan_id), col(Reservation.taken_at)
    logged = exists().where(col(Call.loan_id) == loan, col(Call.at) >= since, col(Call.undone_at).is_(None))
    closed = exists().where(col(FollowUp.loan_id) == loan, col(FollowUp.closed_at) >= since)
    return (col(Reservation.until) > now) & col(Reservation.returned_at).is_(None) & ~logged & ~closed


def is_free(
    now: datetime, member_id: UUID, loan_id: SQLColumnExpression[UUID], returned_since: datetime
) -> ColumnElement[bool]:
    """Return the condition that no other member has the loan, and that this one has not given it back since then."""
    mine = col(Reservation.member_id) == member_id
    others = exists().where(col(Reservation.loan_id) == loan_id, ~mine, is_active(now))
    returned = exists().where(col(Reservation.loan_id) == loan_id, mine, col(Reservation.returned_at) > returned_since)
    return ~others & ~returned
