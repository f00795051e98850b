"""What stands below a link to a loan."""

from desk.loan_links import LinkedLoan
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import stage
from handlers.render.writer import Bold, Button, Writer


def linked_loan(t: Translator, loan: LinkedLoan) -> Message:
    """Number and stage: whoever may see more presses for it."""
    writer = Writer().line(Bold(loan.number), " · ", stage(t, loan.stage))
    return writer.buttons(Button(t("Open card"), "loan.card", {"l": str(loan.id)})).message()
