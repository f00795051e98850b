"""Import the lender's schedules: the instalments of each loan, all of them or none."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, DeskError
from desk.core.transaction import Desk
from desk.core.values import GivenInstalment
from desk.core.vocabulary import VOCABULARY
from desk.importing.accounts import Account, Accounts, Followed
from desk.importing.money_rows import InstalmentRow, by_loan
from desk.importing.results import RefusedRow
from desk.importing.taken_rows import TakenRow, TakenRows
from desk.repayment.schedules import check_given
from storage.engine.types import new_id
from storage.tables import Instalment, RepaymentSchedule

ScheduleEffect = Literal["new", "replaced", "same"]
"""What became of the schedule of a loan."""


@dataclass(slots=True)
class SchedulesResult:
    """The result of a file of schedules, or of a batch: loans by effect, how many instalments and their sums by currency were
    taken, refused rows, what followed."""

    effects: Counter[ScheduleEffect] = field(default_factory=Counter["ScheduleEffect"])
    instalments: int = 0
    sums: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict[str, Decimal](Decimal), repr=False)
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])
    followed: Followed = field(default_factory=Followed)
    taken: list[TakenRow] = field(default_factory=list[TakenRow])
    tried: TakenRows = field(default_factory=TakenRows)

    def add(self, batch: "SchedulesResult") -> None:
        """Add what a batch did."""
        self.effects += batch.effects
        self.instalments += batch.instalments
        self.refused += batch.refused
        self.followed.add(batch.followed)
        for currency, total in batch.sums.items():
            self.sums[currency] += total


async def import_schedules(desk: Desk, rows: Sequence[InstalmentRow], result: SchedulesResult) -> None:
    """Give the loans of a batch from `batches_of` their schedules, and add to the result what became of them.

    A new schedule replaces the one before and keeps its days of grace. What is paid already is told by the payments at the desk,
    if there are any, else by the column for it, else by the lender's `unpaid since`; without any of these, what fell due is
    paid.
    """
    accounts = Accounts(desk, result.followed)
    rows_of = by_loan(rows)
    await accounts.read(rows_of)
    for key, found in rows_of.items():
        account = accounts.get(key)
        refused = _faults(account, found)
        if account is None or refused:
            result.refused += _all_refused(found, refused)
            continue
        if _is_the_same(account, found):
            result.effects["same"] += 1
            continue
        effect: ScheduleEffect = "replaced" if account.schedule is not None else "new"
        result.effects[effect] += 1
        result.taken += (TakenRow(row.line, row.number, effect) for row in found)
        result.instalments += len(found)
        result.sums[account.loan.currency] += sum((row.amount or Decimal(0) for row in found), Decimal(0))
        schedule = _schedule(desk, account, found)
        accounts.give_schedule(account, _instalments(desk, schedule, found), schedule)
        await accounts.follow(account, ())
    await accounts.write()


def _faults(account: Account | None, rows: Sequence[InstalmentRow]) -> dict[int, tuple[DeskError, ...]]:
    """Return what is wrong with rows of a loan, by their lines."""
    if account is None:
        return {row.line: (*row.faults, row.fault("import_loan_unknown", "number", given=row.number)) for row in rows}
    loan = account.loan
    found: dict[int, tuple[DeskError, ...]] = {row.line: row.faults for row in rows if row.faults}
    for row in rows:
        if row.currency is not None and row.currency != loan.currency:
            fault = row.fault("amount_currency", "currency", loan=loan.number, currency=loan.currency)
            found[row.line] = (*found.get(row.line, ()), fault)
    if found:
        return found
    try:
        if VOCABULARY.stage(loan.stage).ended:
            raise Conflict("loan_ended", loan=loan.number, stage=loan.stage)
        check_given(loan, _given(rows))
    except DeskError as error:
        return {error.params.get("line", rows[0].line): (error,)}
    return {}


def _all_refused(rows: Sequence[InstalmentRow], faults: dict[int, tuple[DeskError, ...]]) -> list[RefusedRow]:
    """Return the rows of a loan as refused: those with a fault of their own, and the others because of them."""
    lines = tuple(sorted(faults))
    return [
        RefusedRow(row.line, faults.get(row.line) or (row.fault("import_schedule_rest", "number", lines=lines),))
        for row in rows
    ]


def _given(rows: Sequence[InstalmentRow]) -> list[GivenInstalment]:
    return [
        GivenInstalment(row.line, row.due_on or date.min, row.amount or Decimal(0), row.principal, row.interest)
        for row in rows
    ]


def _is_the_same(account: Account, rows: Sequence[InstalmentRow]) -> bool:
    there = account.schedule
    if there is None or there.source != "lender" or len(account.instalments) != len(rows):
        return False
    return all(
        (one.due_on, one.amount) == (row.due_on, row.amount) for one, row in zip(account.instalments, rows, strict=True)
    )


def _schedule(desk: Desk, account: Account, rows: Sequence[InstalmentRow]) -> RepaymentSchedule:
    before = account.schedule
    return RepaymentSchedule(
        id=new_id(),
        workspace_id=desk.workspace.id,
        loan_id=account.loan.id,
        source="lender",
        counts=before.counts if before is not None else True,
        grace_days=before.grace_days if before is not None else 0,
        settled_through=before.settled_through if before is not None else _settled(desk, account, rows),
        by_id=desk.actor.id if desk.actor else None,
        at=desk.now,
    )


def _settled(desk: Desk, account: Account, rows: Sequence[InstalmentRow]) -> date | None:
    """Return until when the first schedule of a loan is paid already."""
    if account.present:
        return None
    due = [row.due_on for row in rows if row.due_on is not None]
    if any(row.paid is not None for row in rows):
        unpaid = next((row.due_on for row in rows if not row.paid), None)
        return max((day for day in due if unpaid is None or day < unpaid), default=None)
    unpaid = account.loan.unpaid_since or desk.workspace_today
    return max((day for day in due if day < unpaid), default=None)


def _instalments(desk: Desk, schedule: RepaymentSchedule, rows: Sequence[InstalmentRow]) -> list[Instalment]:
    known = all(row.principal is not None and row.interest is not None for row in rows)
    return [
        Instalment(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=schedule.loan_id,
            schedule_id=schedule.id,
            number=number,
            due_on=row.due_on or date.min,
            amount=row.amount or Decimal(0),
            principal=row.principal if known else None,
            interest=row.interest if known else None,
        )
        for number, row in enumerate(rows, 1)
    ]
