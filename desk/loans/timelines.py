"""The history of a loan in order of time: calls, notes, stages, owners, handovers, documents, corrections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.core import unreadable
from desk.core.permissions import allows
from desk.core.terms import TERM_FIELDS, TermName, TermValue, text_value
from desk.core.transaction import Desk
from desk.documents.views import words_of
from desk.loans import borrowers, lookup
from desk.loans.notes import text_of
from desk.loans.parties import earlier_parties, parties_of
from desk.loans.playbooks import playbooks_of_calls
from desk.loans.related import RelatedName
from desk.loans.term_rows import values_of
from desk.loans.terms import TermChange
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.members import authorship
from desk.rules.contacts import without_extension
from desk.rules.masking import phone_tail
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import appointments, checks, collection_steps, escalations, follow_ups, quiet_periods
from storage.queries.loans import notes, terms
from storage.queries.loans.loans import corrections, stage_changes
from storage.queries.repayment import repayment
from storage.tables import (
    Appointment,
    Assignment,
    Call,
    CallCorrection,
    Check,
    CollectionStep,
    DocumentItem,
    DocumentStep,
    Escalation,
    FollowUp,
    Loan,
    LoanCorrection,
    LoanNote,
    QuietPeriod,
    RepaymentPause,
    StageChange,
)

_REPAID = ("disbursed", "closed", "written_off")

PAGE = 10
"""Events per page."""


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """A call or note before a correction. `at` and `by` (Slack id) tell of the correction; a note has no outcome. `party` is whom
    the call then said it reached instead of the borrower."""

    at: datetime
    by: str
    outcome: str | None
    minutes: int | None
    note: str = field(repr=False)
    amount: Decimal | None = None
    party: RelatedName | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `who` is a Slack id, None for the desk itself or an imported file; `note` is what was typed.

    `code` is a call's outcome, the new stage, the Slack id of the new owner or assignee, or the document. Calls and notes:
    `amount` was promised or paid, `share` says what such a payment covers, `earlier` has the versions before each correction,
    oldest first; `may_correct` is whether the reader may correct it; `playbooks` are those (title, version) that the caller was
    shown. Handover of a follow-up: `number` and `purpose` identify it. Document: `words` describe it, `state` is its new state.
    Correction: `code` is the field, `words` its value before, of a phone the last digits, empty if it is not known; of a field of
    the terms `change` has both. Check: `code` is what a manager decided about a failed one of `purpose`. Appointment: `code` is
    its kind, `when` its time, `state` what became of it, `note` its place. Step: `code`
    is its kind, `day` its day, `state` what became of it. Payment: `day` is when it was paid, `state` is
    recorded or reversed. Schedule: `code` is where it comes from. Pause: `code` is its kind, `day` and `until` are its days.
    Escalation: `code` is its kind, `state` raised or resolved.
    """

    id: UUID
    kind: Literal[
        "call",
        "note",
        "quiet",
        "stage",
        "owner",
        "handover",
        "document",
        "correction",
        "check",
        "appointment",
        "step",
        "payment",
        "schedule",
        "pause",
        "escalation",
    ]
    at: datetime
    who: str | None
    code: str
    note: str = field(default="", repr=False)
    purpose: str | None = None
    number: int | None = None
    minutes: int | None = None
    amount: Decimal | None = None
    share: str | None = None
    words: str = field(default="", repr=False)
    state: str = ""
    change: TermChange | None = None
    party: RelatedName | None = None
    """Whom a call reached instead of the borrower."""
    earlier: tuple[EarlierVersion, ...] = ()
    may_correct: bool = False
    playbooks: tuple[tuple[str, int], ...] = ()
    day: date | None = None
    until: date | None = None
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of events, newest first."""

    loan: LoanView
    name: str = field(repr=False)
    currency: str
    events: tuple[Event, ...]
    offset: int
    more: bool


async def timeline(desk: Desk, loan_id: UUID, *, offset: int = 0) -> Timeline:
    """Return a page of the events of a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    # Read from each source as many as this page and those before it can hold, so that the merged order is right.
    wanted = offset + PAGE + 1
    found = [
        *await _calls(desk, await calls.last_of_loan(desk.session, loan.id, limit=wanted)),
        *await _notes(desk, await notes.last_of_loan(desk.session, loan.id, limit=wanted)),
        *await _stages(desk, await stage_changes(desk.session, loan.id, limit=wanted)),
        *await _assignments(desk, await follow_ups.of_loan(desk.session, loan.id, limit=wanted)),
        *await _corrections(desk, loan, await corrections(desk.session, loan.id, limit=wanted)),
        *await _decisions(desk, await checks.decided_of_loan(desk.session, loan.id, limit=wanted)),
        *await _quiet(desk, await quiet_periods.of_loan(desk.session, loan.id, limit=wanted)),
        *await _steps(desk, loan, limit=wanted),
        *await _appointments(desk, await appointments.of_loan(desk.session, loan.id, limit=wanted)),
        *await _escalations(desk, await escalations.of_loan(desk.session, loan.id, limit=wanted)),
        *await _documents(desk, await documents.steps_of_loan(desk.session, loan.id, limit=wanted)),
        *(await _repayment(desk, loan.id, limit=wanted) if _was_repaid(loan) else ()),
    ]
    found.sort(key=lambda event: (event.at, event.id), reverse=True)
    return Timeline(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        currency=loan.currency,
        events=tuple(found[offset : offset + PAGE]),
        offset=offset,
        more=len(found) > offset + PAGE,
    )


