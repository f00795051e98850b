"""Next steps on offer, as buttons below an answer that leaves a loan with nothing planned."""

from zoneinfo import ZoneInfo

from desk.next_steps import NextOffer, NextPlanned, Unplanned
from desk.views import LoanView
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import brief_when, fit_buttons, planned_lines, undo_button
from handlers.render.writer import Bold, Button, Writer, phrase


def offer_next(t: Translator, writer: Writer, unplanned: Unplanned | None, zone: ZoneInfo) -> None:
    """Asks what comes next, where nothing is planned."""
    if unplanned is None:
        return
    writer.line(Bold(t("Nothing is planned for this loan now. What comes next?")))
    nothing = Button(t("Nothing needed"), "loan.nothing_needed", {"l": str(unplanned.loan_id)})
    writer.buttons(*(_button(t, offer, unplanned, zone) for offer in unplanned.offers), nothing)


def next_planned(t: Translator, result: NextPlanned) -> Message:
    """A next step was taken from those on offer."""
    writer = Writer()
    writer.line(Bold(result.loan.number), f" · {result.loan.masked}")
    planned_lines(t, writer, result.planned)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def nothing_needed(t: Translator, loan: LoanView) -> Message:
    """The loan stays without a plan."""
    return Writer().line(phrase(t, "{loan} stays without a next step.", loan=Bold(loan.number))).message()


def _button(t: Translator, offer: NextOffer, unplanned: Unplanned, zone: ZoneInfo) -> Button:
    value = {
        "l": str(unplanned.loan_id),
        "o": offer.due.on.isoformat(),
        "a": offer.due.at.isoformat() if offer.due.at else "",
        "p": offer.purpose,
        "n": unplanned.next_number,
    }
    return Button(brief_when(t, offer.due, zone), "loan.plan_next", value)
