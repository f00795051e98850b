"""What the order of the loans in arrears depends on, for all of them that some members have to call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, ScalarSelect, bindparam, case, exists, literal_column
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.core.dates import DaysBetween
from storage.queries.core.rows import chunks
from storage.queries.follow_ups.due_lists import Whose, in_arrears
from storage.queries.people.scopes import Scope
from storage.tables import Call, CallParty, Instalment, Loan, Payment, Promise, RepaymentSchedule


@dataclass(frozen=True, slots=True)
class LoanInArrears:
    """A loan in arrears since `since`, the due date of its oldest unpaid instalment.

    `promise` is the state of the last promise that no other replaced. `paused`: some of the days since were paused.
    """

    loan_id: UUID
    since: date
    promise: str | None
    paused: bool


@dataclass(frozen=True, slots=True)
class MoneyAndTalk:
    """What is past due of a loan by its schedule, and what was paid of it, both None where arrears are not counted from one; and
    when the last conversation with its borrower was."""

    due: Decimal | None = field(repr=False)
    paid: Decimal | None = field(repr=False)
    spoken_at: datetime | None


async def of_people(session: Work, whose: Whose, today: date, *, limit: int) -> Sequence[LoanInArrears]:
    """Return the loans in arrears that these members own or hold an open follow-up on, the longest past due first, at most
    `limit`."""
    values = whose.values | {"today": today, "most": limit}
    return [LoanInArrears(*row) for row in await session.exec(_of_people(*whose.shape), params=values)]


async def money_and_talk(
    session: Work, loan_ids: Sequence[UUID], today: date, spoken: Sequence[str]
) -> dict[UUID, MoneyAndTalk]:
    """Return what is past due and when the last conversation was, of each of these loans. `spoken` are the outcomes of a
    conversation."""
    found: dict[UUID, MoneyAndTalk] = {}
    for ids in chunks(loan_ids):
        values = {"ids": ids, "today": today, "spoken": list(spoken)}
        found.update({row[0]: MoneyAndTalk(*row[1:]) for row in await session.exec(_money_and_talk(), params=values)})
    return found


@cache
def _of_people(scope: Scope, nobodys: bool) -> Any:
    since = func.coalesce(col(Loan.next_instalment_on), col(Loan.unpaid_since))
    return (
        select(Loan.id, since, _promise(), col(Loan.paused_from).is_not(None))
        .where(in_arrears(scope, nobodys))
        .order_by(since, col(Loan.id))
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _money_and_talk() -> Any:
    counted = col(Loan.next_instalment_on).is_not(None)
    due, paid = (case((counted, each)) for each in (_due(), _paid()))
    return select(Loan.id, due, paid, _spoken_at()).where(col(Loan.id).in_(bindparam("ids", expanding=True)))


def _due() -> ScalarSelect[Any]:
    settled, due_on = col(RepaymentSchedule.settled_through), col(Instalment.due_on)
    today, grace = bindparam("today", type_=Date), col(RepaymentSchedule.grace_days)
    return (
        select(func.sum(col(Instalment.amount)))
        .join(RepaymentSchedule, col(RepaymentSchedule.id) == col(Instalment.schedule_id))
        .where(
            col(RepaymentSchedule.loan_id) == col(Loan.id),
            col(RepaymentSchedule.replaced_at).is_(None),
            col(RepaymentSchedule.undone_at).is_(None),
            due_on < today,
            (grace == literal_column("0")) | (DaysBetween(due_on, today) > grace),
            settled.is_(None) | (due_on > settled),
        )
        .correlate(Loan)
        .scalar_subquery()
    )


def _paid() -> ScalarSelect[Any]:
    return (
        select(func.sum(col(Payment.amount)))
        .where(
            col(Payment.loan_id) == col(Loan.id),
            col(Payment.paid_on) <= bindparam("today", type_=Date),
            col(Payment.reversed_at).is_(None),
            col(Payment.undone_at).is_(None),
        )
        .correlate(Loan)
        .scalar_subquery()
    )


def _promise() -> ScalarSelect[Any]:
    return (
        select(col(Promise.state))
        .where(
            col(Promise.loan_id) == col(Loan.id),
            col(Promise.undone_at).is_(None),
            col(Promise.state) != literal_column("'replaced'"),
        )
        .order_by(col(Promise.at).desc(), col(Promise.id).desc())
        .limit(1)
        .correlate(Loan)
        .scalar_subquery()
    )


def _spoken_at() -> ScalarSelect[Any]:
    with_another = exists().where(col(CallParty.call_id) == col(Call.id), col(CallParty.undone_at).is_(None))
    return (
        select(col(Call.at))
        .where(
            col(Call.loan_id) == col(Loan.id),
            col(Call.outcome).in_(bindparam("spoken", expanding=True)),
            col(Call.undone_at).is_(None),
            ~with_another,
        )
        .order_by(col(Call.at).desc())
        .limit(1)
        .correlate(Loan)
        .scalar_subquery()
    )
