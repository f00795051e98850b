"""How the repayment of a loan is on a day: its schedule, what is paid of it, days past due, promises, pauses.

A loan without a schedule, payments or pauses costs no query: `Loan.next_instalment_on` and `paused_until` say so.
"""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.follow_ups.workspace_cadence import scale_of
from desk.rules import arrears
from desk.rules.arrears import Arrears, Bucket, Covered, Pause, Scale
from desk.rules.instalments import ALL_PAID
from storage.queries.loans import loans
from storage.queries.repayment import repayment
from storage.tables import Instalment, Loan, Payment, Promise, RepaymentPause, RepaymentSchedule

Basis = Literal["schedule", "lender"]
"""Where days past due come from: the payments on a schedule kept here, or the lender's `unpaid since`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The repayment of a loan on a day.

    `covered` has what is paid of each instalment, if arrears are counted from a schedule; otherwise it is empty, and amounts
    are not known (`amount_known`). `left` is the sum of what is not paid yet.
    """

    as_of: date
    basis: Basis
    schedule: RepaymentSchedule | None
    instalments: tuple[Instalment, ...] = field(repr=False)
    covered: tuple[Covered, ...] = field(repr=False)
    payments: tuple[Payment, ...] = field(repr=False)
    pauses: tuple[RepaymentPause, ...] = field(repr=False)
    arrears: Arrears
    scale: Scale

    @property
    def bucket(self) -> Bucket:
        """Return the bucket of the days past due."""
        return self.scale.bucket(self.arrears.days)

    @property
    def amount_known(self) -> bool:
        """Return whether what is past due is known as an amount."""
        return self.basis == "schedule"

    @property
    def next(self) -> Covered | None:
        """Return the oldest instalment that is not fully paid."""
        return arrears.next_unpaid(self.covered)

    @property
    def left(self) -> Decimal:
        """Return what is not paid of all instalments."""
        return sum((row.left for row in self.covered), Decimal(0))

    @property
    def pause(self) -> RepaymentPause | None:
        """Return the pause of that day, if there is one."""
        return next((row for row in self.pauses if row.starts_on <= self.as_of < row.ends_on), None)


async def standing(desk: Desk, loan: Loan, as_of: date | None = None) -> Standing:
    """Return the repayment of a loan as of a day, today if none is given."""
    return (await standings(desk, [loan], as_of))[loan.id]


async def standings(desk: Desk, rows: Sequence[Loan], as_of: date | None = None) -> dict[UUID, Standing]:
    """Return the repayment of each of these loans as of a day, today if none is given."""
    kept = [loan.id for loan in rows if loan.next_instalment_on is not None]
    paused = [loan.id for loan in rows if loan.paused_from is not None]
    return await _read(desk, rows, as_of or desk.workspace_today, kept, paused)


async def full_standing(desk: Desk, loan: Loan) -> Standing:
    """Return the repayment of a loan as of today, with a schedule from which no arrears are counted, if it has one."""
    found = await _read(desk, [loan], desk.workspace_today, [loan.id], [loan.id])
    return found[loan.id]


async def _read(
    desk: Desk, rows: Sequence[Loan], day: date, kept: Collection[UUID], paused: Collection[UUID]
) -> dict[UUID, Standing]:
    session = desk.session
    schedules = await repayment.schedules_of(session, kept) if kept else {}
    instalments = await repayment.instalments_of(session, [row.id for row in schedules.values()]) if schedules else {}
    payments = await repayment.payments_of(session, kept) if kept else {}
    pauses = await repayment.pauses_of(session, paused) if paused else {}
    found: dict[UUID, Standing] = {}
    for loan in rows:
        schedule = schedules.get(loan.id)
        found[loan.id] = _standing(
            loan,
            day,
            schedule,
            instalments.get(schedule.id, ()) if schedule else (),
            payments.get(loan.id, ()),
            pauses.get(loan.id, ()),
            scale_of(desk),
        )
    return found


def _standing(
    loan: Loan,
    day: date,
    schedule: RepaymentSchedule | None,
    rows: Sequence[Instalment],
    payments: Sequence[Payment],
    pauses: Sequence[RepaymentPause],
    scale: Scale,
) -> Standing:
    out = [Pause(row.starts_on, row.ends_on) for row in pauses]
    if schedule is not None and schedule.counts:
        paid = sum((row.amount for row in payments if row.paid_on <= day), Decimal(0))
        covered = arrears.cover(rows, paid, settled_through=schedule.settled_through)
        past_due = arrears.arrears(covered, day, grace_days=schedule.grace_days, pauses=out)
    else:
        covered = ()
        past_due = _as_the_lender_says(loan, day, out)
    return Standing(
        as_of=day,
        basis="schedule" if schedule is not None and schedule.counts else "lender",
        schedule=schedule,
        instalments=tuple(rows),
        covered=covered,
        payments=tuple(payments),
        pauses=tuple(pauses),
        arrears=past_due,
        scale=scale,
    )


