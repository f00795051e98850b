"""What has happened on a loan, in the order of time: calls, notes, stages, owners, handovers, documents."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.documents.views import words_of
from desk.loans import borrowers, lookup
from desk.loans.notes import earlier_texts, text_of
from desk.loans.views import LoanView, loan_view
from desk.people.members import authorship
from storage.queries.calls import calls
from storage.queries.documents import documents
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import notes
from storage.queries.loans.loans import stage_changes
from storage.queries.people import members
from storage.tables import Assignment, Call, CallCorrection, DocumentItem, DocumentStep, FollowUp, LoanNote, StageChange

PAGE = 10
"""Events of one page."""


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """How a call or a note was before it was corrected, by whom (Slack id) and when. `outcome` is None for a note."""

    at: datetime
    by: str
    outcome: str | None
    minutes: int | None
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `who` is a Slack id, None for the desk or a file; `note` is what was typed.

    A call: `code` is the outcome, `purpose` what it was about, `was` how it stood before each correction, oldest first,
    `may_correct` whether the reader may correct it. A note: `was` and `may_correct` as for a call. A stage or an owner:
    `code` is the stage, or the new owner's Slack id. A handover of one follow-up: `number` and `purpose` name it, `code`
    is the new assignee's Slack id. A document: `code` and `words` name it, `state` is what it came to.
    """

    id: UUID
    kind: Literal["call", "note", "stage", "owner", "handover", "document"]
    at: datetime
    who: str | None
    code: str
    note: str = field(default="", repr=False)
    purpose: str | None = None
    number: int | None = None
    minutes: int | None = None
    words: str = field(default="", repr=False)
    state: str = ""
    earlier: tuple[EarlierVersion, ...] = ()
    may_correct: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of what happened, newest first."""

    loan: LoanView
    name: str = field(repr=False)
    events: tuple[Event, ...]
    offset: int
    more: bool


async def timeline(desk: Desk, loan_id: UUID, *, offset: int = 0) -> Timeline:
    """A page of what happened on the loan of a button. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    # Each source gives as many as could stand on the pages so far, so that the merged order is right.
    wanted = offset + PAGE + 1
    found = [
        *await _calls(desk, await calls.last_of_loan(desk.session, loan.id, limit=wanted)),
        *await _notes(desk, await notes.last_of_loan(desk.session, loan.id, limit=wanted)),
        *await _stages(desk, await stage_changes(desk.session, loan.id, limit=wanted)),
        *await _assignments(desk, await follow_ups.of_loan(desk.session, loan.id, limit=wanted)),
        *await _documents(desk, await documents.steps_of_loan(desk.session, loan.id, limit=wanted)),
    ]
    found.sort(key=lambda event: (event.at, event.id), reverse=True)
    return Timeline(
        loan=await loan_view(desk, loan),
        name=(await borrowers.contact_of(desk, loan.borrower_id)).name,
        events=tuple(found[offset : offset + PAGE]),
        offset=offset,
        more=len(found) > offset + PAGE,
    )


async def _calls(desk: Desk, rows: Sequence[Call]) -> list[Event]:
    names = await _names(desk, {row.caller_id for row in rows})
    earlier = await _earlier_versions(desk, [row.id for row in rows])
    return [
        Event(
            id=row.id,
            kind="call",
            at=row.at,
            who=names[row.caller_id],
            code=row.outcome,
            purpose=row.purpose,
            minutes=row.minutes,
            note=desk.cipher.decrypt(Call.note_cipher, row),
            earlier=tuple(earlier.get(row.id, ())),
            may_correct=allows(desk.member, "correct_call", authorship(desk, row.caller_id, row.at)),
        )
        for row in rows
    ]


async def _earlier_versions(desk: Desk, call_ids: Sequence[UUID]) -> dict[UUID, list[EarlierVersion]]:
    rows = await calls.corrections(desk.session, call_ids)
    names = await _names(desk, {row.by_id for row in rows})
    found: dict[UUID, list[EarlierVersion]] = defaultdict(list)
    for row in rows:
        note = desk.cipher.decrypt(CallCorrection.note_cipher, row)
        found[row.call_id].append(EarlierVersion(row.at, names[row.by_id], row.outcome, row.minutes, note))
    return found


async def _notes(desk: Desk, rows: Sequence[LoanNote]) -> list[Event]:
    names = await _names(desk, {row.by_id for row in rows})
    earlier = await earlier_texts(desk, [row.id for row in rows])
    return [
        Event(
            id=row.id,
            kind="note",
            at=row.at,
            who=names[row.by_id],
            code="",
            note=text_of(desk, row),
            earlier=tuple(EarlierVersion(past.at, past.who, None, None, past.text) for past in earlier.get(row.id, ())),
            may_correct=allows(desk.member, "correct_note", authorship(desk, row.by_id, row.at)),
        )
        for row in rows
    ]


async def _stages(desk: Desk, rows: Sequence[StageChange]) -> list[Event]:
    names = await _names(desk, {row.by_id for row in rows})
    return [
        Event(
            id=row.id,
            kind="stage",
            at=row.at,
            who=names.get(row.by_id),
            code=row.to_stage,
            note=desk.cipher.decrypt(StageChange.reason_cipher, row),
        )
        for row in rows
    ]


async def _assignments(desk: Desk, rows: Sequence[tuple[Assignment, FollowUp | None]]) -> list[Event]:
    names = await _names(desk, {key for row, _ in rows for key in (row.by_id, row.to_id)})
    return [
        Event(
            id=row.id,
            kind="handover" if follow_up else "owner",
            at=row.at,
            who=names.get(row.by_id),
            code=names.get(row.to_id, ""),
            note=desk.cipher.decrypt(Assignment.why_cipher, row),
            purpose=follow_up.purpose if follow_up else None,
            number=follow_up.number if follow_up else None,
        )
        for row, follow_up in rows
    ]


async def _documents(desk: Desk, rows: Sequence[tuple[DocumentStep, DocumentItem]]) -> list[Event]:
    names = await _names(desk, {step.by_id for step, _ in rows})
    return [
        Event(
            id=step.id,
            kind="document",
            at=step.at,
            who=names.get(step.by_id),
            code=item.document,
            note=desk.cipher.decrypt(DocumentStep.reason_cipher, step),
            words=words_of(desk, item),
            state=step.state,
        )
        for step, item in rows
    ]


async def _names(desk: Desk, ids: set[UUID | None] | set[UUID]) -> dict[UUID | None, str]:
    people = await members.by_ids(desk.session, {key for key in ids if key is not None})
    return {key: member.slack_user_id for key, member in people.items()}
