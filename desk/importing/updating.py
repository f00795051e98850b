"""Bring a loan that the desk has to what the lender's file says, without taking back what was corrected at the desk."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.terms import TermName, TermValue, value_text
from desk.core.transaction import Desk
from desk.follow_ups import rule_plans
from desk.follow_ups.appointments import hand_over_appointments
from desk.follow_ups.collection_steps import hand_over_steps, stop_steps
from desk.follow_ups.ownerless import escalate_ownerless, revise_ownerless
from desk.handover import moves
from desk.importing.comparing import LastSaid, Verdict, as_text, weigh
from desk.importing.rows import ImportRow
from desk.importing.term_cells import term_name
from desk.loans import borrowers, stages
from desk.loans.borrowers import Contact
from desk.loans.corrections import record_correction
from desk.loans.term_rows import values_of, write
from desk.rules.stages import weigh_imported_stage
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.importing.imports import StoredValues
from storage.tables import Borrower, FollowUp, Loan, LoanTerms, Member, Vehicle

_TERMS = ("amount", "due_day", "autopay", "unpaid_since")
"""The columns that are values of the loan itself."""

PLANNED_BY = frozenset({"due_day", "autopay", "unpaid_since", "first_due"})
"""The columns on which the calls about instalments depend."""


_REMARKS: Mapping[Verdict, str] = {"keep": "kept", "replace": "replaced"}
"""What is remarked of a verdict."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A loan that a row is about, and what earlier files said of it. `values` is None if none is known."""

    loan: Loan
    borrower: Borrower
    contact: Contact
    values: StoredValues | None
    said: LastSaid


@dataclass(frozen=True, slots=True)
class Remark:
    """What people should know of a row that was imported. `number` is the loan's at the desk, `heading` the file's word for
    the column."""

    line: int
    number: str
    code: str
    column: str
    heading: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


def remark(row: ImportRow, number: str, code: str, column: str, **params: Any) -> Remark:
    """Return a remark about a column of a row."""
    return Remark(row.line, number, code, column, row.headings.get(column, column), params)


@dataclass(slots=True)
class PlanCounts:
    """How many follow-ups a file planned, closed, and gave to a loan's new owner."""

    planned: int = 0
    closed: int = 0
    passed_on: int = 0


@dataclass(slots=True)
class Update:
    """A row on its way into a loan: `columns` are those that changed, `remarks` what people should know, `lacking` what the loan
    should have had for the stage that it got; `plans` counts for the whole batch.

    `wrong` has since when a new phone is marked as wrong, and
    `calls` the loan's calls about instalments, if they were read for the whole batch.
    """

    known: Matched
    row: ImportRow
    owner: Member | None
    plans: PlanCounts
    wrong: Mapping[str, datetime] = field(repr=False)
    calls: Sequence[FollowUp] | None = field(default=None, repr=False)
    columns: set[str] = field(default_factory=set[str])
    remarks: list[Remark] = field(default_factory=list[Remark])
    lacking: list[Remark] = field(default_factory=list[Remark])

    def takes(self, column: str, present: object, new: object) -> bool:
        """Return whether the loan gets the file's value of that column; remark a correction that it meets."""
        if column not in self.row.given:
            return False
        verdict = weigh(column, present, new, self.known.said)
        code = _REMARKS.get(verdict)
        if code:
            self.remark(code, column, present=as_text(present), new=as_text(new))
        if verdict not in ("take", "replace"):
            return False
        self.columns.add(column)
        return True

    def remark(self, code: str, column: str, **params: Any) -> None:
        """Add a remark about a column."""
        self.remarks.append(remark(self.row, self.known.loan.number, code, column, **params))


