"""Reminders and escalations in a channel: masked names, and a mention only for the member who must act."""

from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.views import LoanView
from desk.messages.notice_views import FollowUpChange, FollowUpNotice, Item
from desk.rules.checks import CHECKS
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Bold, Button, Channel, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.contact import write_contact
from handlers.messages.dialling import call_buttons
from handlers.messages.documents import write_papers
from handlers.messages.escalations import escalate_button
from handlers.messages.playbooks import playbook_button, write_playbooks

ROWS = 10
"""How many follow-ups a bundle lists; the rest are counted."""


def reminder(t: Translator, view: FollowUpNotice, zone: ZoneInfo) -> Message:
    """Render a due follow-up with its buttons, or its result once it is settled."""
    item = view.items[0]
    writer = Writer()
    if item.change is not None:
        return _settled(t, writer, item, zone).buttons(*_after_snooze(t, view, item)).message()
    purpose = Bold(elements.purpose_and_promise(t, item.follow_up.purpose, item.promise))
    writer.phrase(t, "{who}: please call about {what}.", who=_reader(t, view), what=purpose)
    writer.line(elements.masked_loan(t, item.loan), " · ", elements.stage(t, item.loan.stage))
    _write_cover(t, writer, view)
    writer.line(since(t, item, zone))
    elements.write_why(t, writer, item.follow_up)
    write_papers(t, writer, item.asks_for, zone, openly=True)
    write_contact(t, writer, item.contact, zone)
    _write_held(t, writer, item, zone)
    writer.buttons(*_outcomes(t, item), *_check(t, item))
    writer.buttons(
        *_hold(t, item),
        *_snoozes(t, view, item, zone),
        _log(t, item),
        *hand_over_buttons(t, item),
        _card(t, item.loan),
        *call_buttons(t, view.dialling, item.loan.id),
        *_workplace(t, item),
        playbook_button(t, item.loan.id, item.follow_up.purpose),
        escalate_button(t, item.loan.id),
    )
    return writer.message()


def bundle(t: Translator, view: FollowUpNotice, zone: ZoneInfo) -> Message:
    """Render several follow-ups that fell due in the same minute, a row each."""
    writer = Writer()
    waiting = view.waiting
    writer.line(_reader(t, view), ": ", Bold(t.n("{n} follow-up is due.", "{n} follow-ups are due.", len(waiting))))
    _write_cover(t, writer, view)
    for item in view.items[:ROWS]:
        row: list[Inline] = [
            *elements.masked_loan(t, item.loan),
            " · ",
            elements.purpose_and_promise(t, item.follow_up.purpose, item.promise),
            " · ",
        ]
        if item.follow_up.assignee != view.reader:
            row += [item.assignee, " · "]
        if item.change is None:
            row.append(elements.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone)))
            if item.held_until is not None:
                row += [" · ", t("in hand until {time}", time=t.minute(item.held_until, zone))]
            writer.line(row)
        else:
            writer.line(row, result_of(t, item.change, item, zone))
        writer.about(item.loan.id)
    elements.write_more(t, writer, sum(item.change is None for item in view.items[ROWS:]))
    cards = [_card(t, item.loan, label=item.loan.number) for item in view.items[:ROWS] if item.change is None]
    listed = {"of": view.reader_id, "n": view.notice_id}
    value = {name: str(each) for name, each in listed.items() if each}
    waits = [item for item in view.items[:ROWS] if item.change is None]
    write_playbooks(t, writer, [(item.loan.id, item.loan.number, item.follow_up.purpose) for item in waits])
    return writer.buttons(
        *cards, *_hold_all(t, view), *([Button(t("Show all"), "due.list", value)] if waiting else [])
    ).message(item.loan.id for item in view.items[ROWS:])


def assigned(t: Translator, view: FollowUpNotice, zone: ZoneInfo, by: str) -> Message:
    """Render the notice to a member who was given a follow-up."""
    item = view.items[0]
    writer = Writer()
    if item.change is not None:
        return _settled(t, writer, item, zone).message()
    writer.phrase(t, "{who}: {by} assigned you a follow-up.", who=_reader(t, view), by=by)
    _write_cover(t, writer, view)
    writer.line(elements.masked_loan(t, item.loan))
    due = elements.when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    writer.line(Bold(elements.purpose_and_promise(t, item.follow_up.purpose, item.promise)), " · ", due)
    write_papers(t, writer, item.asks_for, zone, openly=True)
    move = elements.form_button(t("Move"), "move", loan=item.loan.id, follow_up=item.follow_up.number)
    return writer.buttons(
        _log(t, item),
        *_check(t, item),
        move,
        *hand_over_buttons(t, item),
        _card(t, item.loan),
        *call_buttons(t, view.dialling, item.loan.id),
        *_workplace(t, item),
        playbook_button(t, item.loan.id, item.follow_up.purpose),
    ).message()


