"""The history of a loan in order of time: calls, notes, stages, owners, handovers, documents, corrections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import allows, has_role_for
from desk.core.terms import TERM_FIELDS, TermName, TermValue, text_value
from desk.core.transaction import Desk
from desk.documents.views import words_of
from desk.loans import borrowers, lookup
from desk.loans.contact_events import contact_events
from desk.loans.events import EarlierVersion, Event
from desk.loans.notes import text_of
from desk.loans.parties import earlier_parties, parties_of
from desk.loans.playbooks import playbooks_of_calls
from desk.loans.recordings import lengths_of_calls
from desk.loans.repayment_events import repayment_events
from desk.loans.term_rows import values_of
from desk.loans.terms import TermChange
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.relations import authorship
from desk.rules.contacts import without_extension
from desk.rules.masking import phone_tail
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import appointments, checks, escalations, follow_ups, quiet_periods
from storage.queries.loans import notes, terms
from storage.queries.loans.loans import corrections, stage_changes
from storage.tables import (
    Appointment,
    Assignment,
    Call,
    CallCorrection,
    Check,
    DocumentItem,
    DocumentStep,
    Escalation,
    FollowUp,
    Loan,
    LoanCorrection,
    LoanNote,
    QuietPeriod,
    StageChange,
)

PAGE = 10
"""Events per page."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of events, newest first."""

    loan: LoanView
    name: str = field(repr=False)
    currency: str
    events: tuple[Event, ...]
    offset: int
    more: bool
    may_record: bool
    """Whether the acting member may add recordings of calls."""


