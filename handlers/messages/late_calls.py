"""Calls on which nobody acted, as the managers read them: an escalation that ends when the call is made, moved or handed on."""

from zoneinfo import ZoneInfo

from desk.follow_ups.escalation_views import EscalationView
from desk.messages.notice_views import FollowUpNotice
from handlers.messages.block_kit.elements import form_button, masked_loan, purpose_and_promise, write_why
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.documents import write_papers
from handlers.messages.escalations import act_buttons, escalation_kind, open_card, state_of, write_unanswered
from handlers.messages.reminders import hand_over_buttons, result_of, since


def late_call(
    t: Translator, view: EscalationView, about: FollowUpNotice, zone: ZoneInfo, *, reader: str | None = None
) -> Message:
    """Render a call on which nobody acted, or that was snoozed too often. `reader` is a Slack id of the second level."""
    item = about.items[0]
    writer = Writer()
    if reader is not None and view.state == "open":
        write_unanswered(t, writer, view, reader)
    _write_reason(t, writer, view, about.about_name)
    writer.line(masked_loan(t, item.loan), " · ", purpose_and_promise(t, item.follow_up.purpose, item.promise))
    if item.change is not None and (view.settled or item.change.kind == "snoozed"):
        writer.line(result_of(t, item.change, item, zone))
    if not view.settled or item.change is None:
        writer.line(since(t, item, zone))
    if view.settled:
        return writer.message()
    write_why(t, writer, item.follow_up)
    write_papers(t, writer, item.asks_for, zone, openly=True)
    writer.line(state_of(t, view, zone))
    # Reassigning a loan moves only its owner's follow-ups; another member's call is handed over by itself.
    is_owners = item.follow_up.assignee == item.loan.owner
    hand_on = [form_button(t("Reassign"), "reassign", loan=item.loan.id)] if is_owners else hand_over_buttons(t, item)
    return writer.buttons(*act_buttons(t, view), open_card(t, view), *hand_on).message()


def _write_reason(t: Translator, writer: Writer, view: EscalationView, name: str) -> None:
    if view.snoozes:
        text = t.n(
            "{name} has snoozed this follow-up {n} time.",
            "{name} has snoozed this follow-up {n} times.",
            view.snoozes,
            name=name,
        )
        writer.line(text)
    elif view.is_snoozed:
        writer.line(name, ": ", Bold(escalation_kind(t, view.kind)))
    if view.is_late:
        writer.phrase(t, "Nobody has acted on {name}'s follow-up.", name=Bold(name))