async def update_loan(desk: Desk, update: Update) -> None:
    """Give a locked loan what the file says. The caller has a borrower with another name or phone indexed again."""
    loan, row = update.known.loan, update.row
    loan.demo_at = None
    await _update_contact(desk, update)
    terms = {column: getattr(row, column) for column in _TERMS}
    taken = {column: value for column, value in terms.items() if update.takes(column, getattr(loan, column), value)}
    if taken:
        track(desk, loan)
        for column, value in taken.items():
            setattr(loan, column, value)
    if "unpaid_since" in taken and taken["unpaid_since"] is None:
        await stop_steps(desk, loan, "payment")
    await _update_owner(desk, update)
    await _update_stage(desk, update)
    if "stage" not in update.columns and PLANNED_BY & update.columns:
        replanned = await rule_plans.replan_instalment(desk, loan, update.calls)
        update.plans.planned += len(replanned.planned)
        update.plans.closed += replanned.cancelled


def take_terms(desk: Desk, update: Update, terms: LoanTerms | None, vehicle: Vehicle | None) -> None:
    """Give a locked loan what the file says of its terms and its vehicle."""
    loan = update.known.loan
    present = values_of(desk, loan, terms, vehicle)
    taken: dict[TermName, TermValue | None] = {}
    for column, value in update.row.terms.items():
        name = term_name(column)
        if update.takes(column, value_text(present.get(name)), value_text(value)):
            taken[name] = value
    write(desk, loan, terms, vehicle, taken)
    for name in taken:
        record_correction(desk, loan, name, value_text(present.get(name)))


async def _update_contact(desk: Desk, update: Update) -> None:
    known, row = update.known.contact, update.row
    name = row.name if update.takes("name", known.name, row.name) else None
    phone = row.phone if update.takes("phone", known.phone, row.phone) else None
    if name is not None or phone is not None:
        await borrowers.rewrite(desk, update.known.borrower, name=name, phone=phone, wrong=update.wrong)
    if name is not None:
        record_correction(desk, update.known.loan, "name", known.name)
    if phone is not None:
        record_correction(desk, update.known.loan, "phone", known.phone)


async def _update_owner(desk: Desk, update: Update) -> None:
    loan, owner = update.known.loan, update.owner
    if owner is None or owner.id == loan.owner_id:
        return
    outgoing = await desk.session.get_one(Member, loan.owner_id) if loan.owner_id is not None else None
    at_desk = outgoing is not None and outgoing.removed_at is None
    if at_desk and loan.owner_set_at is not None:
        if update.known.said.values.get("owner") != update.row.owner.casefold():
            update.remark("owner_kept", "owner", new=update.row.owner)
        return
    if outgoing is not None:
        held = await holdings.open_of_loan_held_by(desk.session, loan.id, outgoing.id)
        await moves.hand_over(desk, [], held, outgoing, owner, why="", batch=new_id())
        await hand_over_appointments(desk, [loan.id], outgoing, owner)
        await hand_over_steps(desk, [loan], outgoing, owner)
        update.plans.passed_on += len(held)
    else:
        waiting = await moves.calls_for_an_owner(desk, [loan])
        await moves.hand_over(desk, [], waiting, None, owner, why="", batch=new_id())
        update.plans.passed_on += len(waiting)
    track(desk, loan)
    loan.owner_id, loan.owner_set_at = owner.id, None
    if outgoing is None:
        await revise_ownerless(desk, [loan])
    update.columns.add("owner_id")


async def _update_stage(desk: Desk, update: Update) -> None:
    loan, new = update.known.loan, update.row.stage
    if "stage" not in update.row.given:
        return
    present = loan.stage
    last = update.known.said.values.get("stage")
    decision = weigh_imported_stage(present, new, last=last, typed=loan.stage_set_at is not None)
    if decision == "same":
        return
    if decision == "keep":
        update.remark("stage_kept", "stage", present=present, new=new)
        return
    if decision == "back":
        update.remark("stage_back", "stage", present=present, new=new)
    update.columns.add("stage")
    entered = await stages.enter_by_import(desk, loan, new)
    update.plans.planned += entered.planned
    update.plans.closed += entered.closed
    for need in entered.lacking:
        values = {"stage": new, "codes": need.codes}
        update.lacking.append(remark(update.row, loan.number, f"lacks_{need.kind}", "stage", **values))
    if entered.owner_left is not None:
        update.remark("owner_left", "owner", name=entered.owner_left.name)
        await escalate_ownerless(desk, loan, entered.owner_left)
