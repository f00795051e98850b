"""The buttons by which a borrower or another person is called: **Call**, and **Show number** where Call does not show it."""

from uuid import UUID

from desk.core.dialling import Dialling
from desk.loans.related_views import RelatedPhoneView
from handlers.messages.block_kit.message import Button
from handlers.messages.block_kit.translator import Translator


def call_buttons(t: Translator, dialling: Dialling, loan_id: UUID) -> list[Button]:
    """Return the buttons by which the borrower is called."""
    value = {"l": str(loan_id)}
    return _of(dialling, Button(t("Call"), "phone.call", value), Button(t("Show number"), "loan.show_number", value))


def call_buttons_of_person(t: Translator, dialling: Dialling, phone: RelatedPhoneView) -> list[Button]:
    """Return the buttons by which a person around the loan is called at one of their phones."""
    value, digits = {"p": str(phone.id)}, phone.tail or "…"
    return _of(
        dialling,
        Button(t("Call {digits}", digits=digits), "phone.call", value),
        Button(t("Show {digits}", digits=digits), "related.show_number", value),
    )


def _of(dialling: Dialling, call: Button, show: Button) -> list[Button]:
    match dialling:
        case "rings":
            return [call, show]
        case "shows":
            return [call]
        case _:
            return [show]
