"""Answers and notices about exports of one person's data. They name the loan of the request and no person."""

from desk.rights.exports import ExportAsked
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def export_asked(t: Translator, asked: ExportAsked) -> Message:
    """Render the answer to asking for an export: it is being made."""
    writer = Writer()
    writer.phrase(
        t,
        "I'm putting together what is held of the person of the request on {loan}. A direct message will tell you when it is "
        "ready.",
        loan=Bold(asked.number),
    )
    if not asked.files:
        writer.line(t("It has the records alone, without files."))
    return writer.small(t("That you asked for it is recorded.")).message()
