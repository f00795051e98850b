"""A loan's card: what a caller needs before a call. Ephemeral: it shows the full name, and the phone on request."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.dialling import Dialling, dialling_of
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents.listing import Items, to_bring
from desk.documents.names import DocumentName
from desk.documents.views import ItemView, item_views
from desk.follow_ups.appointments import AppointmentView, open_appointments
from desk.follow_ups.check_plans import product_or
from desk.follow_ups.collection_steps import StepView, steps_of
from desk.follow_ups.contact_gate import Held, held
from desk.follow_ups.contact_views import ContactView, contact_view
from desk.follow_ups.escalation_views import EscalationView, unresolved_on
from desk.follow_ups.lifecycle import note_of
from desk.follow_ups.promises import PROMISING
from desk.follow_ups.quiet_periods import Quiet, quiet_of
from desk.follow_ups.reservations import Taken, taken_of
from desk.follow_ups.standing import RepaymentSummary, summary
from desk.loans import borrowers, lookup
from desk.loans.holds import HoldView, holds_of
from desk.loans.notes import PastNote, past_notes
from desk.loans.related_views import RelatedView, people_of
from desk.loans.terms import TermsView
from desk.loans.terms import view as terms_view
from desk.loans.views import FollowUpView, LoanView, follow_up_views, loan_view, slack_ids
from desk.people.compliance import require_reveal
from desk.people.offers import Offers, offers_on
from desk.people.relations import may_act_on_each
from desk.rules.checks import PURPOSES, latest
from desk.rules.stages import BEFORE_PAYOUT
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import checks, follow_ups
from storage.queries.loans import notes
from storage.queries.loans.loans import stage_changes
from storage.queries.loans.terms import details_of
from storage.queries.people import members
from storage.tables import Call, Check, FollowUp, Loan, Reservation, StageChange

FOLLOW_UPS, CALLS, NOTES, DOCUMENTS, STAGES = 5, 5, 3, 10, 3
"""How many of each a card shows."""

_PROMISE = "promise"
_RESULTS = tuple(outcome.code for outcome in VOCABULARY.outcomes if outcome.result is not None)

PAGE = 10
"""Follow-ups per page of the tab for them."""


@dataclass(frozen=True, slots=True)
class DueCall:
    """A follow-up and its note. `may_act`: the reader may log, finish and move it, as far as that was asked."""

    follow_up: FollowUpView
    note: str = field(repr=False)
    may_act: bool = True


@dataclass(frozen=True, slots=True)
class PastCall:
    """A logged call. `caller` is a Slack id; `amount` was promised or paid, `share` says what such a payment covers.

    `asks` is the id of the reader's own call of which this has still to be said.
    """

    at: datetime
    caller: str
    outcome: str
    amount: Decimal | None
    share: str | None
    purpose: str | None
    note: str = field(repr=False)
    asks: UUID | None = None


@dataclass(frozen=True, slots=True)
class PastStage:
    """When and why the loan moved to a stage. `by` is a Slack id; None for the desk itself or an imported file."""

    at: datetime
    stage: str
    by: str | None
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckMark:
    """A check of the loan in short. `state` is confirmed, failed or, of one that is planned and was not made yet, open."""

    purpose: str
    state: str


@dataclass(frozen=True, slots=True)
class LoanCard:
    """A loan as it is now. Each `more_…` counts what the card leaves out; `quiet` says until when nothing is needed; `missing`
    are the documents that have to be brought, or requested."""

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
    repayment: RepaymentSummary
    terms: TermsView
    due: tuple[DueCall, ...]
    more_due: int
    calls: tuple[PastCall, ...]
    more_calls: int
    notes: tuple[PastNote, ...]
    more_notes: int
    appointments: tuple[AppointmentView, ...]
    quiet: Quiet | None
    documents: tuple[ItemView, ...]
    more_documents: int
    missing: tuple[DocumentName, ...]
    stages: tuple[PastStage, ...]
    offers: Offers
    checks: tuple[CheckMark, ...] = ()
    people: tuple[RelatedView, ...] = ()
    escalations: tuple[EscalationView, ...] = ()
    steps: tuple[StepView, ...] = ()
    taken: Taken | None = None
    """Who is about to call the borrower."""
    dialling: Dialling = ""
    """What **Call** does for the reader."""
    holds: tuple[HoldView, ...] = ()
    """The legal holds in force."""
    contact: ContactView | None = None
    """Whether the borrower may be called now, where more than the workspace's hours says so."""


