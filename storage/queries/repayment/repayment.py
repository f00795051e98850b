"""Schedules, payments, promises and pauses of loans."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine import bulk
from storage.engine.work import Work
from storage.tables import Instalment, Payment, Promise, RepaymentPause, RepaymentSchedule

OfLoan = TypeVar("OfLoan", Payment, RepaymentPause, Promise)

_SCHEDULE = (
    select(RepaymentSchedule)
    .where(
        col(RepaymentSchedule.loan_id).in_(bindparam("loans", expanding=True)),
        col(RepaymentSchedule.replaced_at).is_(None),
        col(RepaymentSchedule.undone_at).is_(None),
    )
    .order_by(col(RepaymentSchedule.at), col(RepaymentSchedule.id))
)

_INSTALMENTS = (
    select(Instalment)
    .where(col(Instalment.schedule_id).in_(bindparam("schedules", expanding=True)))
    .order_by(col(Instalment.schedule_id), col(Instalment.number))
)

_PAYMENTS = (
    select(Payment)
    .where(
        col(Payment.loan_id).in_(bindparam("loans", expanding=True)),
        col(Payment.reversed_at).is_(None),
        col(Payment.undone_at).is_(None),
    )
    .order_by(col(Payment.paid_on), col(Payment.at), col(Payment.id))
)

_PAUSES = (
    select(RepaymentPause)
    .where(col(RepaymentPause.loan_id).in_(bindparam("loans", expanding=True)), col(RepaymentPause.undone_at).is_(None))
    .order_by(col(RepaymentPause.starts_on), col(RepaymentPause.id))
)

_PROMISES = (
    select(Promise)
    .where(col(Promise.loan_id).in_(bindparam("loans", expanding=True)), col(Promise.undone_at).is_(None))
    .order_by(col(Promise.at), col(Promise.id))
)


async def schedules_of(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, RepaymentSchedule]:
    """Return the schedule of each of these loans that has one."""
    found = await session.exec(_SCHEDULE, params={"loans": list(loan_ids)})
    return {row.loan_id: row for row in found}


async def instalments_of(session: Work, schedule_ids: Collection[UUID]) -> dict[UUID, list[Instalment]]:
    """Return the instalments of each of these schedules, in order."""
    found: dict[UUID, list[Instalment]] = defaultdict(list)
    for row in await session.exec(_INSTALMENTS, params={"schedules": list(schedule_ids)}):
        found[row.schedule_id].append(row)
    return found


async def begins_on(session: Work, loan_id: UUID) -> date | None:
    """Return the first due date of a loan's schedule, if it has one."""
    statement = (
        select(func.min(col(Instalment.due_on)))
        .join(RepaymentSchedule, col(RepaymentSchedule.id) == col(Instalment.schedule_id))
        .where(
            RepaymentSchedule.loan_id == loan_id,
            col(RepaymentSchedule.replaced_at).is_(None),
            col(RepaymentSchedule.undone_at).is_(None),
        )
    )
    return (await session.exec(statement)).one()


async def payments_of(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[Payment]]:
    """Return the payments of each of these loans that were neither reversed nor undone, the oldest first."""
    return await _by_loan(session, _PAYMENTS, loan_ids)


async def pauses_of(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[RepaymentPause]]:
    """Return the pauses of each of these loans, in order."""
    return await _by_loan(session, _PAUSES, loan_ids)


async def promises_of(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[Promise]]:
    """Return the promises of each of these loans, the oldest first."""
    return await _by_loan(session, _PROMISES, loan_ids)


async def _by_loan(
    session: Work, statement: SelectOfScalar[OfLoan], loan_ids: Collection[UUID]
) -> dict[UUID, list[OfLoan]]:
    found: dict[UUID, list[OfLoan]] = defaultdict(list)
    for row in await session.exec(statement, params={"loans": list(loan_ids)}):
        found[row.loan_id].append(row)
    return found


async def add_instalments(session: Work, schedule: RepaymentSchedule, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the instalments of a schedule that is written already."""
    shared = {"workspace_id": schedule.workspace_id, "loan_id": schedule.loan_id, "schedule_id": schedule.id}
    await bulk.insert(session, Instalment, bulk.by_column(rows), shared)


async def lock_payment(session: Work, payment_id: UUID) -> Payment | None:
    """Return a payment, locked."""
    return await session.get(Payment, payment_id, with_for_update=True, populate_existing=True)


async def last_schedules(session: Work, loan_id: UUID, *, limit: int) -> list[RepaymentSchedule]:
    """Return the schedules of a loan that were not undone, newest first, those that were replaced too."""
    statement = select(RepaymentSchedule).where(
        RepaymentSchedule.loan_id == loan_id, col(RepaymentSchedule.undone_at).is_(None)
    )
    ordered = statement.order_by(col(RepaymentSchedule.at).desc(), col(RepaymentSchedule.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def last_payments(session: Work, loan_id: UUID, *, limit: int) -> list[Payment]:
    """Return the payments of a loan that were not undone, newest first, reversed ones too."""
    statement = select(Payment).where(Payment.loan_id == loan_id, col(Payment.undone_at).is_(None))
    ordered = statement.order_by(col(Payment.paid_on).desc(), col(Payment.at).desc(), col(Payment.id).desc())
    return list((await session.exec(ordered.limit(limit))).all())


async def promises_to_settle(session: Work, workspace_id: UUID, until: date, *, limit: int) -> list[Promise]:
    """Return open promises of a day until `until`, the oldest first."""
    statement = select(Promise).where(
        Promise.workspace_id == workspace_id,
        Promise.state == "open",
        col(Promise.undone_at).is_(None),
        col(Promise.due_on) <= until,
    )
    return list((await session.exec(statement.order_by(col(Promise.due_on), col(Promise.id)).limit(limit))).all())
