"""Which loans were paid out when a period began, and which of them were in arrears on a day."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.follow_ups import due_lists
from storage.queries.follow_ups.arrears import due_by_schedule, paid_until_then
from storage.queries.follow_ups.due_lists import Whose
from storage.tables import Loan

MOST = 10_000
"""The most loans that are read."""

_ENDED_AFTER_PAYOUT = ("closed", "written_off")


async def count_paid_out(session: Work, whose: Whose, start: datetime) -> int:
    """Count the loans of these owners that were paid out at that instant and had not ended."""
    statement = select(func.count()).select_from(Loan).where(*_paid_out(whose, start))
    return (await session.exec(statement, params=whose.values)).one()


async def paid_out(session: Work, whose: Whose, start: datetime) -> list[Loan]:
    """Return the loans that `count_paid_out` counts, the longest in its stage first."""
    statement = select(Loan).where(*_paid_out(whose, start)).order_by(col(Loan.stage_since), col(Loan.id))
    return list((await session.exec(statement.limit(MOST), params=whose.values)).all())


async def in_arrears_on(session: Work, whose: Whose, start: datetime, day: date) -> list[Loan]:
    """Return those of the loans paid out at `start` of which something was past due on that day, pauses not considered: by their
    schedule and payments, or as the lender's data says now."""
    by_schedule = col(Loan.next_instalment_on).is_not(None) & (due_by_schedule() > func.coalesce(paid_until_then(), 0))
    as_lender_says = col(Loan.next_instalment_on).is_(None) & (col(Loan.unpaid_since) < day)
    statement = select(Loan).where(*_paid_out(whose, start), or_(by_schedule, as_lender_says)).order_by(col(Loan.id))
    return list((await session.exec(statement.limit(MOST), params=whose.values | {"today": day})).all())


def _paid_out(whose: Whose, start: datetime) -> list[ColumnElement[bool]]:
    since = col(Loan.stage_since)
    lasted = and_(col(Loan.stage) == "disbursed", since < start)
    ended = and_(col(Loan.stage).in_(_ENDED_AFTER_PAYOUT), since >= start)
    return [due_lists.are_owned(Loan, whose), or_(lasted, ended)]
