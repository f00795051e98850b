"""Answers to planning, moving, snoozing, passing on or closing a follow-up."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.assigning import CloseResult, PlanResult, SamePlan
from desk.follow_ups.chasing import Paper
from desk.follow_ups.next_steps import NextOffer, NextSteps
from desk.follow_ups.quiet_periods import QuietBegun
from desk.handover.reassigning import ManagerHandover
from desk.messages.held_bundles import HeldTogether
from desk.messages.reminders import Held, SnoozeResult, TakenUp
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.elements import brief_when, fit_buttons, undo_button, write_plan
from handlers.messages.block_kit.message import Bold, Button, Code, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer

_ROWS = 5
"""How many open follow-ups of the loan an answer lists."""


def assigned(t: Translator, result: PlanResult) -> Message:
    """Render the new plan of a follow-up."""
    writer = Writer()
    writer.line(elements.named_loan(t, result.loan))
    if result.moved:
        writer.line(t("Moved."))
    write_plan(t, writer, result.planned)
    writer.quote(result.note)
    if result.others:
        writer.line(t("Also planned on this loan:"))
        writer.bullets(elements.follow_up_line(t, follow_up) for follow_up in result.others[:_ROWS])
        elements.write_more(t, writer, len(result.others) - _ROWS)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def same_plan(t: Translator, result: SamePlan) -> Message:
    """Render the question whether a second follow-up with the same purpose is meant for the same day; none was planned."""
    writer = Writer()
    writer.line(elements.named_loan(t, result.loan))
    writer.line(Bold(t("The same purpose is already planned for that day, so nothing was planned yet:")))
    writer.bullets([elements.follow_up_line(t, result.there)])
    return writer.buttons(Button(t("Plan another"), "follow_up.another", {"d": str(result.draft_id)})).message()


def closed(t: Translator, result: CloseResult, zone: ZoneInfo) -> Message:
    """Render the closed follow-up, and ask for the next step when nothing else is planned."""
    follow_up = result.follow_up
    writer = Writer()
    writer.line(elements.named_loan(t, result.loan))
    name, what = Code(elements.follow_up_name(follow_up)), Bold(elements.purpose(t, follow_up.purpose))
    done = follow_up.state == "done"
    writer.phrase(t, "{what} ({name}) is done." if done else "{what} ({name}) is cancelled.", what=what, name=name)
    writer.quote(result.why)
    if result.chase is not None:
        write_plan(t, writer, result.chase)
    for planned in result.planned:
        write_plan(t, writer, planned)
    write_unasked(t, writer, result.unasked)
    offer_next(t, writer, result.next_steps, zone)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def write_unasked(t: Translator, writer: Writer, unasked: Sequence[Paper]) -> None:
    """Write which documents are still to be brought although no call asks for them now."""
    if unasked:
        names = dict.fromkeys(VOCABULARY.document(paper.code).word(t.language) for paper in unasked)
        writer.line(t("Still to be brought, and no call asks for it now: {documents}.", documents=t(", ").join(names)))


def offer_next(
    t: Translator, writer: Writer, next_steps: NextSteps | None, zone: ZoneInfo, *, planned: bool = False
) -> None:
    """Ask for the next step when nothing is planned for the loan, or offer other times for what a rule has `planned`."""
    if next_steps is None:
        return
    writer.line(Bold(t("Another time?") if planned else t("Nothing is planned for this loan now. What's next?")))
    nothing = Button(t("Nothing needed"), "loan.nothing_needed", {"l": str(next_steps.loan_id)})
    purpose = next_steps.offers[0].purpose if next_steps.offers else ""
    value = {"form": "next_step", "l": str(next_steps.loan_id), "p": purpose, "n": next_steps.next_number}
    other = Button(t("Other time…"), "form.open", value)
    writer.buttons(*(_button(t, offer, next_steps, zone) for offer in next_steps.offers), other, nothing)


def next_planned(t: Translator, result: PlanResult) -> Message:
    """Render the next step that the reader chose from the offers."""
    writer = Writer()
    writer.line(elements.named_loan(t, result.loan))
    write_plan(t, writer, result.planned)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def nothing_needed(t: Translator, result: QuietBegun) -> Message:
    """Confirm until when the loan needs no call."""
    writer = Writer()
    until = Bold(t.date(result.quiet.until))
    writer.phrase(t, "{loan} needs no call until {date}.", loan=Bold(result.loan.number), date=until)
    writer.quote(result.quiet.why)
    if result.cancelled:
        text = t.n(
            "{n} call planned by rule was cancelled.", "{n} calls planned by rule were cancelled.", result.cancelled
        )
        writer.line(text)
    other = elements.form_button(t("Other date…"), "quiet", loan=result.loan.id)
    return writer.buttons(other, undo_button(t, result.undo_id)).message()


def _button(t: Translator, offer: NextOffer, next_steps: NextSteps, zone: ZoneInfo) -> Button:
    value = {
        "l": str(next_steps.loan_id),
        "o": offer.due.on.isoformat(),
        "a": offer.due.at.isoformat() if offer.due.at else "",
        "p": offer.purpose,
        "n": next_steps.next_number,
    }
    return Button(brief_when(t, offer.due, zone), "loan.plan_next", value)


def fitted(t: Translator, moved: PlanResult) -> Message:
    """Render the new time of a follow-up that was moved to a working time."""
    writer = Writer().line(Bold(moved.loan.number))
    write_plan(t, writer, moved.planned)
    return writer.buttons(undo_button(t, moved.undo_id)).message()


def snoozed(t: Translator, result: SnoozeResult, zone: ZoneInfo) -> Message:
    """Render when the desk will remind again."""
    writer = Writer()
    name = elements.follow_up_name(result.follow_up)
    until = Bold(t.instant(result.option.until, zone))
    writer.phrase(
        t, "{name}: you'll be reminded again {until}. The due time stays the same.", name=Bold(name), until=until
    )
    if result.manager_told:
        writer.line(t("It has been snoozed several times, so the manager has been told."))
    take_up = Button(t("Take it up"), "reminder.take_up", elements.follow_up_value(result.follow_up))
    return writer.buttons(take_up, undo_button(t, result.undo_id)).message()


def held(t: Translator, result: Held, zone: ZoneInfo) -> Message:
    """Render until when the managers do not hear of a follow-up, because who acts is on it."""
    name, until = Bold(elements.follow_up_name(result.follow_up)), Bold(t.instant(result.until, zone))
    writer = Writer().phrase(
        t, "{name} is in hand. Without a result the managers hear at {time}.", name=name, time=until
    )
    if result.left:
        writer.line(t.n("You can say so {n} more time.", "You can say so {n} more times.", result.left))
    log = elements.form_button(
        t("Log a call"), "call", loan=result.follow_up.loan_id, follow_up=result.follow_up.number
    )
    return writer.buttons(log, undo_button(t, result.undo_id)).message()


def held_together(t: Translator, result: HeldTogether, zone: ZoneInfo) -> Message:
    """Render until when the managers do not hear of the reminders of a message."""
    until = t.instant(result.until, zone)
    text = t.n(
        "{n} follow-up is in hand. Without a result the managers hear at {time}.",
        "{n} follow-ups are in hand. Without a result the managers hear of the first at {time}.",
        result.held,
        time=until,
    )
    writer = Writer().line(Bold(text))
    if result.left:
        text = t.n(
            "{n} is not: the managers have heard of it, or you have said so often enough.",
            "{n} are not: the managers have heard of them, or you have said so often enough.",
            result.left,
        )
        writer.line(text)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def taken_up(t: Translator, result: TakenUp) -> Message:
    """Render that a snooze has ended."""
    name = elements.follow_up_name(result.follow_up)
    writer = Writer().phrase(t, "{name} is waiting for you again. Its reminder has its buttons back.", name=Bold(name))
    log = elements.form_button(
        t("Log a call"), "call", loan=result.follow_up.loan_id, follow_up=result.follow_up.number
    )
    return writer.buttons(log, undo_button(t, result.undo_id)).message()


def handed_over(t: Translator, result: ManagerHandover) -> Message:
    """Render the new assignee of a follow-up."""
    name = elements.follow_up_name(result.follow_up)
    writer = Writer().phrase(t, "{name} is now with {to}.", name=Bold(name), to=Mention(result.to))
    return writer.buttons(undo_button(t, result.undo_id)).message()
