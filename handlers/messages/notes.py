"""Answers to adding or correcting a note. Only the author sees them, so they name the borrower in full."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.loans.notes import NoteAdded, NoteCorrected
from handlers.messages.block_kit.elements import undo_button, write_loan_and_time
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.escalations import suggestion_button


def added(t: Translator, note: NoteAdded, zone: ZoneInfo) -> Message:
    """Render the answer to a new note."""
    writer = Writer()
    writer.phrase(
        t,
        "{loan} · {name} · phone ending {tail}: note added at {time}.",
        loan=Bold(note.loan.number),
        name=note.name,
        tail=note.loan.tail,
        time=t.clock_time(note.at, zone),
    )
    writer.quote(note.text)
    offer = [suggestion_button(t, note.loan.id, note.sounds_like)] if note.sounds_like else []
    return writer.buttons(
        undo_button(t, note.undo_id), correct_note_button(t("Correct the note"), note.note_id), *offer
    ).message()


def correct_note_button(label: str, note_id: UUID) -> Button:
    """Return the button that opens the form to correct a note."""
    return Button(label, "form.open", {"form": "correct_note", "m": str(note_id)})


def corrected(t: Translator, result: NoteCorrected, zone: ZoneInfo) -> Message:
    """Render what the note says now, and what it said before."""
    writer = Writer()
    write_loan_and_time(t, writer, result.loan, result.at, zone)
    writer.line(t("Corrected to:")).quote(result.text)
    writer.line(t("Before:")).quote(result.earlier)
    return writer.buttons(undo_button(t, result.undo_id)).message()
