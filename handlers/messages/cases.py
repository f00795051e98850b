"""Answers and notices about case files. They name the loan and no borrower."""

from uuid import UUID

from desk.cases.exports import CaseAsked, CaseView
from desk.files.upkeep import UNFILED_FOR
from handlers.messages.block_kit.elements import form_button
from handlers.messages.block_kit.message import Bold, Button, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.file_lines import size


def case_asked(t: Translator, asked: CaseAsked) -> Message:
    """Render the answer to asking for a case file: it is being made."""
    writer = Writer()
    writer.phrase(
        t, "I'm putting the case file of {loan} together. I'll tell you here when it is ready.", loan=Bold(asked.number)
    )
    if not asked.parts:
        writer.line(t("It has the records alone, without files and recordings."))
    return writer.small(t("That you asked for it is recorded.")).message()


def case_ready(t: Translator, view: CaseView) -> Message:
    """Render what became of a case file, for who asked for it."""
    writer, loan = Writer(), Bold(view.number)
    if view.is_built and view.file_id is not None:
        writer.phrase(t, "The case file of {loan} is ready: {size}.", loan=loan, size=size(view.size))
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
        writer.small(
            t(
                "It is kept for {n} days, and opens with a link that works once. “loandesk case verify” proves that it is "
                "unaltered.",
                n=UNFILED_FOR.days,
            )
        )
        return writer.buttons(
            Button(t("Open the case file"), "files.open", {"f": str(view.file_id)}, style="primary")
        ).message()
    if view.is_built:
        writer.phrase(t, "The case file of {loan} is no longer kept. Ask for a new one with /loan-case.", loan=loan)
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
    elif view.why == "forbidden":
        writer.phrase(
            t,
            "There is no case file of {loan} for you: the loan has changed hands, or your role has changed.",
            loan=loan,
        )
    else:
        writer.phrase(
            t,
            "The case file of {loan} could not be made. Ask for it again with /loan-case; if that fails too, an admin finds "
            "the reason in the log.",
            loan=loan,
        )
    return writer.message()


def case_button(t: Translator, loan_id: UUID) -> Button:
    """Return the button that opens the form for a loan's case file."""
    return form_button(t("Case file"), "case", loan=loan_id)
