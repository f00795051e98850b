"""Settle an instalment that was paid: by the loan's schedule, or, without one, by its due day and the lender's data."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from uuid import UUID

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.transaction import Desk
from desk.follow_ups import lifecycle, standing
from desk.follow_ups.collection_steps import stop_steps
from desk.repayment import promises
from desk.repayment.payments import ABOUT_AN_INSTALMENT, Taken, require_not_larger, take
from desk.rules.instalments import next_instalment, next_unpaid_instalment
from storage.tables import FollowUp, Loan


@dataclass(frozen=True, slots=True)
class Settlement:
    """The paid instalment (None if it is not known), the follow-ups that it closed, and the payment on a schedule."""

    instalment_on: date | None
    ended: tuple[FollowUp, ...] = field(repr=False)
    taken: Taken | None = field(default=None, repr=False)


def has_schedule(loan: Loan) -> bool:
    """Return whether payments on the loan are recorded with their amounts, on its schedule."""
    return loan.next_instalment_on is not None


async def settle(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    answered: FollowUp | None,
    *,
    call_id: UUID,
    amount: Decimal | None = None,
    keeps: UUID | None = None,
) -> Settlement:
    """Mark the oldest unpaid instalment as paid. Close the answered follow-up and every open one about that instalment.

    `keeps` is a follow-up that was planned for afterwards. On a schedule, that is a payment of the `amount`, or of what the
    instalment lacks; a larger one covers the next too. A follow-up without an instalment (a typed promise) is about the oldest
    unpaid one. If the lender reports arrears, the next instalment becomes the oldest unpaid one, provided that it has fallen
    due. Raises as `take` does, and Conflict (`all_paid`).
    """
    if has_schedule(loan):
        return await _settle_on_schedule(desk, loan, answered, call_id, amount, keeps)
    instalment_on = _oldest_unpaid(desk, loan, open_rows)
    ended = [f for f in open_rows if f is answered or (f.id != keeps and _is_about(f, instalment_on))]
    for follow_up in ended:
        lifecycle.close(desk, follow_up, "done")
    if any(follow_up.purpose == promises.PURPOSE for follow_up in ended):
        await promises.keep_promises(desk, loan)
    track(desk, loan)
    if instalment_on is None or loan.due_day is None:
        await _set_unpaid_since(desk, loan, None)
        return Settlement(instalment_on=None, ended=tuple(ended))
    loan.paid_through = instalment_on
    following = next_instalment(instalment_on, loan.due_day)
    if loan.unpaid_since is not None:
        await _set_unpaid_since(desk, loan, following if following < desk.workspace_today else None)
    return Settlement(instalment_on=instalment_on, ended=tuple(ended))


async def _set_unpaid_since(desk: Desk, loan: Loan, since: date | None) -> None:
    if loan.unpaid_since is not None and since is None:
        await stop_steps(desk, loan, "payment")
    loan.unpaid_since = since


async def is_what_is_due(desk: Desk, loan: Loan, amount: Decimal) -> bool:
    """Return whether an amount is exactly the oldest unpaid instalment, or all of them up to one that has fallen due.

    Raises Invalid (`payment_larger`) for one that is more than is left to pay.
    """
    now, total = await standing.standing(desk, loan), Decimal(0)
    require_not_larger(loan, now, amount)
    for place, row in enumerate(row for row in now.covered if row.left):
        if place and row.due_on > desk.workspace_today:
            return False
        total += row.left
        if total >= amount:
            return total == amount
    return False


async def require_promise_within_left(desk: Desk, loan: Loan, amount: Decimal) -> None:
    """Raise Invalid (`promise_larger`) for a promise of more than is left to pay by the schedule: no payment could keep it."""
    now = await standing.standing(desk, loan)
    if now.covered and amount > now.left:
        raise Invalid("promise_larger", loan=loan.number, left=now.left, currency=loan.currency)


async def pay_part_of(
    desk: Desk,
    loan: Loan,
    answered: FollowUp | None,
    call_id: UUID,
    amount: Decimal,
    keeps: UUID | None = None,
) -> Settlement:
    """Record a payment of an amount on a schedule. Raises as `take` does."""
    day = desk.workspace_today
    taken = await take(desk, loan, amount, day, "call", call_id=call_id, answered=answered, keeps=keeps)
    return Settlement(taken.settled[-1].due_on if taken.settled else None, taken.ended, taken)


async def _settle_on_schedule(
    desk: Desk,
    loan: Loan,
    answered: FollowUp | None,
    call_id: UUID,
    amount: Decimal | None,
    keeps: UUID | None,
) -> Settlement:
    following = (await standing.standing(desk, loan)).next
    if following is None:
        raise Conflict("all_paid", loan=loan.number)
    whole = following.left if amount is None else max(amount, following.left)
    return await pay_part_of(desk, loan, answered, call_id, whole, keeps)


def _oldest_unpaid(desk: Desk, loan: Loan, open_rows: Sequence[FollowUp]) -> date | None:
    """Return the oldest unpaid instalment by the lender's data and by the open follow-ups."""
    if loan.due_day is None:
        return None
    today = desk.workspace_today
    oldest = next_unpaid_instalment(today, loan.due_day, paid_through=loan.paid_through, unpaid_since=loan.unpaid_since)
    paid = loan.paid_through or date.min
    about = [f.instalment_on for f in open_rows if f.instalment_on and f.instalment_on > paid]
    return min([*([oldest] if oldest else ()), *about], default=None)


def _is_about(follow_up: FollowUp, instalment_on: date | None) -> bool:
    if follow_up.purpose not in ABOUT_AN_INSTALMENT:
        return False
    return follow_up.instalment_on is None or instalment_on is None or follow_up.instalment_on <= instalment_on