@dataclass(frozen=True, slots=True)
class PlannedCalls:
    """One page of a loan's open follow-ups, most urgent first. `more` counts those on later pages."""

    loan: LoanView
    name: str = field(repr=False)
    due: tuple[DueCall, ...]
    offset: int
    more: int
    offers: Offers


@dataclass(frozen=True, slots=True)
class RevealedNumber:
    """A borrower's phone number: `phone` as people read it, `dialled` in E.164; each with its extension.

    `ask` are the Slack ids of the admins if no key opens it.
    """

    loan: LoanView
    name: str = field(repr=False)
    phone: str = field(repr=False)
    dialled: str = field(repr=False)
    is_wrong: bool
    ask: tuple[str, ...] = ()
    held: Held | None = None
    """Why the number is not shown: contact rules speak against a call now."""


async def loan_card(desk: Desk, loan: LoanRef) -> LoanCard:
    """Return the card of the loan. Raises as `lookup.resolve` does."""
    return await _card(desk, (await lookup.resolve(desk, loan)).loan)


async def loan_card_by_id(desk: Desk, loan_id: UUID) -> LoanCard:
    """Return the card for a button. Raises NotFound (`unknown_loan_pressed`)."""
    return await _card(desk, await lookup.lock_by_id(desk, loan_id))


