"""Promises to pay: made in calls, kept by payments, broken by time."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.core.changes import create, track
from desk.core.dataclass import dataclass
from desk.core.retention import BATCH
from desk.core.transaction import Desk
from desk.follow_ups.escalation_rules import escalate_after_broken_promise
from desk.follow_ups.standing import Standing
from desk.follow_ups.workspace_cadence import scale_of
from desk.rules.arrears import paid_for_promise, promise_state
from desk.rules.working_time import local_date
from storage.queries.calls import calls
from storage.queries.follow_ups import replanning
from storage.queries.loans import loans
from storage.queries.repayment import repayment
from storage.tables import Call, FollowUp, Loan, Payment, Promise

PURPOSE = "promise"
"""The purpose of a call that asks whether a promise was kept."""

REPLACED = "replaced"
"""The state of a promise in whose place the borrower made another before its day was over. It counts nowhere."""

_PAYMENTS = frozenset(("paid", "part_paid"))
"""The outcomes of calls that tell of a payment."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The days of the promises of a loan that a payment has kept, and whether another promise is still open."""

    days: frozenset[date]
    other_open: bool

    def ends(self, call: FollowUp) -> bool:
        """Return whether a call need not ask after a promise any more. It may be about the one that is still open, unless it is
        due on the day of one that was kept."""
        return call.purpose == PURPOSE and bool(self.days) and (not self.other_open or call.due_on in self.days)


def kept_of(settled: Iterable[Promise], made: Iterable[Promise]) -> Kept:
    """Return which of these promises, whose state is another now, are kept; `made` are all of the loan."""
    days = frozenset(row.due_on for row in settled if row.state == "kept")
    return Kept(days, any(row.state == "open" for row in made))


async def make_promise(
    desk: Desk,
    loan: Loan,
    call: Call,
    planned: FollowUp | None,
    open_before: Sequence[FollowUp],
    amount: Decimal | None,
) -> Promise | None:
    """Record what a call promised for the day of the planned follow-up, if that asks about a promise.

    A promise that was open until now, and whose day is not over, is replaced.
    """
    if planned is None or planned.purpose != PURPOSE:
        return None
    if any(row.purpose == PURPOSE for row in open_before):
        for earlier in await _open(desk, loan):
            if earlier.due_on >= desk.workspace_today:
                track(desk, earlier).state = REPLACED
    return create(
        desk,
        Promise(
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            call_id=call.id,
            amount=amount,
            due_on=planned.due_on,
            at=desk.now,
        ),
    )


async def settle_by_payments(desk: Desk, loan: Loan, now: Standing) -> Kept:
    """Settle the promises made since the loan has its schedule, after a payment or a reversal; return which are kept now. One
    that a reversal has broken counts as those do that time breaks."""
    if now.schedule is None:
        return kept_of((), ())
    made = (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, [])
    changed = settle(desk, [row for row in made if row.at >= now.schedule.at], now.payments)
    await report_broken(desk, changed)
    return kept_of(changed, made)


def settle(desk: Desk, made: Iterable[Promise], payments: Sequence[Payment]) -> list[Promise]:
    """Settle these promises of a loan by all of its payments, and return those whose state is another now."""
    return [row for row in made if row.state != REPLACED and _set_state(desk, row, _paid_for(desk, row, payments))]


async def keep_promises(desk: Desk, loan: Loan) -> None:
    """Take the open promises of a loan without a schedule as kept: its instalment was paid."""
    for promise in await _open(desk, loan):
        track(desk, promise).state = "kept"


async def settle_promises(desk: Desk) -> bool:
    """Settle the promises whose patience is over. Return whether there may be more."""
    until = desk.workspace_today - timedelta(days=scale_of(desk).promise.patience_days + 1)
    rows = await repayment.promises_to_settle(desk.session, desk.workspace.id, until, limit=BATCH)
    if not rows:
        return False
    payments = await repayment.payments_of(desk.session, {row.loan_id for row in rows})
    on = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    said = await calls.since_with_outcome(
        desk.session, [row.loan_id for row in rows], _PAYMENTS, min(row.at for row in rows)
    )
    for row in rows:
        told = [call for call in said.get(row.loan_id, ()) if call.at > row.at]
        if on[row.loan_id].next_instalment_on is None and any(call.outcome == "paid" for call in told):
            track(desk, row).state = "kept"
            continue
        paid = _paid_for(desk, row, payments.get(row.loan_id, ()))
        if on[row.loan_id].next_instalment_on is None:
            paid += sum((call.amount or Decimal(0) for call in told), Decimal(0))
        _set_state(desk, row, paid)
    await report_broken(desk, rows)
    missed = {row.loan_id for row in rows if row.state in ("broken", "partly_kept")}
    await replanning.request(desk.session, desk.workspace.id, missed, desk.now)
    return len(rows) == BATCH


async def report_broken(desk: Desk, settled: Iterable[Promise]) -> None:
    """Record which of these promises, whose state is another now, are broken, and escalate the loans that have as many broken
    ones as the rules say."""
    broken = [row for row in settled if row.state == "broken"]
    if not broken:
        return
    for row in broken:
        desk.audit("promise_broken", loan_id=row.loan_id, subject_id=row.id)
    loan_ids = {row.loan_id for row in broken}
    await loans.lock_all(desk.session, loan_ids)
    await desk.session.flush()
    found, on = await repayment.promises_of(desk.session, loan_ids), await loans.by_ids(desk.session, loan_ids)
    for row in broken:
        count = sum(each.state == "broken" for each in found.get(row.loan_id, ()))
        await escalate_after_broken_promise(desk, on[row.loan_id], row.id, count)


async def _open(desk: Desk, loan: Loan) -> list[Promise]:
    found = (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, [])
    return [row for row in found if row.state == "open"]


def _paid_for(desk: Desk, promise: Promise, payments: Sequence[Payment]) -> Decimal:
    """Return what was paid from the day of the promise until the patience ended, and recorded after it."""
    made_on = local_date(promise.at, ZoneInfo(desk.workspace.zone))
    known = [(row.paid_on, row.amount) for row in payments if row.at >= promise.at]
    return paid_for_promise(known, made_on, promise.due_on, scale_of(desk).promise)


def _set_state(desk: Desk, promise: Promise, paid: Decimal) -> bool:
    """Set what has become of a promise, and return whether that is new."""
    state = promise_state(promise.amount, promise.due_on, paid, desk.workspace_today, scale_of(desk).promise)
    if state == promise.state:
        return False
    track(desk, promise).state = state
    return True
