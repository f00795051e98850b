"""Answers and notices about case files. They name the loan and no borrower."""

from uuid import UUID

from desk.cases.exports import CaseAsked
from handlers.messages.block_kit.elements import form_button
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def case_asked(t: Translator, asked: CaseAsked) -> Message:
    """Render the answer to asking for a case file: it is being made."""
    writer = Writer()
    writer.phrase(
        t,
        "I'm putting the case file of {loan} together. A direct message will tell you when it is ready.",
        loan=Bold(asked.number),
    )
    if not asked.parts:
        writer.line(t("It has the records alone, without files and recordings."))
    return writer.small(t("That you asked for it is recorded.")).message()


def case_button(t: Translator, loan_id: UUID) -> Button:
    """Return the button that opens the form for a loan's case file."""
    return form_button(t("Case file"), "case", loan=loan_id)
