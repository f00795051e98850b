"""What is read after a follow-up was planned, moved or closed by hand."""

from zoneinfo import ZoneInfo

from desk.follow_ups.assigning import Assigned, Closed
from desk.follow_ups.fitting import Fitted
from desk.follow_ups.next_steps import NextOffer, NextPlanned, Unplanned
from desk.handover.to_manager import HandedOver
from desk.loans.views import LoanView
from desk.messages.reminders import Snoozed
from handlers.messages.block_kit import parts
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import brief_when, fit_buttons, planned_lines, undo_button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Mention, Writer, phrase


def assigned(t: Translator, result: Assigned) -> Message:
    """What is planned now."""
    writer = Writer()
    writer.line(parts.masked_loan(t, result.loan))
    if result.moved:
        writer.line(t("Moved."))
    parts.planned_lines(t, writer, result.planned)
    writer.quote(result.note)
    return writer.buttons(*parts.fit_buttons(t, result.planned), parts.undo_button(t, result.undo_id)).message()


def closed(t: Translator, result: Closed, zone: ZoneInfo) -> Message:
    """What was closed, and that nothing else is planned."""
    follow_up = result.follow_up
    writer = Writer()
    writer.line(parts.masked_loan(t, result.loan))
    name, what = Code(f"{follow_up.loan_number}/{follow_up.number}"), Bold(parts.purpose(t, follow_up.purpose))
    done = follow_up.state == "done"
    writer.line(
        phrase(t, "{what} ({name}) is done." if done else "{what} ({name}) is cancelled.", what=what, name=name)
    )
    writer.quote(result.why)
    offer_next(t, writer, result.unplanned, zone)
    return writer.buttons(parts.undo_button(t, result.undo_id)).message()


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


def fitted(t: Translator, moved: Fitted) -> Message:
    """The new time, and a button that takes it back."""
    writer = Writer().line(Bold(moved.loan.number))
    parts.planned_lines(t, writer, moved.planned)
    return writer.buttons(parts.undo_button(t, moved.undo_id)).message()


def snoozed(t: Translator, result: Snoozed, zone: ZoneInfo) -> Message:
    """When the desk speaks of it again."""
    writer = Writer()
    name = f"{result.follow_up.loan_number}/{result.follow_up.number}"
    until = Bold(t.instant(result.option.until, zone))
    writer.line(phrase(t, "{name}: you are reminded again {until}. Its due time stays.", name=Bold(name), until=until))
    if result.manager_told:
        writer.line(t("It was put off several times: the manager is told."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def handed_over(t: Translator, result: HandedOver) -> Message:
    """Whose it is now."""
    name = f"{result.follow_up.loan_number}/{result.follow_up.number}"
    writer = Writer().line(phrase(t, "{name} is {to}'s now.", name=Bold(name), to=Mention(result.to)))
    return writer.buttons(undo_button(t, result.undo_id)).message()
