"""Answers and notices about exports of one person's data. They name the loan of the request and no person."""

from desk.cases.exports import CaseView
from desk.files.upkeep import UNFILED_FOR
from desk.rights.exports import ExportAsked
from handlers.messages.block_kit.message import Bold, Button, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.file_lines import size


def export_asked(t: Translator, asked: ExportAsked) -> Message:
    """Render the answer to asking for an export: it is being made."""
    writer = Writer()
    writer.phrase(
        t,
        "I'm putting together what is held of the person of the request on {loan}. I'll tell you here when it is ready.",
        loan=Bold(asked.number),
    )
    if not asked.files:
        writer.line(t("It has the records alone, without files."))
    return writer.small(t("That you asked for it is recorded.")).message()


def export_ready(t: Translator, view: CaseView) -> Message:
    """Render what became of an export, for who asked for it."""
    writer, loan = Writer(), Bold(view.number)
    if view.is_built and view.file_id is not None:
        writer.phrase(t, "The export for the request on {loan} is ready: {size}.", loan=loan, size=size(view.size))
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
        writer.small(
            t(
                "It is kept for {n} days, and opens with a link that works once. Read it before you hand it over: notes may tell "
                "of people whom the desk does not know.",
                n=UNFILED_FOR.days,
            )
        )
        return writer.buttons(
            Button(t("Open the export"), "files.open", {"f": str(view.file_id)}, style="primary")
        ).message()
    if view.is_built:
        writer.phrase(
            t, "The export for the request on {loan} is no longer kept. Make a new one at the request.", loan=loan
        )
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
    elif view.why == "forbidden":
        writer.phrase(t, "There is no export for the request on {loan} for you: your role has changed.", loan=loan)
    else:
        writer.phrase(
            t,
            "The export for the request on {loan} could not be made. Ask for it again; if that fails too, an admin finds the "
            "reason in the log.",
            loan=loan,
        )
    return writer.message()
