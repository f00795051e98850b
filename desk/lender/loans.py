"""Loans as the lender's system reads and writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import allows, require
from desk.core.terms import TERM_FIELDS, TermName, value_text
from desk.core.transaction import Desk
from desk.lender.applying import Told, apply_rows
from desk.lender.refusals import RowRefused
from desk.lender.rows import Texts
from desk.loans import borrowers
from desk.loans.term_rows import values_of
from storage.engine.types import new_id
from storage.queries.importing import imports
from storage.queries.loans import loans, terms
from storage.queries.people import members
from storage.tables import Borrower, Loan, LoanTerms, Member, Vehicle


@dataclass(frozen=True, slots=True)
class BorrowerRecord:
    """A borrower. `masked`: name and phone are not shown in full, because the token has no right to personal data."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    masked: bool


@dataclass(frozen=True, slots=True)
class LoanRecord:
    """A loan. `owner` is a Slack id; `terms` has what is known of terms and vehicle as stored text, by field."""

    id: UUID
    number: str
    version: int
    stage: str
    stage_since: datetime
    owner: str | None
    owner_name: str | None
    amount: Decimal | None = field(repr=False)
    currency: str
    due_day: int | None
    autopay: bool
    unpaid_since: date | None
    paid_through: date | None
    next_instalment_on: date | None
    borrower: BorrowerRecord
    terms: Mapping[TermName, str] = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoanTaken:
    """What became of what the lender's system said of a loan."""

    effect: str
    remarks: tuple[Told, ...] = ()


async def read_loan(desk: Desk, number: str) -> LoanRecord:
    """Return the loan of that number: the desk's, or the one that the lender's system uses.

    Raises NotAllowed (`scope_missing`), NotFound (`import_loan_unknown`).
    """
    require(desk, "read_loans")
    loan = await find(desk, number)
    (record,) = await records_of(desk, [loan])
    return record


async def current(desk: Desk, number: str) -> LoanRecord | None:
    """Lock and return the loan of that number, if the acting member may change it. Return None if there is none."""
    require(desk, "report_loans")
    named = await imports.locked_by_numbers(desk.session, desk.workspace.id, [number])
    if not named:
        return None
    found = await loans.by_ids(desk.session, [named[0].loan_id])
    return (await records_of(desk, list(found.values())))[0]


async def records_of(desk: Desk, found: Sequence[Loan]) -> tuple[LoanRecord, ...]:
    """Return loans as the lender's system reads them. What they disclose of borrowers is recorded."""
    people = await members.by_ids(desk.session, {loan.owner_id for loan in found if loan.owner_id})
    known = {row.id: row for row in await loans.borrowers_by_ids(desk.session, {loan.borrower_id for loan in found})}
    details = await terms.of_loans(desk.session, {loan.id for loan in found})
    return tuple(
        _record(desk, loan, known[loan.borrower_id], people.get(loan.owner_id) if loan.owner_id else None, details)
        for loan in found
    )


def _record(
    desk: Desk,
    loan: Loan,
    borrower: Borrower,
    owner: Member | None,
    details: Mapping[UUID, tuple[LoanTerms | None, Vehicle | None]],
) -> LoanRecord:
    shown = values_of(desk, loan, *details[loan.id])
    in_full = sees_personal_data(desk)
    return LoanRecord(
        id=loan.id,
        number=loan.number,
        version=loan.version,
        stage=loan.stage,
        stage_since=loan.stage_since,
        owner=owner.slack_user_id if owner else None,
        owner_name=owner.name if owner else None,
        amount=loan.amount,
        currency=loan.currency,
        due_day=loan.due_day,
        autopay=loan.autopay,
        unpaid_since=loan.unpaid_since,
        paid_through=loan.paid_through,
        next_instalment_on=loan.next_instalment_on,
        borrower=borrower_record(desk, borrower),
        terms={
            name: value_text(value)
            for name, value in shown.items()
            if TERM_FIELDS[name].place != "loan" and (in_full or not TERM_FIELDS[name].personal)
        },
        created_at=loan.created_at,
    )


def borrower_record(desk: Desk, borrower: Borrower) -> BorrowerRecord:
    """Return a borrower's name and phone, in full to whom the right allows it."""
    contact = borrowers.contact(desk, borrower)
    if sees_personal_data(desk):
        return BorrowerRecord(contact.name, contact.phone, masked=False)
    return BorrowerRecord(contact.masked, f"…{contact.tail}", masked=True)


def sees_personal_data(desk: Desk) -> bool:
    """Return whether the token may read names, phone numbers, plates and the like in full."""
    return allows(desk.member, "read_personal_data")


async def put_loan(desk: Desk, number: str, texts: Texts) -> LoanTaken:
    """Create the loan of that number, or bring it to what the lender's system says, as a row of a file would.

    Raises NotAllowed (`scope_missing`), RowRefused with everything that is wrong.
    """
    require(desk, "report_loans")
    (outcome,) = await apply_rows(desk, "loan", [[{"number": number, **texts}]], new_id())
    if outcome.errors:
        raise RowRefused(outcome.errors)
    return LoanTaken(outcome.effect, outcome.remarks)


async def find(desk: Desk, number: str) -> Loan:
    """Return the loan of that number: the desk's, or the lender's. Raises NotFound (`import_loan_unknown`)."""
    loan = await loans.by_number(desk.session, desk.workspace.id, number)
    if loan is not None:
        return loan
    named = await imports.named(desk.session, desk.workspace.id, [number])
    if not named:
        raise NotFound("import_loan_unknown", given=number, column="number")
    return (await loans.by_ids(desk.session, [named[0].loan_id]))[named[0].loan_id]
