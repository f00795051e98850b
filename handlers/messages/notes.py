"""What a member reads who has added or corrected a note. Only they see it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.loans.notes import NoteAdded, NoteCorrected, NoteToCorrect
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import masked_loan, stamp, undo_button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Writer, phrase


def added(t: Translator, note: NoteAdded, zone: ZoneInfo) -> Message:
    """Say that a note was added, and to which loan."""
    writer = Writer()
    writer.line(
        phrase(
            t,
            "{loan} · {name} · tail {tail}: note added at {time}.",
            loan=Bold(note.loan.number),
            name=note.name,
            tail=note.loan.tail,
            time=t.clock_time(note.at, zone),
        )
    )
    writer.quote(note.text)
    return writer.buttons(
        undo_button(t, note.undo_id), correct_note_button(t("Correct the note"), note.note_id)
    ).message()


def correct_note_button(label: str, note_id: UUID) -> Button:
    """Return the button that opens the form for correcting a note."""
    return Button(label, "form.open", {"form": "correct_note", "m": str(note_id)})


def write_which(t: Translator, writer: Writer, note: NoteToCorrect, zone: ZoneInfo) -> None:
    """Write which note it is."""
    writer.line(masked_loan(t, note.loan), " · ", stamp(t, note.at, zone))


def corrected(t: Translator, result: NoteCorrected, zone: ZoneInfo) -> Message:
    """Say what the note says now, and said until now."""
    writer = Writer().line(masked_loan(t, result.loan), " · ", stamp(t, result.at, zone))
    writer.line(t("The note says now:")).quote(result.text)
    writer.line(t("It said:")).quote(result.earlier)
    return writer.buttons(undo_button(t, result.undo_id)).message()
