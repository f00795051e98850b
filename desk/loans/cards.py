"""A loan's card: all that somebody needs before they call. Ephemeral: it shows the name in full, the phone on demand."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.documents.views import ItemView, item_views
from desk.follow_ups.lifecycle import note_of
from desk.loans import borrowers, lookup
from desk.loans.borrowers import readable
from desk.loans.notes import PastNote, past_notes
from desk.loans.views import FollowUpView, LoanView, follow_up_views, loan_view
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import notes
from storage.queries.loans.loans import stage_changes
from storage.queries.people import members
from storage.tables import Call, Loan, StageChange

FOLLOW_UPS, CALLS, NOTES, DOCUMENTS, STAGES = 5, 5, 3, 10, 3
"""How many of each the card shows."""

PAGE = 10
"""Follow-ups of one page, where they have one to themselves."""


@dataclass(frozen=True, slots=True)
class DueCall:
    """A follow-up with what was noted for it."""

    follow_up: FollowUpView
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that was logged, by whom (Slack id)."""

    at: datetime
    caller: str
    outcome: str
    purpose: str | None
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PastStage:
    """When and why the loan came to a stage; `by` is a Slack id, None for the desk or a file."""

    at: datetime
    stage: str
    by: str | None
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoanCard:
    """A loan as it stands. The `more_…` count what is not shown."""

    loan: LoanView
    name: str = field(repr=False)
    phone_is_wrong: bool
    stage_since: datetime
    amount: Decimal | None
    currency: str
    due_day: int | None
    autopay: bool
    paid_through: date | None
    unpaid_since: date | None
    due: tuple[DueCall, ...]
    more_due: int
    calls: tuple[PastCall, ...]
    more_calls: int
    notes: tuple[PastNote, ...]
    more_notes: int
    documents: tuple[ItemView, ...]
    more_documents: int
    stages: tuple[PastStage, ...]


@dataclass(frozen=True, slots=True)
class PlannedCalls:
    """One page of what is planned on a loan, most urgent first; `more` follow behind it."""

    loan: LoanView
    name: str = field(repr=False)
    due: tuple[DueCall, ...]
    offset: int
    more: int


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A borrower's phone number, as people read it and as a phone dials it (E.164)."""

    loan: LoanView
    name: str = field(repr=False)
    phone: str = field(repr=False)
    dialled: str = field(repr=False)
    is_wrong: bool


async def card(desk: Desk, loan: LoanRef) -> LoanCard:
    """The card of the loan that is meant. Raises whatever names no one loan."""
    return await _card(desk, (await lookup.resolve(desk, loan)).loan)


async def card_pressed(desk: Desk, loan_id: UUID) -> LoanCard:
    """The card behind a button. Raises NotFound (`unknown_loan_pressed`)."""
    return await _card(desk, await lookup.pressed(desk, loan_id))


async def planned_pressed(desk: Desk, loan_id: UUID, *, offset: int = 0) -> PlannedCalls:
    """A page of what is planned on the loan of a button. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.pressed(desk, loan_id)
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    shown = rows[offset : offset + PAGE]
    views = await follow_up_views(desk, loan, shown)
    return PlannedCalls(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        due=tuple(DueCall(view, note_of(desk, row)) for view, row in zip(views, shown, strict=True)),
        offset=offset,
        more=len(rows) - offset - len(shown),
    )


async def show_number(desk: Desk, loan_id: UUID) -> ShownNumber:
    """The borrower's number; that it was looked at is written down. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.pressed(desk, loan_id)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    desk.audit("show_number", loan_id=loan.id)
    return ShownNumber(
        loan=await loan_view(desk, loan),
        name=contact.name,
        phone=readable(contact.phone),
        dialled=contact.phone,
        is_wrong=contact.phone_is_wrong,
    )


async def _card(desk: Desk, loan: Loan) -> LoanCard:
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    open_ones = await follow_ups.open_of_loan(desk.session, loan.id)
    views = await follow_up_views(desk, loan, open_ones[:FOLLOW_UPS])
    past = await calls.last_of_loan(desk.session, loan.id, limit=CALLS)
    logged = len(past) if len(past) < CALLS else await calls.count_of_loan(desk.session, loan.id)
    noted = await past_notes(desk, loan.id, limit=NOTES)
    written = len(noted) if len(noted) < NOTES else await notes.count_of_loan(desk.session, loan.id)
    asked = await documents.open_with_requests(desk.session, loan.id)
    return LoanCard(
        loan=await loan_view(desk, loan),
        name=contact.name,
        phone_is_wrong=contact.phone_is_wrong,
        stage_since=loan.stage_since,
        amount=loan.amount,
        currency=loan.currency,
        due_day=loan.due_day,
        autopay=loan.autopay,
        paid_through=loan.paid_through,
        unpaid_since=loan.unpaid_since,
        due=tuple(DueCall(view, note_of(desk, row)) for view, row in zip(views, open_ones, strict=False)),
        more_due=len(open_ones) - len(views),
        calls=await _past_calls(desk, past),
        more_calls=logged - len(past),
        notes=noted,
        more_notes=written - len(noted),
        documents=await item_views(desk, asked[:DOCUMENTS]),
        more_documents=max(len(asked) - DOCUMENTS, 0),
        stages=await _past_stages(desk, await stage_changes(desk.session, loan.id, limit=STAGES)),
    )


async def _past_calls(desk: Desk, rows: list[Call]) -> tuple[PastCall, ...]:
    people = await members.by_ids(desk.session, {row.caller_id for row in rows})
    return tuple(
        PastCall(
            at=row.at,
            caller=people[row.caller_id].slack_user_id,
            outcome=row.outcome,
            purpose=row.purpose,
            note=desk.cipher.decrypt(Call.note_cipher, row),
        )
        for row in rows
    )


async def _past_stages(desk: Desk, rows: list[StageChange]) -> tuple[PastStage, ...]:
    people = await members.by_ids(desk.session, {row.by_id for row in rows if row.by_id})
    return tuple(
        PastStage(
            at=row.at,
            stage=row.to_stage,
            by=people[row.by_id].slack_user_id if row.by_id else None,
            reason=desk.cipher.decrypt(StageChange.reason_cipher, row),
        )
        for row in rows
    )
