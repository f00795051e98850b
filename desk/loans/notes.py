"""Add and correct notes on a loan without a call."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.follow_ups.escalations import sounds_like
from desk.follow_ups.lifecycle import check_note
from desk.loans import borrowers, lookup
from desk.loans.views import LoanView, loan_view, slack_ids
from desk.people.relations import authorship
from storage.engine.types import new_id
from storage.queries.loans import loans, notes
from storage.tables import Loan, LoanNote


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A new note."""

    loan: LoanView
    name: str = field(repr=False)
    note_id: UUID
    at: datetime
    text: str = field(repr=False)
    undo_id: UUID
    sounds_like: str | None = None
    """The kind of escalation that it sounds like: to be offered."""


@dataclass(frozen=True, slots=True)
class NoteToCorrect:
    """A note that the acting member may correct, with its version."""

    loan: LoanView
    at: datetime
    version: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoteCorrected:
    """The text of a note after and before a correction."""

    loan: LoanView
    at: datetime
    text: str = field(repr=False)
    earlier: str = field(repr=False)
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class PastNote:
    """A note. `who` is the author's Slack id."""

    at: datetime
    who: str
    text: str = field(repr=False)


async def add_note(desk: Desk, *, loan: LoanRef, text: str) -> NoteAdded:
    """Add a note to a loan; `<loan>/n` means the loan. The same text twice is two notes: nothing follows from a note.

    Raises NotAllowed (`role_missing`), Invalid (`note_missing`, `note_too_long`), and as `lookup.resolve` does.
    """
    require_role(desk, "add_note")
    _check_text(text)
    named = (await lookup.resolve(desk, loan)).loan
    note = create(desk, _row(desk, named.id, text))
    desk.audit("note", loan_id=named.id, subject_id=note.id)
    await desk.session.flush()
    return NoteAdded(
        loan=await loan_view(desk, named),
        name=(await borrowers.contact_of(desk, named.borrower_id)).name,
        note_id=note.id,
        at=note.at,
        text=text,
        undo_id=offer_undo(desk, "note", loan_id=named.id),
        sounds_like=sounds_like(desk, text),
    )


async def note_to_correct(desk: Desk, note_id: UUID) -> NoteToCorrect:
    """Return a note that the acting member may correct.

    Raises NotFound (`unknown_note`), NotAllowed (`role_missing`, `note_not_yours`), Conflict (`note_undone`).
    """
    loan, note = await _correctable(desk, note_id)
    return NoteToCorrect(await loan_view(desk, loan), note.at, note.version, text_of(desk, note))


async def correct_note(desk: Desk, note_id: UUID, version: int, text: str) -> NoteCorrected:
    """Change the text of a note and keep the earlier text.

    Raises as `note_to_correct` does, Conflict (`note_changed`), Invalid (`nothing_changed_here`, `note_missing`,
    `note_too_long`).
    """
    _check_text(text)
    loan, note = await _correctable(desk, note_id)
    if note.version != version:
        raise Conflict("note_changed")
    earlier = text_of(desk, note)
    if text == earlier:
        raise Invalid("nothing_changed_here")
    create(desk, _row(desk, loan.id, earlier, earlier_of=note.id))
    track(desk, note)
    note.note_cipher = desk.cipher.encrypt(LoanNote.note_cipher, note.id, text)
    desk.audit("correct_note", loan_id=loan.id, subject_id=note.id)
    await desk.session.flush()
    undo_id = offer_undo(desk, "correct_note", loan_id=loan.id)
    return NoteCorrected(await loan_view(desk, loan), note.at, text, earlier, undo_id)


async def past_notes(desk: Desk, loan_id: UUID, *, limit: int) -> tuple[PastNote, ...]:
    """Return the last notes on a loan, newest first."""
    rows = await notes.last_of_loan(desk.session, loan_id, limit=limit)
    authors = await slack_ids(desk, (row.by_id for row in rows))
    return tuple(PastNote(row.at, authors[row.by_id], text_of(desk, row)) for row in rows)


def text_of(desk: Desk, note: LoanNote) -> str:
    """Return the text of a note."""
    return unreadable.read(desk, LoanNote.note_cipher, note)


def _check_text(text: str) -> None:
    if not text.strip():
        raise Invalid("note_missing")
    check_note(text)


def _row(desk: Desk, loan_id: UUID, text: str, *, earlier_of: UUID | None = None) -> LoanNote:
    row_id = new_id()
    return LoanNote(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=loan_id,
        by_id=desk.member.id,
        earlier_of_id=earlier_of,
        note_cipher=desk.cipher.encrypt(LoanNote.note_cipher, row_id, text),
        at=desk.now,
    )


async def _correctable(desk: Desk, note_id: UUID) -> tuple[Loan, LoanNote]:
    """Return the note and its loan, locked."""
    require_role(desk, "correct_note")
    note = await notes.by_id(desk.session, note_id)
    if note is None or not await lookup.may_see(desk, note.loan_id):
        raise NotFound("unknown_note")
    loan = await loans.lock(desk.session, note.loan_id)
    await desk.session.refresh(note)
    require(desk, "correct_note", authorship(desk, note.by_id, note.at))
    if note.undone_at is not None:
        raise Conflict("note_undone", at=note.undone_at)
    return loan, note