async def _calls(desk: Desk, rows: Sequence[Call]) -> list[Event]:
    names = await slack_ids(desk, (row.caller_id for row in rows))
    earlier = await _earlier_calls(desk, [row.id for row in rows])
    reached = await parties_of(desk, [row.id for row in rows])
    books = await playbooks_of_calls(desk, rows)
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


async def _steps(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    rows = await collection_steps.of_loan(desk.session, loan.id, limit=limit) if _was_repaid(loan) else []
    names = await slack_ids(desk, (row.assignee_id for row in rows))
    return [
        Event(
            id=row.id,
            kind="step",
            at=row.at,
            who=names[row.assignee_id],
            code=row.kind,
            note=unreadable.read(desk, CollectionStep.note_cipher, row),
            state=row.state,
            day=row.day,
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


def _was_repaid(loan: Loan) -> bool:
    """Return whether the loan may have a schedule, payments or pauses: most of the time before, it has none."""
    return loan.next_instalment_on is not None or loan.paused_from is not None or loan.stage in _REPAID


async def _repayment(desk: Desk, loan_id: UUID, *, limit: int) -> list[Event]:
    payments = await repayment.last_payments(desk.session, loan_id, limit=limit)
    schedules = await repayment.last_schedules(desk.session, loan_id, limit=limit)
    pauses = (await repayment.pauses_of(desk.session, [loan_id])).get(loan_id, [])
    members = [each.by_id for each in (*payments, *schedules, *pauses)] + [each.reversed_by_id for each in payments]
    names = await slack_ids(desk, members)
    found = [Event(each.id, "schedule", each.at, names.get(each.by_id), each.source) for each in schedules]
    for each in payments:
        if each.source != "call":  # the call tells of it
            told = Event(each.id, "payment", each.at, names.get(each.by_id), each.source, amount=each.amount)
            found.append(replace(told, day=each.paid_on, state="recorded"))
        if each.reversed_at is not None:
            who = names.get(each.reversed_by_id)
            told = Event(each.id, "payment", each.reversed_at, who, each.source, amount=each.amount)
            found.append(replace(told, day=each.paid_on, state="reversed"))
    for each in pauses:
        why = unreadable.read(desk, RepaymentPause.reason_cipher, each)
        told = Event(each.id, "pause", each.at, names.get(each.by_id), each.kind, why)
        found.append(replace(told, day=each.starts_on, until=each.ends_on))
    return found
