"""Next call: the borrower who was taken, above their card; nobody to call; one given back."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from desk.calls.next_call import GivenBack, NextCall, NobodyToCall
from handlers.messages.arrears import arrears_facts
from handlers.messages.block_kit.elements import brief_when, card_button, form_button, purpose
from handlers.messages.block_kit.message import Bold, Button, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.playbooks import playbook_button

_ARREARS_PURPOSE = "overdue"
"""What a call of a borrower in arrears is about if none is planned."""


def next_call(t: Translator, view: NextCall, zone: ZoneInfo) -> Message:
    """Render what stands above the card of the borrower who was taken: until when, why, and what to do."""
    writer, loan = Writer(), view.card.loan
    until = Bold(t.clock_time(view.until, zone))
    if view.again:
        writer.phrase(
            t, "{loan} is still yours until {time}. Log the call, or give it back.", loan=Bold(loan.number), time=until
        )
    else:
        writer.phrase(t, "{loan} is yours until {time}. Others see that.", loan=Bold(loan.number), time=until)
    if why := _why(t, view):
        writer.line(t("Why now:"), " ", *why)
    value = {"q": view.kind, "l": str(loan.id), "f": view.fence}
    return writer.buttons(
        *_to_make(t, view),
        Button(t("Give it back"), "queue.give_back", value),
        Button(t("Another one"), "queue.next", value),
    ).message()


def _to_make(t: Translator, view: NextCall) -> list[Button]:
    """Return the buttons for the call that is planned; without one, what to say, which the card below then does not offer."""
    loan, follow_up = view.card.loan, view.follow_up
    if follow_up is None:
        return [] if view.card.due else [playbook_button(t, loan.id, _ARREARS_PURPOSE)]
    name, number = f"/{follow_up.number}", follow_up.number
    log = form_button(t("Log {name}", name=name), "call", loan=loan.id, follow_up=number)
    check = form_button(t("Check {name}", name=name), "check", loan=loan.id, follow_up=number)
    return [log, check] if view.kind == "checks" else [log]


def next_call_with_card(t: Translator, view: NextCall, zone: ZoneInfo) -> Message:
    """Render the same as a message, with the button that opens the card."""
    above, loan = next_call(t, view, zone), view.card.loan
    opened = Writer().buttons(card_button(t, loan.id, loan.number)).message()
    return Message(text=above.text, blocks=[*above.blocks, *opened.blocks])


def nobody_to_call(t: Translator, view: NobodyToCall, zone: ZoneInfo) -> Message:
    """Render that nobody is ready for a call."""
    if view.opens_at is not None:
        return (
            Writer().line(t("Borrowers may be called again from {time}.", time=t.minute(view.opens_at, zone))).message()
        )
    writer = Writer()
    if view.kind == "checks":
        writer.line(t("No check is ready: none is due, and the documents for the others are still to come."))
    else:
        writer.line(
            t(
                "Nobody in arrears waits for a call now: all are taken, spoken to today, planned for later, or escalated."
            )
        )
        writer.buttons(Button(t("Show arrears"), "due.list", {"p": "arrears", "w": "team"}))
    return writer.message()


def given_back(t: Translator, view: GivenBack) -> Message:
    """Render that a borrower was given back."""
    return Writer().phrase(t, "{loan} is given back: others may take it.", loan=Bold(view.number)).message()


def _why(t: Translator, view: NextCall) -> list[Inline]:
    if view.row is not None and view.row.arrears is not None:
        arrears = replace(view.row.arrears, taken=None)  # by the reader, as the line above says
        words = [piece for fact in arrears_facts(t, arrears) for piece in (*fact, " · ")]
        return words[:-1]
    follow_up = view.follow_up
    if follow_up is None or view.kind != "checks":
        return []
    what: list[Inline] = [Bold(purpose(t, follow_up.purpose)), " · "]
    if view.papers:
        return [*what, t("its documents were accepted")]
    return [*what, t("due {when}", when=brief_when(t, follow_up.due, ZoneInfo(follow_up.zone)))]
