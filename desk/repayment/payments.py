"""Payments on loans: record one, reverse one, and what follows: calls that are over, promises that are kept."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.values import Amount, LoanRef
from desk.follow_ups import lifecycle, rule_plans, standing
from desk.follow_ups.collection_steps import stop_steps
from desk.follow_ups.standing import Standing
from desk.loans import borrowers, lookup
from desk.loans.views import FollowUpView, LoanView, PlannedView, follow_up_views, loan_view, planned_view
from desk.people.relations import authorship
from desk.repayment import promises
from desk.repayment.payment_notices import report_payment
from desk.rules.arrears import Covered
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.queries.repayment import repayment
from storage.tables import FollowUp, Loan, Payment

ABOUT_AN_INSTALMENT = frozenset({"repayment", "overdue", "promise"})
"""Purposes that a payment settles. The call that explains the repayment plan remains due after a payment."""

NOT_PAID_OUT = frozenset({"inquiry", "application", "approved", "declined", "signed", "withdrawn"})
"""The stages of loans on which nothing can have been repaid."""

Source = Literal["call", "form", "import", "api"]

FROM_LENDER: tuple[Source, ...] = ("import", "api")
"""The sources of payments that the lender's own systems reported."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment that was recorded, the instalments that it paid or paid a part of, and the calls that it ended.

    `settled` are those of the instalments that are fully paid now.
    """

    payment: Payment = field(repr=False)
    touched: tuple[Covered, ...]
    settled: tuple[Covered, ...]
    ended: tuple[FollowUp, ...] = field(repr=False)
    now: Standing = field(repr=False)


async def take(
    desk: Desk,
    loan: Loan,
    amount: Decimal,
    paid_on: date,
    source: Source,
    *,
    call_id: UUID | None = None,
    answered: FollowUp | None = None,
    keeps: UUID | None = None,
    twice: bool = False,
) -> Taken:
    """Record a payment on a locked loan with a schedule, and close the calls about the instalments that it pays.

    `answered` is the follow-up that a call about the payment answers, which is over; `keeps` is one that was planned just now.
    `twice`: the same payment may be there.
    Raises Invalid (`payment_amount`, `payment_future`, `payment_larger`), Conflict (`payment_before_disbursement`,
    `payment_twice`).
    """
    before = await standing.full_standing(desk, loan)
    await _check(desk, loan, before, amount, paid_on, twice=twice)
    payment = create(
        desk,
        Payment(
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            paid_on=paid_on,
            amount=amount,
            source=source,
            call_id=call_id,
            by_id=desk.actor.id if desk.actor else None,
            at=desk.now,
        ),
    )
    now = await standing.refresh(desk, loan)
    touched = tuple(
        after for earlier, after in zip(before.covered, now.covered, strict=True) if after.paid != earlier.paid
    )
    settled = tuple(row for row in touched if not row.left)
    kept = await promises.settle_by_payments(desk, loan, now)
    following = now.next
    ended: list[FollowUp] = []
    for row in await follow_ups.open_of_loan(desk.session, loan.id):
        if row.id == keeps:
            continue
        if row is answered or is_over(row, following, is_settled=bool(settled), kept=kept):
            lifecycle.close(desk, row, "done")
            ended.append(row)
    if before.arrears.days and not now.arrears.days:
        await stop_steps(desk, loan, "payment")
    await report_payment(desk, loan, payment, [row for row in ended if row is not answered])
    return Taken(payment, touched, settled, tuple(ended), now)


def is_over(row: FollowUp, following: Covered | None, *, is_settled: bool, kept: promises.Kept) -> bool:
    """Return whether a call need not be made after a payment; `following` is the oldest instalment that is still unpaid."""
    if row.purpose not in ABOUT_AN_INSTALMENT:
        return False
    if kept.ends(row):
        return True
    if row.instalment_on is None:
        return is_settled
    return following is None or row.instalment_on < following.due_on


def make_wanted_again(desk: Desk, payment: Payment, rows: Iterable[FollowUp]) -> None:
    """Take the calls about instalments that a payment closed as not made, because it was reversed: rules may plan them again at
    once. What a call about the payment answered was made."""
    if payment.source == "call":
        return
    for row in rows:
        if row.state == "done" and (row.closed_at, row.closed_by_id) == (payment.at, payment.by_id):
            track(desk, row)
            row.state, row.closed_by_id = "cancelled", None


async def _check(desk: Desk, loan: Loan, before: Standing, amount: Decimal, paid_on: date, *, twice: bool) -> None:
    check_amount_and_day(desk, loan, amount, paid_on)
    require_not_larger(loan, before, amount)
    same = next((row for row in before.payments if row.paid_on == paid_on and row.amount == amount), None)
    if same is not None and not twice:
        by = (await members.by_ids(desk.session, [same.by_id])).get(same.by_id) if same.by_id else None
        raise Conflict(
            "payment_twice",
            loan=loan.number,
            amount=amount,
            currency=loan.currency,
            day=paid_on,
            who=by.slack_user_id if by else None,
        )


def require_not_larger(loan: Loan, now: Standing, amount: Decimal) -> None:
    """Raise Invalid (`payment_larger`) if an amount is more than is left to pay by the loan's schedule."""
    if now.covered and amount > now.left:
        raise Invalid("payment_larger", loan=loan.number, left=now.left, currency=loan.currency)