def check_ended(t: Translator, view: FollowUpNotice, zone: ZoneInfo, *, name: str) -> Message:
    """Render the notice to the owner of a loan that a verification has ended; once it is open again, that it is."""
    item = view.items[0]
    writer = Writer()
    what = Bold(elements.purpose(t, item.follow_up.purpose))
    if item.follow_up.state == "open" or item.change is None:
        writer.phrase(t, "{name}: {what} is open again.", name=name, what=what)
        return writer.line(elements.masked_loan(t, item.loan)).buttons(_card(t, item.loan)).message()
    writer.phrase(t, "{name}: {what} has ended.", name=name, what=what)
    writer.line(elements.masked_loan(t, item.loan))
    writer.line(result_of(t, item.change, item, zone))
    return writer.buttons(_card(t, item.loan)).message()


def channel_lost(t: Translator, *, channel: str, error: str, name: str) -> Message:
    """Render the notice to the admins that a channel can no longer be written to."""
    reasons = {
        "is_archived": t("it is archived"),
        "not_in_channel": t("the bot isn't in it"),
        "channel_not_found": t("it no longer exists, or the bot isn't in it"),
        "shared_outside": t("it is shared with another company, which could read about borrowers"),
    }
    writer = Writer()
    writer.phrase(
        t,
        "Reminders for {name} can no longer be sent to {channel}: {why}.",
        name=Bold(name),
        channel=Channel(channel),
        why=reasons.get(error, error),
    )
    writer.line(t("They go out as direct messages until you set another channel with /loan-team add."))
    return writer.message()


def _reader(t: Translator, view: FollowUpNotice) -> Mention | str:
    return Mention(view.reader) if view.reader else t("A colleague")


def _settled(t: Translator, writer: Writer, item: Item, zone: ZoneInfo) -> Writer:
    assert item.change is not None
    writer.line(elements.masked_loan(t, item.loan), " · ", elements.purpose(t, item.follow_up.purpose))
    return writer.line(result_of(t, item.change, item, zone))


def result_of(t: Translator, change: FollowUpChange, item: Item, zone: ZoneInfo) -> list[Inline]:
    """Return what became of a follow-up, by whom and when."""
    who = change.who or t("the desk")
    at = t.minute(change.at, zone) if change.at else ""
    due = elements.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    outcome = Bold(elements.outcome(t, change.outcome)) if change.outcome else None
    if outcome is not None and change.kind == "done":
        return phrase(t, "Done: {outcome} · {who}, {at}", outcome=outcome, who=who, at=at)
    if outcome is not None and change.kind == "moved":
        return phrase(t, "{outcome}, next {due} · {who}, {at}", outcome=outcome, due=due, who=who, at=at)
    match change.kind:
        case "done":
            return phrase(t, "Done · {who}, {at}", who=who, at=at)
        case "cancelled":
            return phrase(t, "Cancelled · {who}, {at}", who=who, at=at)
        case "ended":
            return phrase(t, "Closed with the loan · {who}, {at}", who=who, at=at)
        case "undone":
            return phrase(t, "Undone · {who}, {at}", who=who, at=at)
        case "moved":
            return phrase(t, "Moved to {due} · {who}, {at}", due=due, who=who, at=at)
        case "snoozed":
            until = t.minute(change.until, zone) if change.until else ""
            return phrase(t, "Snoozed until {until} · {who}, {at}", until=until, who=who, at=at)
        case "handed_over":
            return phrase(t, "Handed over to {to} · {who}, {at}", to=item.assignee, who=who, at=at)
        case "passed_on":
            return phrase(t, "Now with {who}.", who=who)
        case "changed":
            return phrase(t, "Changed since: due {due}", due=due)


def since(t: Translator, item: Item, zone: ZoneInfo) -> list[Inline]:
    """Return when a follow-up was due, with the last call and the attempts."""
    due = elements.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    words: list[Inline] = [t("Due {due}", due=due)]
    if item.last_call is not None:
        last = item.last_call
        words += [
            " · ",
            t("last call: {outcome}, {at}", outcome=elements.outcome(t, last.outcome), at=t.minute(last.at, zone)),
        ]
    if item.follow_up.attempts:
        words += [" · ", t.n("{n} attempt", "{n} attempts", item.follow_up.attempts)]
    return words


