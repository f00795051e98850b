"""Answers to what people write to the bot: what it can do with their words, as buttons."""

from collections.abc import Sequence
from uuid import UUID

from desk.messages.threads import ReplySubject
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.usage import Usage, write_usage


def reply_offer(t: Translator, subjects: Sequence[ReplySubject], note_id: UUID) -> Message:
    """Render the offer to log a call with the written words as its note; nothing is saved yet."""
    writer = Writer().line(t("This isn't saved yet. To log it as a call, with your words as the note:"))
    return writer.buttons(*(_call_button(t, subject, note_id) for subject in subjects)).message()


def _call_button(t: Translator, subject: ReplySubject, note_id: UUID) -> Button:
    value: dict[str, str | int] = {"form": "call", "i": str(subject.loan_id), "d": str(note_id)}
    name = subject.loan_number
    if subject.follow_up is not None:
        value["n"] = subject.follow_up
        name = f"{name}/{subject.follow_up}"
    return Button(t("Log a call on {loan}", loan=name), "form.open", value, style="primary")


def line_offer(t: Translator, line: str, line_id: UUID, usage: Usage | None = None) -> Message:
    """Render the offer to send a line that was typed as a message, and below it the `usage` of its command."""
    writer = Writer().line(t("This reads as a command. Nothing is done yet:")).preformatted(line)
    writer.buttons(Button(t("Send this line"), "line.send", {"d": str(line_id)}, style="primary"))
    if usage is not None:
        write_usage(t, writer, usage)
    return writer.message()