def check_amount_and_day(desk: Desk, loan: Loan, amount: Decimal, paid_on: date) -> None:
    """Raise Invalid (`payment_amount`, `payment_future`) or Conflict (`payment_before_disbursement`)."""
    if amount <= 0:
        raise Invalid("payment_amount", given=amount)
    if paid_on > desk.workspace_today:
        raise Invalid("payment_future", given=paid_on)
    require_paid_out(loan)


def require_paid_out(loan: Loan) -> None:
    """Raise Conflict (`payment_before_disbursement`) for a loan that cannot have been repaid yet."""
    if loan.stage in NOT_PAID_OUT:
        raise Conflict("payment_before_disbursement", loan=loan.number, stage=loan.stage)


@dataclass(frozen=True, slots=True)
class PaymentRecorded:
    """A recorded or reversed payment, and what followed. `next` is the oldest instalment that is not fully paid."""

    loan: LoanView
    name: str = field(repr=False)
    currency: str
    paid_on: date
    amount: Decimal = field(repr=False)
    settled: tuple[Covered, ...]
    next: Covered | None
    past_due: Decimal
    days_past_due: int
    ended: tuple[FollowUpView, ...]
    planned: PlannedView | None
    reversed: bool
    undo_id: UUID


async def record_payment(
    desk: Desk, *, loan: LoanRef, amount: Amount, paid_on: date, twice: bool = False
) -> PaymentRecorded:
    """Record a payment by form.

    Raises NotAllowed (`role_missing`), Invalid (`amount_currency`), Conflict (`schedule_missing`), and as `take` and
    `lookup.resolve` do.
    """
    require_role(desk, "record_payment")
    named = (await lookup.resolve(desk, loan)).loan
    if amount.currencies and named.currency not in amount.currencies:
        raise Invalid("amount_currency", loan=named.number, currency=named.currency)
    check_amount_and_day(desk, named, amount.value, paid_on)
    if named.next_instalment_on is None:
        raise Conflict("schedule_missing", loan=named.number)
    taken = await take(desk, named, amount.value, paid_on, "form", twice=twice)
    planned = (await rule_plans.replan_instalment(desk, named)).planned
    desk.audit("payment_recorded", loan_id=named.id, subject_id=taken.payment.id)
    await desk.session.flush()
    undo_id = offer_undo(desk, "payment_recorded", loan_id=named.id)
    return await _recorded(desk, named, taken.payment, taken.now, taken.settled, taken.ended, planned, undo_id)


async def reverse_payment(desk: Desk, payment_id: UUID, version: int) -> PaymentRecorded:
    """Reverse a payment: it was returned, or entered by mistake. What it had paid is unpaid again.

    Raises NotFound (`payment_unknown`), NotAllowed (`role_missing`, `payment_not_yours`), Conflict (`payment_reversed`,
    `payment_changed`).
    """
    require_role(desk, "reverse_payment")
    there = await desk.session.get(Payment, payment_id)
    if there is None or there.workspace_id != desk.workspace.id or not await lookup.may_see(desk, there.loan_id):
        raise NotFound("payment_unknown")
    loan = await loans.lock(desk.session, there.loan_id)
    payment = await repayment.lock_payment(desk.session, payment_id)
    if payment is None or payment.undone_at is not None:
        raise NotFound("payment_unknown")
    require(desk, "reverse_payment", authorship(desk, payment.by_id, payment.at) if payment.by_id else ())
    if payment.reversed_at is not None:
        raise Conflict("payment_reversed", at=payment.reversed_at)
    if payment.version != version:
        raise Conflict("payment_changed")
    now = await _reverse(desk, loan, payment)
    planned = (await rule_plans.replan_instalment(desk, loan)).planned
    desk.audit("payment_reversed", loan_id=loan.id, subject_id=payment.id)
    await desk.session.flush()
    undo_id = offer_undo(desk, "payment_reversed", loan_id=loan.id)
    return await _recorded(desk, loan, payment, now, (), (), planned, undo_id)


async def _reverse(desk: Desk, loan: Loan, payment: Payment) -> Standing:
    """Mark a payment on a locked loan as reversed, settle the promises again, and return the loan's repayment."""
    track(desk, payment).reversed_at = desk.now
    payment.reversed_by_id = desk.actor.id if desk.actor else None
    make_wanted_again(desk, payment, await follow_ups.about_instalments(desk.session, loan.id))
    now = await standing.refresh(desk, loan)
    await promises.settle_by_payments(desk, loan, now)
    return now


async def _recorded(
    desk: Desk,
    loan: Loan,
    payment: Payment,
    now: Standing,
    settled: Sequence[Covered],
    ended: Sequence[FollowUp],
    planned: Sequence[lifecycle.PlannedFollowUp],
    undo_id: UUID,
) -> PaymentRecorded:
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    return PaymentRecorded(
        loan=await loan_view(desk, loan),
        name=contact.name,
        currency=loan.currency,
        paid_on=payment.paid_on,
        amount=payment.amount,
        settled=tuple(settled),
        next=now.next,
        past_due=now.arrears.amount,
        days_past_due=now.arrears.days,
        ended=await follow_up_views(desk, loan, list(ended)),
        planned=planned_view(desk, loan, planned[0]) if planned else None,
        reversed=payment.reversed_at is not None,
        undo_id=undo_id,
    )
