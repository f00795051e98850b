"""The loans of a batch of payments or schedules: what is known of their repayment, and what follows when a file changes it.

What `desk.repayment` does for one loan is done here for many: read by set, computed in memory, written at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.permissions import SERVICE
from desk.core.transaction import Desk
from desk.follow_ups import lifecycle, rule_plans
from desk.follow_ups.first_plans import FirstPlans
from desk.follow_ups.instalment_calls import Facts, calls_required, is_obsolete, last_unkept
from desk.people.members import stand_ins_for, today_of
from desk.repayment import promises
from desk.repayment.payments import Source, is_over
from desk.rules import arrears
from desk.rules.arrears import Covered, Pause
from desk.rules.instalments import ALL_PAID
from storage.engine import bulk
from storage.queries.importing import money
from storage.queries.people import members
from storage.queries.repayment import repayment
from storage.tables import AuditEntry, FollowUp, Instalment, Loan, Payment, Promise, RepaymentSchedule

_LOOKS_BACK = timedelta(days=400)
"""How long ago a call may have been planned that still counts for an instalment."""


@dataclass(slots=True)
class Account:
    """A locked loan with its schedule, payments (reversed ones too), promises and calls about instalments."""

    loan: Loan
    schedule: RepaymentSchedule | None
    instalments: Sequence[arrears.Instalment] = field(repr=False)
    payments: list[Payment] = field(repr=False)
    made: list[Promise] = field(repr=False)
    calls: list[FollowUp] = field(repr=False)
    pauses: tuple[Pause, ...] = ()
    new: list[Payment] = field(default_factory=list[Payment], repr=False)

    @property
    def counts(self) -> bool:
        """Return whether arrears are counted from the payments."""
        return self.schedule is not None and self.schedule.counts

    @property
    def grace_days(self) -> int:
        """Return the days of grace of the schedule."""
        return self.schedule.grace_days if self.schedule is not None else 0

    @property
    def present(self) -> list[Payment]:
        """Return the payments that were not reversed."""
        return [row for row in self.payments if row.reversed_at is None]

    def covered(self) -> tuple[Covered, ...]:
        """Return what is paid of each instalment; nothing where payments are not counted."""
        if self.schedule is None or not self.counts:
            return ()
        paid = sum((row.amount for row in self.present), Decimal(0))
        return arrears.cover(self.instalments, paid, settled_through=self.schedule.settled_through)

    def settled_on(self) -> date | None:
        """Return the due date of the last instalment that was paid before the desk kept payments."""
        until = self.schedule.settled_through if self.schedule is not None else None
        return max((row.due_on for row in self.instalments if until is not None and row.due_on <= until), default=None)

    def left(self) -> Decimal | None:
        """Return what is not paid of all instalments; None where payments are not counted."""
        if self.schedule is None or not self.counts:
            return None
        until = self.schedule.settled_through
        owed = sum((row.amount for row in self.instalments if until is None or row.due_on > until), Decimal(0))
        return max(owed - sum((row.amount for row in self.present), Decimal(0)), Decimal(0))


@dataclass(slots=True)
class Followed:
    """What followed from a file: calls planned, closed, and those that a payment ended, by who holds them."""

    planned: int = 0
    closed: int = 0
    ended: defaultdict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict[UUID, list[UUID]](list))

    def add(self, batch: "Followed") -> None:
        """Add what followed from a batch; who held the calls that it ended has been told."""
        self.planned += batch.planned
        self.closed += batch.closed


class Accounts:
    """The loans of one transaction. Nothing but changes of rows that were read is written before `write`."""

    def __init__(self, desk: Desk, followed: Followed) -> None:
        self._desk, self._followed = desk, followed
        self.by_id = desk.actor.id if desk.actor else None
        self.source: Source = "api" if desk.actor is not None and desk.actor.kind == SERVICE else "import"
        self._by_key: Mapping[str, Loan] = {}
        self._accounts: dict[UUID, Account] = {}
        self._plans: list[dict[str, Any]] = []
        self._audited: list[tuple[UUID, str, UUID, Mapping[str, Any]]] = []
        self._ended: list[FollowUp] = []
        self._settled: list[Promise] = []
        self._schedules: list[dict[str, Any]] = []
        self._instalments: list[dict[str, Any]] = []

    async def read(self, keys: Collection[str]) -> None:
        """Read and lock the loans with these numbers, as they are compared, and all that counts for their repayment."""
        desk, session = self._desk, self._desk.session
        self._by_key = await money.locked_loans(session, desk.workspace.id, keys)
        loans = {loan.id: loan for loan in self._by_key.values()}
        if not loans:
            return
        schedules = await repayment.schedules_of(session, loans)
        instalments = await money.instalments_of(session, [row.id for row in schedules.values()])
        payments = await money.payments_of(session, loans)
        made = await repayment.promises_of(session, loans)
        calls = await money.calls_about_instalments(session, loans, desk.now - _LOOKS_BACK)
        paused = [loan.id for loan in loans.values() if loan.paused_from is not None]
        pauses = await repayment.pauses_of(session, paused) if paused else {}
        owners = await members.by_ids(session, {loan.owner_id for loan in loans.values() if loan.owner_id})
        self._first_plans = FirstPlans(desk, owners.values())
        for loan in loans.values():
            schedule = schedules.get(loan.id)
            rows = instalments.get(schedule.id, ()) if schedule else ()
            self._accounts[loan.id] = Account(
                loan,
                schedule,
                rows,
                payments.get(loan.id, []),
                made.get(loan.id, []),
                calls.get(loan.id, []),
                tuple(Pause(row.starts_on, row.ends_on) for row in pauses.get(loan.id, ())),
            )

    def get(self, key: str) -> Account | None:
        """Return the loan with that number."""
        loan = self._by_key.get(key)
        return self._accounts[loan.id] if loan is not None else None

    async def follow(self, account: Account, before: Sequence[Covered]) -> None:
        """Do what follows when payments or the schedule of a loan were changed: settle its promises, close the calls that are
        over, and plan the next. `before` is what was paid of its instalments."""
        desk, loan, now = self._desk, account.loan, account.covered()
        following = arrears.next_unpaid(now)
        left = {row.due_on for row in before if row.left}
        settled = any(not row.left and row.due_on in left for row in now)
        since = account.schedule.at if account.schedule is not None else None
        made = [row for row in account.made if since is None or row.at >= since]
        settled_promises = promises.settle(desk, made, account.present)
        self._settled += settled_promises
        kept = promises.kept_of(settled_promises, account.made)
        for row in account.calls:
            if row.state != "open":
                continue
            over = is_over(row, following, is_settled=settled, kept=kept) if account.counts else kept.ends(row)
            if over:
                lifecycle.close(desk, row, "done")
                self._ended.append(row)
        if account.counts:
            loan.next_instalment_on = following.due_on if following else ALL_PAID
            desk.add(loan)
            await self._replan(account, following)

    async def _replan(self, account: Account, following: Covered | None) -> None:
        desk, loan, calls = self._desk, account.loan, account.calls
        unkept_on = last_unkept(desk, account.made)
        facts = Facts(_first(desk, account, following), account.grace_days, account.pauses, unkept_on)
        required = calls_required(desk, loan, calls, facts)
        for row in calls:
            if is_obsolete(desk, loan, row, required, facts):
                rule_plans.cancel(desk, row)
                self._followed.closed += 1
        plans = await self._first_plans.values_of(loan, required, calls)
        self._followed.planned += len(plans)
        self._plans += plans

    def give_schedule(self, account: Account, rows: Sequence[Instalment], schedule: RepaymentSchedule) -> None:
        """Replace the schedule of a loan."""
        if account.schedule is not None:
            track(self._desk, account.schedule).replaced_at = self._desk.now
        account.schedule, account.instalments = schedule, rows
        names = ("id", "loan_id", "source", "counts", "grace_days", "settled_through", "by_id", "at")
        self._schedules.append({name: getattr(schedule, name) for name in names})
        names = ("id", "loan_id", "schedule_id", "number", "due_on", "amount", "principal", "interest")
        self._instalments += ({name: getattr(row, name) for name in names} for row in rows)
        self.audit(account, "schedule", schedule.id, source=schedule.source, rows=len(rows))

    def audit(self, account: Account, act: str, subject_id: UUID, **details: Any) -> None:
        """Record what the file did to a loan."""
        self._audited.append((account.loan.id, act, subject_id, details))

    async def write(self) -> None:
        """Write what is new, all at once, and note whom to tell of calls that were ended."""
        desk, session = self._desk, self._desk.session
        shared = {"workspace_id": desk.workspace.id}
        await bulk.insert(session, RepaymentSchedule, bulk.by_column(self._schedules), shared)
        await bulk.insert(session, Instalment, bulk.by_column(self._instalments), shared)
        await self._write_payments(row for account in self._accounts.values() for row in account.new)
        await bulk.insert(session, FollowUp, bulk.by_column(self._plans))
        columns = {
            "loan_id": [each[0] for each in self._audited],
            "act": [each[1] for each in self._audited],
            "subject_id": [each[2] for each in self._audited],
            "details": [each[3] for each in self._audited],
        }
        await bulk.insert(session, AuditEntry, columns, {**shared, "at": desk.now, "actor_id": self.by_id})
        await promises.report_broken(desk, self._settled)
        await self._note_readers()

    async def _write_payments(self, rows: Iterable[Payment]) -> None:
        names = (
            *("id", "loan_id", "paid_on", "amount", "source", "by_id"),
            *("reference", "reversal_reference", "reversed_at", "reversed_by_id"),
        )
        values = [{name: getattr(row, name) for name in names} for row in rows]
        shared = {"workspace_id": self._desk.workspace.id, "at": self._desk.now}
        await bulk.insert(self._desk.session, Payment, bulk.by_column(values), shared)

    async def _note_readers(self) -> None:
        desk = self._desk
        assignees = await members.by_ids(desk.session, {row.assignee_id for row in self._ended})
        stand_ins = await stand_ins_for(desk, assignees.values())
        acting = {key: stand_ins.acting(each, today_of(desk, each)) for key, each in assignees.items()}
        for row in self._ended:
            self._followed.ended[acting[row.assignee_id].id].append(row.id)
        self._followed.closed += len(self._ended)


def _first(desk: Desk, account: Account, following: Covered | None) -> date | None:
    """Return the first instalment of a loan, if that is the next and no call was about one before it."""
    first = account.instalments[0].due_on if account.instalments else None
    if first is None or following is None or following.due_on != first or first < desk.workspace_today:
        return None
    earlier = any(row.instalment_on < first for row in account.calls if row.instalment_on is not None)
    return None if earlier else first
