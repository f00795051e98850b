"""What the order of the loans in arrears depends on, for all of them that some members have to call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, ScalarSelect, bindparam, case, exists, literal_column
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import col, func, select

from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core.dates import DaysBetween
from storage.queries.core.literals import IS_OPEN
from storage.queries.core.rows import chunks
from storage.queries.follow_ups import quiet_periods, reservations
from storage.queries.follow_ups.due_lists import Whose, in_arrears
from storage.queries.people.scopes import Scope
from storage.tables import Call, CallParty, Escalation, FollowUp, Instalment, Loan, Payment, Promise, RepaymentSchedule


@dataclass(frozen=True, slots=True)
class LoanInArrears:
    """A loan in arrears since `since`, the due date of its oldest unpaid instalment.

    `promise` is the state of the last promise that no other replaced. `paused`: some of the days since were paused. `escalated`
    is the kind of an escalation that holds its calls.
    """

    loan_id: UUID
    since: date
    promise: str | None
    paused: bool
    escalated: str | None


@dataclass(frozen=True, slots=True)
class MoneyAndTalk:
    """What is past due of a loan by its schedule, and what was paid of it, both None where arrears are not counted from one; and
    when the last conversation with its borrower was."""

    due: Decimal | None = field(repr=False)
    paid: Decimal | None = field(repr=False)
    spoken_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadyFor:
    """What makes a loan ready for a call by a member now: none of its calls of these purposes is planned for later, unless one is
    due; without one, nobody has spoken with the borrower since `day_began`, with one of the outcomes `spoken`; it needs a call;
    nobody else has taken it, and the member has not given it back since `returned_since`. None is one whose calls an escalation
    holds."""

    member_id: UUID
    now: datetime
    day_began: datetime
    returned_since: datetime
    purposes: Sequence[str]
    spoken: Sequence[str]

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the statement's parameters."""
        return {
            "day_began": self.day_began,
            "now": self.now,
            "purposes": list(self.purposes),
            "spoken": list(self.spoken),
        }


async def of_people(
    session: Work, whose: Whose, today: date, *, holding: Sequence[str], limit: int, ready: ReadyFor | None = None
) -> Sequence[LoanInArrears]:
    """Return the loans in arrears that these members own or hold an open follow-up on, the longest past due first, at most
    `limit`; only those that are `ready`, if given. `holding` are the kinds of escalations that hold calls."""
    values = whose.values | {"today": today, "most": limit, "holding": list(holding)}
    statement = _of_people(*whose.shape)
    if ready is not None:
        values |= ready.values
        statement = statement.where(*_is_ready(ready), ~exists().where(*_holds()))
    return [LoanInArrears(*row) for row in await session.exec(statement, params=values)]


async def count_by_day(session: Work, whose: Whose, today: date) -> list[tuple[date, UUID | None, int]]:
    """Count all that `of_people` would return by the day since when they are in arrears; one with paused days apart, with its
    id."""
    found = await session.exec(_count_by_day(*whose.shape), params=whose.values | {"today": today})
    return list(found.all())


def _is_ready(ready: ReadyFor) -> tuple[ColumnElement[bool], ...]:
    planned = exists().where(
        col(FollowUp.loan_id) == col(Loan.id), IS_OPEN, col(FollowUp.purpose).in_(bindparam("purposes", expanding=True))
    )
    due_at, now = col(FollowUp.due_at), bindparam("now", type_=UtcDateTime)
    on_its_day = due_at.is_(None) & (col(FollowUp.due_on) <= bindparam("today", type_=Date))
    due = planned.where(on_its_day | (due_at <= now))
    spoken = exists().where(
        col(Call.loan_id) == col(Loan.id),
        col(Call.at) >= bindparam("day_began", type_=UtcDateTime),
        col(Call.outcome).in_(bindparam("spoken", expanding=True)),
        col(Call.undone_at).is_(None),
    )
    free = reservations.is_free(ready.now, ready.member_id, col(Loan.id), ready.returned_since)
    return due | (~planned & ~spoken), free, ~quiet_periods.lasts(Loan)


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
    since = _since()
    columns: list[Any] = [Loan.id, since, _promise(), col(Loan.paused_from).is_not(None), _escalated()]
    return (
        sqlalchemy_select(*columns)
        .where(in_arrears(scope, nobodys))
        .order_by(since, col(Loan.id))
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _count_by_day(scope: Scope, nobodys: bool) -> Any:
    paused = case((col(Loan.paused_from).is_not(None), col(Loan.id)))
    columns: list[Any] = [_since(), paused]
    return sqlalchemy_select(*columns, func.count()).where(in_arrears(scope, nobodys)).group_by(*columns)


@cache
def _money_and_talk() -> Any:
    counted = col(Loan.next_instalment_on).is_not(None)
    due, paid = (case((counted, each)) for each in (due_by_schedule(), paid_until_then()))
    return select(Loan.id, due, paid, _spoken_at()).where(col(Loan.id).in_(bindparam("ids", expanding=True)))


def due_by_schedule() -> ScalarSelect[Any]:
    """Return the sum of the instalments of a loan that are past due on the day of the parameter `today`."""
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


def paid_until_then() -> ScalarSelect[Any]:
    """Return the sum of the payments on a loan until the day of the parameter `today`."""
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


def _since() -> ColumnElement[date]:
    return func.coalesce(col(Loan.next_instalment_on), col(Loan.unpaid_since))


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


def _holds() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Escalation.loan_id) == col(Loan.id),
        col(Escalation.state) != literal_column("'resolved'"),
        col(Escalation.kind).in_(bindparam("holding", expanding=True)),
        col(Escalation.undone_at).is_(None),
    )


def _escalated() -> ScalarSelect[Any]:
    found = select(col(Escalation.kind)).where(*_holds()).order_by(col(Escalation.raised_at))
    return found.limit(1).correlate(Loan).scalar_subquery()


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