def _as_the_lender_says(loan: Loan, day: date, pauses: Sequence[Pause]) -> Arrears:
    if loan.unpaid_since is None:
        return Arrears(None, 0, Decimal(0), 0)
    days = max(arrears.days_past_due(loan.unpaid_since, day, pauses=pauses), 0)
    return Arrears(loan.unpaid_since if days else None, days, Decimal(0), 0)


async def refresh(desk: Desk, loan: Loan) -> Standing:
    """Set what of a locked loan follows from its schedule, payments and pauses, and return its repayment."""
    await desk.session.flush()
    now = await full_standing(desk, loan)
    following = now.next
    loan.next_instalment_on = (following.due_on if following else ALL_PAID) if now.amount_known else None
    current = next((row for row in now.pauses if row.ends_on > now.as_of), None)
    loan.paused_from, loan.paused_until = (current.starts_on, current.ends_on) if current else (None, None)
    if current is None and now.pauses:  # over, and still taken from the days past due
        loan.paused_from = loan.paused_until = now.pauses[-1].ends_on
    desk.add(loan)
    return now


@recomputes_after(Payment, RepaymentSchedule, RepaymentPause)
async def refresh_after_undo(desk: Desk, rows: Sequence[Payment | RepaymentSchedule | RepaymentPause]) -> None:
    """Set what follows from rows that an Undo restored."""
    found = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    for loan in found.values():
        await refresh(desk, loan)


@dataclass(frozen=True, slots=True)
class LastPromise:
    """The last promise of a borrower. `state` is open, kept, partly_kept, broken, or replaced by a later one."""

    amount: Decimal | None = field(repr=False)
    due_on: date
    state: str


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """How many promises of a borrower were kept, and how many were not, in part or at all."""

    kept: int
    broken: int


@dataclass(frozen=True, slots=True)
class RepaymentSummary:
    """What a card and a list show of a loan's repayment.

    `source` says where its schedule comes from, `next` is the oldest instalment that is not fully paid, `all_paid` is whether
    none is left. `past_due` is None where the amount is not known. `paused` is the kind of the present pause, `paused_until` its
    end. `promise` is the last one that was asked for, `counts` counts those that were settled.
    """

    basis: Basis
    source: str | None
    next: Covered | None
    all_paid: bool
    days: int
    bucket: Bucket
    past_due: Decimal | None = field(repr=False)
    instalments_past_due: int
    grace_days: int
    paused: str | None
    paused_until: date | None
    promise: LastPromise | None
    counts: PromiseCounts


async def summary(desk: Desk, loan: Loan, *, promises: bool) -> RepaymentSummary:
    """Return the repayment of a loan today; with `promises`, its last promise too."""
    made = (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, []) if promises else []
    return summarised(await standing(desk, loan), made)


def summarised(now: Standing, promises: Sequence[Promise]) -> RepaymentSummary:
    """Return what is shown of it, with these promises of the loan, the oldest first."""
    pause = now.pause
    return RepaymentSummary(
        basis=now.basis,
        source=now.schedule.source if now.schedule else None,
        next=now.next,
        all_paid=now.amount_known and now.next is None,
        days=now.arrears.days,
        bucket=now.bucket,
        past_due=now.arrears.amount if now.amount_known else None,
        instalments_past_due=now.arrears.instalments,
        grace_days=now.schedule.grace_days if now.schedule else 0,
        paused=pause.kind if pause else None,
        paused_until=pause.ends_on if pause else None,
        promise=last_promise(promises),
        counts=promise_counts(promises),
    )


def last_promise(rows: Sequence[Promise]) -> LastPromise | None:
    """Return the last of a loan's promises."""
    return LastPromise(rows[-1].amount, rows[-1].due_on, rows[-1].state) if rows else None


def promise_counts(rows: Sequence[Promise]) -> PromiseCounts:
    """Return how many of a loan's promises were kept, and how many were not. One that another replaced counts nowhere."""
    states = [row.state for row in rows]
    return PromiseCounts(states.count("kept"), states.count("broken") + states.count("partly_kept"))
