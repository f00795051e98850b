"""The schedule of a loan: as the lender gives it, or computed from the terms."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date, time
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import GivenInstalment, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import rule_plans, standing
from desk.follow_ups.standing import Standing
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, PlannedView, loan_view, planned_view
from desk.people.calendars import calendar_of
from desk.rules.hours import DEFAULT_ZONE, WEEKDAYS, WorkingHours
from desk.rules.schedules import MOST_GRACE, MOST_MONTHS, Row, Shift, Terms, schedule, shifted
from storage.engine.types import new_id
from storage.queries.repayment import repayment
from storage.tables import Loan, RepaymentSchedule

_BANKING_DAYS = WorkingHours(time(9), time(18), WEEKDAYS, DEFAULT_ZONE)
"""The days on which banks debit, but for holidays."""

ScheduleSource = Literal["lender", "computed"]


@dataclass(frozen=True, slots=True)
class Options:
    """How arrears are counted from a schedule: see `RepaymentSchedule`."""

    counts: bool = True
    grace_days: int = 0
    settled_through: date | None = None


@dataclass(frozen=True, slots=True)
class ScheduleSet:
    """The new schedule of a loan: its first and last instalment, sums, and what it makes of the loan's arrears."""

    loan: LoanView
    name: str = field(repr=False)
    currency: str
    source: ScheduleSource
    counts: bool
    rows: int
    first_on: date
    last_on: date
    first_amount: Decimal = field(repr=False)
    last_amount: Decimal = field(repr=False)
    total: Decimal = field(repr=False)
    interest: Decimal | None = field(repr=False)
    settled: int
    next_on: date | None
    next_amount: Decimal | None = field(repr=False)
    days_past_due: int
    planned: PlannedView | None
    cancelled: int
    undo_id: UUID


async def give_schedule(desk: Desk, *, loan: LoanRef, rows: Sequence[GivenInstalment], options: Options) -> ScheduleSet:
    """Give a loan the lender's schedule. All rows are taken, or none.

    Raises NotAllowed (`role_missing`), Invalid (`schedule_empty`, `schedule_rows`, `schedule_row_amount`,
    `schedule_row_order`, `schedule_row_sum`, `schedule_sum`, `schedule_grace`, `schedule_settled`), Conflict (`loan_ended`), and
    as `lookup.resolve` does.
    """
    require_role(desk, "change_schedule")
    named = (await lookup.resolve(desk, loan)).loan
    check_given(named, rows)
    given = [
        Row(n, row.due_on, row.principal or row.amount, row.interest or Decimal(0)) for n, row in enumerate(rows, 1)
    ]
    known = all(row.principal is not None and row.interest is not None for row in rows)
    return await _set(desk, named, given, "lender", options, parts_known=known)


async def compute_schedule(desk: Desk, *, loan: LoanRef, terms: Terms, shift: Shift, options: Options) -> ScheduleSet:
    """Give a loan a schedule computed from its terms, an estimate. Raises as `give_schedule` and `schedule` do."""
    require_role(desk, "change_schedule")
    named = (await lookup.resolve(desk, loan)).loan
    rows = schedule(terms)
    calendar, week = await calendar_of(desk), _BANKING_DAYS
    moved = [replace(row, due_on=shifted(row.due_on, shift, calendar, week)) for row in rows]
    return await _set(desk, named, moved, "computed", options, parts_known=True)


