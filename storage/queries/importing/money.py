"""What an import of payments and schedules reads, each for a whole batch of loans."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, or_
from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.tables import FollowUp, ImportedValues, Instalment, Loan, Payment

_PAYMENTS = (
    select(Payment)
    .where(col(Payment.loan_id).in_(bindparam("loans", expanding=True)), col(Payment.undone_at).is_(None))
    .order_by(col(Payment.paid_on), col(Payment.at), col(Payment.id))
)

_INSTALMENTS = (
    select(col(Instalment.schedule_id), col(Instalment.due_on), col(Instalment.amount))
    .where(col(Instalment.schedule_id).in_(bindparam("schedules", expanding=True)))
    .order_by(col(Instalment.schedule_id), col(Instalment.number))
)

_ABOUT = ("repayment", "overdue", "promise")


@dataclass(frozen=True, slots=True)
class DueAmount:
    """What of an instalment counts for arrears: a schedule has many, and they are not read as rows that could be changed."""

    due_on: date
    amount: Decimal


async def instalments_of(session: Work, schedule_ids: Collection[UUID]) -> dict[UUID, list[DueAmount]]:
    """Return the instalments of each of these schedules, in order."""
    found: dict[UUID, list[DueAmount]] = defaultdict(list)
    for schedule_id, due_on, amount in await session.execute(_INSTALMENTS, {"schedules": list(schedule_ids)}):
        found[schedule_id].append(DueAmount(due_on, amount))
    return found


async def locked_loans(session: Work, workspace_id: UUID, keys: Collection[str]) -> dict[str, Loan]:
    """Return the loans with these numbers, as they are compared, at the desk or in the lender's last file, locked until the
    transaction ends. The lender's number counts before the desk's."""
    said = select(ImportedValues).where(
        ImportedValues.workspace_id == workspace_id, col(ImportedValues.number_key).in_(keys)
    )
    named = {row.number_key: row.loan_id for row in await session.exec(said)}
    statement = select(Loan).where(
        Loan.workspace_id == workspace_id,
        or_(col(Loan.number_key).in_(keys), col(Loan.id).in_(list(named.values()))),
    )
    ordered = statement.order_by(col(Loan.id)).with_for_update().execution_options(populate_existing=True)
    loans = {loan.id: loan for loan in await session.exec(ordered)}
    by_key = {loan.number_key: loan for loan in loans.values() if loan.number_key in keys}
    return by_key | {key: loans[loan_id] for key, loan_id in named.items() if loan_id in loans}


async def payments_of(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[Payment]]:
    """Return the payments of each of these loans that were not undone, reversed ones too, the oldest first."""
    found: dict[UUID, list[Payment]] = defaultdict(list)
    for row in await session.exec(_PAYMENTS, params={"loans": list(loan_ids)}):
        found[row.loan_id].append(row)
    return found


async def calls_about_instalments(
    session: Work, loan_ids: Collection[UUID], since: datetime
) -> dict[UUID, list[FollowUp]]:
    """Return the follow-ups of each of these loans about instalments that are open or were planned since then, newest first."""
    statement = select(FollowUp).where(
        col(FollowUp.loan_id).in_(loan_ids),
        col(FollowUp.purpose).in_(_ABOUT),
        or_(IS_OPEN, col(FollowUp.created_at) >= since),
    )
    found: dict[UUID, list[FollowUp]] = defaultdict(list)
    for row in await session.exec(statement.order_by(col(FollowUp.number).desc())):
        found[row.loan_id].append(row)
    return found