async def planned_calls(desk: Desk, loan_id: UUID, *, offset: int = 0) -> PlannedCalls:
    """Return a page of the open follow-ups of a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    rows = await follow_ups.open_of_loan(desk.session, loan.id)
    shown = rows[offset : offset + PAGE]
    return PlannedCalls(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        due=await _with_rights(desk, loan, shown),
        offers=await offers_on(desk, loan.owner_id),
        offset=offset,
        more=len(rows) - offset - len(shown),
    )


async def reveal_number(desk: Desk, loan_id: UUID) -> RevealedNumber:
    """Return the borrower's number and record the reveal, or whom to ask where no key opens it, or why it is held back.

    Raises NotFound (`unknown_loan_pressed`), NotAllowed (`reveal_limit`).
    """
    loan = await lookup.lock_by_id(desk, loan_id)
    await require_reveal(desk)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    if (why := await held(desk, loan)) is not None:
        return RevealedNumber(await loan_view(desk, loan), contact.name, "", "", contact.phone_is_wrong, held=why)
    if contact.phone_is_readable:
        desk.audit("show_number", loan_id=loan.id, roles=desk.member.roles)
    return RevealedNumber(
        loan=await loan_view(desk, loan),
        name=contact.name,
        phone=contact.formatted_phone,
        dialled=contact.phone,
        is_wrong=contact.phone_is_wrong,
        ask=() if contact.phone_is_readable else await _admins(desk),
    )


async def _admins(desk: Desk) -> tuple[str, ...]:
    return tuple(each.slack_user_id for each in await members.with_role(desk.session, desk.workspace.id, "admin"))


async def _card(desk: Desk, loan: Loan) -> LoanCard:
    desk.discloses = "card"
    details = await details_of(desk.session, loan.id)
    contact = borrowers.contact(desk, details.borrower)
    open_rows = await follow_ups.open_of_loan(desk.session, loan.id)
    due = await _due_calls(desk, loan, open_rows[:FOLLOW_UPS])
    past = await calls.last_of_loan(desk.session, loan.id, limit=CALLS)
    logged, has_results = len(past), any(VOCABULARY.outcome(call.outcome).result for call in past)
    if len(past) == CALLS:
        logged, has_results = await calls.count_of_loan(desk.session, loan.id, _RESULTS)
    noted = await past_notes(desk, loan.id, limit=NOTES)
    written = len(noted) if len(noted) < NOTES else await notes.count_of_loan(desk.session, loan.id)
    papers = await documents.items_of_loan(desk.session, loan.id)
    asked = [row for row in papers if row[0].state in documents.OPEN_STATES]
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
        repayment=await summary(desk, loan, promises=_tells_of_promises(past, open_rows)),
        terms=terms_view(desk, loan, details.terms, details.vehicle),
        due=due,
        more_due=len(open_rows) - len(due),
        calls=await _past_calls(desk, past),
        more_calls=logged - len(past),
        notes=noted,
        more_notes=written - len(noted),
        appointments=await open_appointments(desk, loan.id),
        quiet=None if open_rows else await quiet_of(desk, loan),
        documents=await item_views(desk, asked[:DOCUMENTS]),
        more_documents=max(len(asked) - DOCUMENTS, 0),
        missing=_missing(desk, loan, papers, product_or(details.terms, details.default_product)),
        stages=await _past_stages(desk, await stage_changes(desk.session, loan.id, limit=STAGES)),
        offers=await offers_on(desk, loan.owner_id),
        people=await people_of(desk, loan.id) if details.has_people else (),
        escalations=await unresolved_on(desk, loan.id) if details.has_escalations else (),
        steps=await steps_of(desk, loan.id) if details.has_steps else (),
        taken=(await taken_of(desk, [loan.id])).get(loan.id) if _may_be_taken(desk, details.reservation) else None,
        contact=await contact_view(desk, loan),
        dialling=dialling_of(desk, desk.member),
        holds=await holds_of(desk, loan) if details.has_holds else (),
        checks=_marks(open_rows, await checks.of_loan(desk.session, loan.id) if has_results else ()),
    )


def _missing(desk: Desk, loan: Loan, papers: Items, product: str | None) -> tuple[DocumentName, ...]:
    """Return what has to be brought. A loan that is paid out, and of which the desk knows no document, came with a file: its
    papers are elsewhere."""
    return to_bring(desk, loan, papers, product) if papers or loan.stage in BEFORE_PAYOUT else ()


def _may_be_taken(desk: Desk, row: Reservation | None) -> bool:
    """Return whether a member may have the loan: most were never taken, and are not asked about."""
    return row is not None and row.until > desk.now and row.returned_at is None


def _marks(open_rows: Sequence[FollowUp], made: Sequence[Check]) -> tuple[CheckMark, ...]:
    ended, planned = latest(made), {row.purpose for row in open_rows}
    return tuple(
        CheckMark(purpose, ended[purpose].state if purpose in ended else "open")
        for purpose in PURPOSES
        if purpose in ended or purpose in planned
    )


def _tells_of_promises(past: list[Call], open_rows: list[FollowUp]) -> bool:
    """Return whether a promise may have been made lately: most loans have none, and are not asked for any."""
    return any(row.purpose == _PROMISE for row in open_rows) or any(call.outcome in PROMISING for call in past)


async def _due_calls(desk: Desk, loan: Loan, rows: list[FollowUp]) -> tuple[DueCall, ...]:
    views = await follow_up_views(desk, loan, rows)
    return tuple(DueCall(view, note_of(desk, row)) for view, row in zip(views, rows, strict=True))


async def _with_rights(desk: Desk, loan: Loan, rows: list[FollowUp]) -> tuple[DueCall, ...]:
    may = await may_act_on_each(desk, "close_follow_up", rows, loan)
    calls = await _due_calls(desk, loan, rows)
    return tuple(replace(call, may_act=may[row.assignee_id]) for call, row in zip(calls, rows, strict=True))


async def _past_calls(desk: Desk, rows: list[Call]) -> tuple[PastCall, ...]:
    callers = await slack_ids(desk, (row.caller_id for row in rows))
    return tuple(
        PastCall(
            at=row.at,
            caller=callers[row.caller_id],
            outcome=row.outcome,
            amount=row.amount,
            share=row.share,
            purpose=row.purpose,
            note=unreadable.read(desk, Call.note_cipher, row),
            asks=row.id if row.share == "asked" and row.caller_id == desk.member.id else None,
        )
        for row in rows
    )


async def _past_stages(desk: Desk, rows: list[StageChange]) -> tuple[PastStage, ...]:
    people = await slack_ids(desk, (row.by_id for row in rows))
    return tuple(
        PastStage(row.at, row.to_stage, people.get(row.by_id), unreadable.read(desk, StageChange.reason_cipher, row))
        for row in rows
    )