async def _set(
    desk: Desk, loan: Loan, rows: Sequence[Row], source: ScheduleSource, options: Options, *, parts_known: bool
) -> ScheduleSet:
    if VOCABULARY.stage(loan.stage).ended:
        raise Conflict("loan_ended", loan=loan.number, stage=loan.stage)
    if not 0 <= options.grace_days <= MOST_GRACE:
        raise Invalid("schedule_grace", given=options.grace_days, most=MOST_GRACE)
    if options.settled_through is not None and options.settled_through > desk.workspace_today:
        raise Invalid("schedule_settled", given=options.settled_through)
    earlier = (await repayment.schedules_of(desk.session, [loan.id])).get(loan.id)
    if earlier is not None:
        track(desk, earlier).replaced_at = desk.now
    row = create(
        desk,
        RepaymentSchedule(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            source=source,
            counts=options.counts,
            grace_days=options.grace_days,
            settled_through=options.settled_through,
            by_id=desk.actor.id if desk.actor else None,
            at=desk.now,
        ),
    )
    await desk.session.flush()
    await repayment.add_instalments(desk.session, row, [_values(each, parts_known=parts_known) for each in rows])
    now = await standing.refresh(desk, loan)
    replanned = await rule_plans.replan_instalment(desk, loan)
    desk.audit("schedule", loan_id=loan.id, subject_id=row.id, source=source, rows=len(rows))
    await desk.session.flush()
    undo_id = offer_undo(desk, "schedule", loan_id=loan.id)
    planned = planned_view(desk, loan, replanned.planned[0]) if replanned.planned else None
    return await _answer(desk, loan, rows, row, now, planned, replanned.cancelled, undo_id, parts_known=parts_known)


async def _answer(
    desk: Desk,
    loan: Loan,
    rows: Sequence[Row],
    row: RepaymentSchedule,
    now: Standing,
    planned: PlannedView | None,
    cancelled: int,
    undo_id: UUID,
    *,
    parts_known: bool,
) -> ScheduleSet:
    following = now.next
    return ScheduleSet(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        currency=loan.currency,
        source="computed" if row.source == "computed" else "lender",
        counts=row.counts,
        rows=len(rows),
        first_on=rows[0].due_on,
        last_on=rows[-1].due_on,
        first_amount=rows[0].amount,
        last_amount=rows[-1].amount,
        total=sum((each.amount for each in rows), Decimal(0)),
        interest=sum((each.interest for each in rows), Decimal(0)) if parts_known else None,
        settled=sum(1 for each in now.covered if not each.left),
        next_on=following.due_on if following else None,
        next_amount=following.left if following else None,
        days_past_due=now.arrears.days,
        planned=planned,
        cancelled=cancelled,
        undo_id=undo_id,
    )


def _values(row: Row, *, parts_known: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "number": row.number,
        "due_on": row.due_on,
        "amount": row.amount,
        "principal": row.principal if parts_known else None,
        "interest": row.interest if parts_known else None,
    }


def check_given(loan: Loan, rows: Sequence[GivenInstalment]) -> None:
    """Refuse rows that are no schedule of the loan, naming the first that is wrong."""
    if not rows:
        raise Invalid("schedule_empty")
    if len(rows) > MOST_MONTHS:
        raise Invalid("schedule_rows", given=len(rows), most=MOST_MONTHS)
    before: GivenInstalment | None = None
    for row in rows:
        if row.amount <= 0:
            raise Invalid("schedule_row_amount", line=row.line, given=row.amount)
        if before is not None and row.due_on <= before.due_on:
            raise Invalid("schedule_row_order", line=row.line, given=row.due_on, before=before.due_on)
        if row.principal is not None and row.interest is not None and row.principal + row.interest != row.amount:
            raise Invalid("schedule_row_sum", line=row.line, given=row.amount, sum=row.principal + row.interest)
        before = row
    if loan.amount is not None and all(row.principal is not None for row in rows):
        total = sum((row.principal or Decimal(0) for row in rows), Decimal(0))
        if total != loan.amount:
            raise Invalid("schedule_sum", given=total, amount=loan.amount, currency=loan.currency)


def suggested_settled(desk: Desk, loan: Loan) -> date | None:
    """Return until which day the instalments of a loan are known to be paid, from before it had a schedule."""
    if loan.paid_through is not None:
        return min(loan.paid_through, desk.workspace_today)
    if loan.unpaid_since is not None:
        return date.fromordinal(min(loan.unpaid_since, desk.workspace_today).toordinal() - 1)
    return None