async def timeline(desk: Desk, loan_id: UUID, *, offset: int = 0) -> Timeline:
    """Return a page of the events of a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    desk.discloses = "timeline"
    # Read from each source as many as this page and those before it can hold, so that the merged order is right.
    wanted = offset + PAGE + 1
    found = await last_events(desk, loan, limit=wanted)
    found.sort(key=lambda event: (event.at, event.id), reverse=True)
    return Timeline(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        currency=loan.currency,
        events=tuple(found[offset : offset + PAGE]),
        offset=offset,
        more=len(found) > offset + PAGE,
        may_record=has_role_for(desk.member, "send_file"),
    )


async def last_events(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    """Return the last events of each kind of a loan, in no order."""
    return [
        *await _calls(desk, await calls.last_of_loan(desk.session, loan.id, limit=limit)),
        *await _notes(desk, await notes.last_of_loan(desk.session, loan.id, limit=limit)),
        *await _stages(desk, await stage_changes(desk.session, loan.id, limit=limit)),
        *await _assignments(desk, await follow_ups.of_loan(desk.session, loan.id, limit=limit)),
        *await _corrections(desk, loan, await corrections(desk.session, loan.id, limit=limit)),
        *await _decisions(desk, await checks.decided_of_loan(desk.session, loan.id, limit=limit)),
        *await _quiet(desk, await quiet_periods.of_loan(desk.session, loan.id, limit=limit)),
        *await _appointments(desk, await appointments.of_loan(desk.session, loan.id, limit=limit)),
        *await _escalations(desk, await escalations.of_loan(desk.session, loan.id, limit=limit)),
        *await _documents(desk, await documents.steps_of_loan(desk.session, loan.id, limit=limit)),
        *await repayment_events(desk, loan, limit=limit),
        *await contact_events(desk, loan, limit=limit),
    ]


async def _calls(desk: Desk, rows: Sequence[Call]) -> list[Event]:
    names = await slack_ids(desk, (row.caller_id for row in rows))
    earlier = await _earlier_calls(desk, [row.id for row in rows])
    reached = await parties_of(desk, [row.id for row in rows])
    books = await playbooks_of_calls(desk, rows)
    recorded = await lengths_of_calls(desk, [row.id for row in rows])
    return [
        Event(
            id=row.id,
            kind="call",
            at=row.at,
            who=names[row.caller_id],
            code=row.outcome,
            purpose=row.purpose,
            minutes=row.minutes,
            amount=row.amount,
            share=row.share,
            party=reached.get(row.id),
            note=unreadable.read(desk, Call.note_cipher, row),
            earlier=tuple(earlier.get(row.id, ())),
            may_correct=allows(desk.member, "correct_call", authorship(desk, row.caller_id, row.at)),
            playbooks=books.get(row.id, ()),
            recordings=recorded.get(row.id, ()),
        )
        for row in rows
    ]


async def _earlier_calls(desk: Desk, call_ids: Sequence[UUID]) -> dict[UUID, list[EarlierVersion]]:
    rows = await calls.corrections(desk.session, call_ids)
    names = await slack_ids(desk, (row.by_id for row in rows))
    parties = await earlier_parties(desk, rows)
    found: dict[UUID, list[EarlierVersion]] = defaultdict(list)
    for row in rows:
        note = unreadable.read(desk, CallCorrection.note_cipher, row)
        party, who = parties.get(row.id), names[row.by_id]
        found[row.call_id].append(EarlierVersion(row.at, who, row.outcome, row.minutes, note, row.amount, party))
    return found


async def _notes(desk: Desk, rows: Sequence[LoanNote]) -> list[Event]:
    names = await slack_ids(desk, (row.by_id for row in rows))
    earlier = await _earlier_texts(desk, [row.id for row in rows])
    return [
        Event(
            id=row.id,
            kind="note",
            at=row.at,
            who=names[row.by_id],
            code="",
            note=text_of(desk, row),
            earlier=tuple(earlier.get(row.id, ())),
            may_correct=allows(desk.member, "correct_note", authorship(desk, row.by_id, row.at)),
        )
        for row in rows
    ]


async def _earlier_texts(desk: Desk, note_ids: Sequence[UUID]) -> dict[UUID | None, list[EarlierVersion]]:
    rows = await notes.earlier(desk.session, note_ids)
    names = await slack_ids(desk, (row.by_id for row in rows))
    found: dict[UUID | None, list[EarlierVersion]] = defaultdict(list)
    for row in rows:
        found[row.earlier_of_id].append(EarlierVersion(row.at, names[row.by_id], None, None, text_of(desk, row)))
    return found


async def _stages(desk: Desk, rows: Sequence[StageChange]) -> list[Event]:
    names = await slack_ids(desk, (row.by_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="stage",
            at=row.at,
            who=names.get(row.by_id),
            code=row.to_stage,
            note=unreadable.read(desk, StageChange.reason_cipher, row),
        )
        for row in rows
    ]


async def _decisions(desk: Desk, rows: Sequence[Check]) -> list[Event]:
    names = await slack_ids(desk, (row.decided_by_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="check",
            at=row.decided_at or row.at,
            who=names.get(row.decided_by_id),
            code=row.decision or "",
            purpose=row.purpose,
            note=unreadable.read(desk, Check.decision_cipher, row),
        )
        for row in rows
    ]


async def _assignments(desk: Desk, rows: Sequence[tuple[Assignment, FollowUp | None]]) -> list[Event]:
    names = await slack_ids(desk, (key for row, _ in rows for key in (row.by_id, row.to_id)))
    return [
        Event(
            id=row.id,
            kind="handover" if follow_up else "owner",
            at=row.at,
            who=names.get(row.by_id),
            code=names.get(row.to_id, ""),
            note=unreadable.read(desk, Assignment.why_cipher, row),
            purpose=follow_up.purpose if follow_up else None,
            number=follow_up.number if follow_up else None,
        )
        for row, follow_up in rows
    ]


async def _quiet(desk: Desk, rows: Sequence[QuietPeriod]) -> list[Event]:
    names = await slack_ids(desk, (row.by_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="quiet",
            at=row.at,
            who=names[row.by_id],
            code=row.until_on.isoformat(),
            note=unreadable.read(desk, QuietPeriod.reason_cipher, row),
        )
        for row in rows
    ]


async def _escalations(desk: Desk, rows: Sequence[Escalation]) -> list[Event]:
    names = await slack_ids(desk, (each for row in rows for each in (row.by_id, row.resolved_by_id)))
    events: list[Event] = []
    for row in rows:
        note = unreadable.read(desk, Escalation.note_cipher, row)
        who = names.get(row.by_id)
        events.append(Event(row.id, "escalation", row.raised_at, who, row.kind, note, state="raised"))
        if row.resolved_at is not None:
            note = unreadable.read(desk, Escalation.resolution_cipher, row)
            who = names.get(row.resolved_by_id)
            events.append(Event(row.id, "escalation", row.resolved_at, who, row.kind, note, state="resolved"))
    return events


async def _appointments(desk: Desk, rows: Sequence[Appointment]) -> list[Event]:
    names = await slack_ids(desk, (row.by_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="appointment",
            at=row.made_at,
            who=names[row.by_id],
            code=row.kind,
            note=unreadable.read(desk, Appointment.place_cipher, row),
            state=row.state,
            when=row.at,
        )
        for row in rows
    ]


async def _corrections(desk: Desk, loan: Loan, rows: Sequence[LoanCorrection]) -> list[Event]:
    names = await slack_ids(desk, (row.by_id for row in rows))
    before = {row.id: unreadable.read(desk, LoanCorrection.before_cipher, row) for row in rows}
    changes = await _changes(desk, loan, rows, before)
    return [
        Event(
            id=row.id,
            kind="correction",
            at=row.at,
            who=names.get(row.by_id),
            code=row.field,
            words="" if row.id in changes else _corrected(row.field, before[row.id]),
            change=changes.get(row.id),
        )
        for row in rows
    ]


async def _changes(
    desk: Desk, loan: Loan, rows: Sequence[LoanCorrection], before: Mapping[UUID, str]
) -> dict[UUID, TermChange]:
    """Return the corrections of fields of the terms, given newest first: after one comes the value before the next."""
    of_terms = [row for row in rows if row.field in TERM_FIELDS]
    if not of_terms:
        return {}
    after: dict[TermName, TermValue | None] = {**values_of(desk, loan, *await terms.of_loan(desk.session, loan.id))}
    found: dict[UUID, TermChange] = {}
    for row in of_terms:
        name: TermName = row.field  # pyright: ignore[reportAssignmentType]
        value = text_value(name, before[row.id])
        found[row.id] = TermChange(name, value, after.get(name))
        after[name] = value
    return found


def _corrected(what: str, before: str) -> str:
    if what == "phone" and before not in unreadable.MARKS:
        return phone_tail(without_extension(before))
    return before


async def _documents(desk: Desk, rows: Sequence[tuple[DocumentStep, DocumentItem]]) -> list[Event]:
    names = await slack_ids(desk, (step.by_id for step, _ in rows))
    return [
        Event(
            id=step.id,
            kind="document",
            at=step.at,
            who=names.get(step.by_id),
            code=item.document,
            note=unreadable.read(desk, DocumentStep.reason_cipher, step),
            words=words_of(desk, item),
            state=step.state,
        )
        for step, item in rows
    ]