def _after_snooze(t: Translator, view: FollowUpNotice, item: Item) -> list[Button]:
    """Return the buttons of a snoozed reminder: it can be taken up before its time."""
    if item.change is None or item.change.kind != "snoozed" or not item.snoozed:
        return []
    take_up = Button(t("Take it up"), "reminder.take_up", elements.follow_up_value(item.follow_up), style="primary")
    return [take_up, _log(t, item), _card(t, item.loan), *call_buttons(t, view.dialling, item.loan.id)]


def _outcomes(t: Translator, item: Item) -> list[Button]:
    value = elements.follow_up_value(item.follow_up)
    check = VOCABULARY.purpose(item.follow_up.purpose).check
    return [
        Button(
            elements.outcome(t, o.code), "call.log", {**value, "o": o.code}, style="primary" if position == 0 else None
        )
        for position, o in enumerate(VOCABULARY.one_tap_outcomes(item.kind, check=check))
    ]


def _snoozes(t: Translator, view: FollowUpNotice, item: Item, zone: ZoneInfo) -> list[Button]:
    value = elements.follow_up_value(item.follow_up)
    labels = {
        "quarter": t("In 15 minutes"),
        "hour": t("In 1 hour"),
        "tomorrow": t("Tomorrow {time}", time="{time}"),
        "morning": t("Next working morning"),
    }
    return [
        Button(
            labels[option.kind].format(time=t.clock_time(option.until, zone)),
            "reminder.snooze",
            {**value, "k": option.kind},
        )
        for option in view.snoozes
        if option.kind != "other"  # what is chosen in the form of the last button
    ] + [Button(t("Other time…"), "form.open", {"form": "snooze", **value})]


def _hold(t: Translator, item: Item) -> list[Button]:
    """Return the button that holds the escalation: who acts is on it."""
    if not item.may_be_held:
        return []
    return [Button(t("I'm on it"), "reminder.hold", elements.follow_up_value(item.follow_up))]


def _hold_all(t: Translator, view: FollowUpNotice) -> list[Button]:
    """Return the button that holds the escalations of all that wait, as often as they are held now."""
    if not any(item.may_be_held for item in view.waiting):
        return []
    value = {"n": str(view.notice_id), "h": sum(item.holds for item in view.waiting)}
    return [Button(t("I'm on it: all of them"), "reminder.hold_all", value)]


def _write_held(t: Translator, writer: Writer, item: Item, zone: ZoneInfo) -> None:
    if item.held_until is not None:
        until = t.minute(item.held_until, zone)
        writer.phrase(t, "In hand: without a result the managers hear at {time}.", time=Bold(until))


def hand_over_buttons(t: Translator, item: Item) -> list[Button]:
    """Return the button that hands a follow-up to the manager, if that is of use."""
    if not item.may_hand_over:
        return []
    return [Button(t("Hand over to the manager"), "reminder.hand_over", elements.follow_up_value(item.follow_up))]


def _check(t: Translator, item: Item) -> list[Button]:
    """Return the button that opens the form of a check, item by item."""
    if item.follow_up.purpose not in CHECKS:
        return []
    return [elements.form_button(t("Check…"), "check", loan=item.loan.id, follow_up=item.follow_up.number)]


def _log(t: Translator, item: Item) -> Button:
    return elements.form_button(t("Log a call"), "call", loan=item.loan.id, follow_up=item.follow_up.number)


def _card(t: Translator, loan: LoanView, *, label: str | None = None) -> Button:
    return Button(label or t("Open card"), "loan.card", {"l": str(loan.id)})


def _write_cover(t: Translator, writer: Writer, view: FollowUpNotice) -> None:
    if view.covers_for:
        writer.line(t("You're covering for {names} (away).", names=t(", ").join(view.covers_for)))


def _workplace(t: Translator, item: Item) -> list[Button]:
    """Return the button to the numbers of the people around the loan for a check that calls one of them."""
    if item.follow_up.purpose != "employer":
        return []
    return [Button(t("Employer's number"), "related.list", {"l": str(item.loan.id)})]


def add_repeat_warning(message: Message, t: Translator) -> Message:
    """Add the warning that the message may be a repeat, because Slack did not confirm an earlier attempt."""
    words = t("You may have seen this message before: Slack didn't confirm that it arrived.")
    block = {"type": "context", "elements": [{"type": "plain_text", "text": words}]}
    return Message(
        text=f"{message.text}\n{words}",
        blocks=[*message.blocks, block] if message.blocks else [],
        with_tables=add_repeat_warning(message.with_tables, t) if message.with_tables else None,
        parts=tuple((loan_id, f"{part}\n{words}") for loan_id, part in message.parts),
        names=message.names,
    )
