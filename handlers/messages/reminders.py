"""Reminders and what managers are told, as they stand in a channel: masked names, and nobody pinged but who is to act."""

from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.views import LoanView
from desk.messages.notice_views import Became, FollowUpNotice, Item
from handlers.messages.block_kit import parts
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Channel, Mention, Part, Writer, phrase

ROWS = 10
"""Rows of a bundle; the rest is counted."""


def reminder(t: Translator, view: FollowUpNotice, zone: ZoneInfo) -> Message:
    """One follow-up that is due, with what can be done about it; or what became of it."""
    item = view.items[0]
    writer = Writer()
    if item.became is not None:
        return _settled(t, writer, item, zone).message()
    purpose = Bold(parts.purpose(t, item.follow_up.purpose))
    who = Mention(view.reader) if view.reader else t("Somebody")
    writer.line(phrase(t, "{who}: please call about {what}.", who=who, what=purpose))
    writer.line(parts.masked_loan(t, item.loan), " · ", parts.stage(t, item.loan.stage))
    _covers(t, writer, view)
    writer.line(_since(t, item, zone))
    writer.buttons(*_outcomes(t, item))
    writer.buttons(*_snoozes(t, view, item, zone), *_others(t, item))
    return writer.message()


def bundle(t: Translator, view: FollowUpNotice, zone: ZoneInfo) -> Message:
    """Several follow-ups that fell due in one minute, a row each."""
    writer = Writer()
    waiting = view.waiting
    who = Mention(view.reader) if view.reader else t("Somebody")
    writer.line(who, ": ", Bold(t.n("{n} call is due.", "{n} calls are due.", len(waiting))))
    _covers(t, writer, view)
    for item in view.items[:ROWS]:
        row: list[Part] = [*parts.masked_loan(t, item.loan), " · ", parts.purpose(t, item.follow_up.purpose), " · "]
        if item.became is None:
            row.append(parts.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone)))
            writer.line(row)
        else:
            writer.line(row, _became(t, item.became, item, zone))
    if len(view.items) > ROWS:
        writer.small(t.n("and {n} more", "and {n} more", len(view.items) - ROWS))
    cards = [_card(t, item.loan, label=item.loan.number) for item in view.items[:ROWS] if item.became is None]
    return writer.buttons(*cards, *([Button(t("Show all"), "due.list")] if waiting else [])).message()


def assigned(t: Translator, view: FollowUpNotice, zone: ZoneInfo, by: str) -> Message:
    """Somebody was given a follow-up."""
    item = view.items[0]
    writer = Writer()
    if item.became is not None:
        return _settled(t, writer, item, zone).message()
    who = Mention(view.reader) if view.reader else t("Somebody")
    writer.line(phrase(t, "{who}: {by} has given you a call.", who=who, by=by))
    _covers(t, writer, view)
    writer.line(parts.masked_loan(t, item.loan))
    due = parts.when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    writer.line(Bold(parts.purpose(t, item.follow_up.purpose)), " · ", due)
    move = parts.form_button(t("Move"), "move", loan=item.loan.id, follow_up=item.follow_up.number)
    return writer.buttons(_log(t, item), move, _hand_over(t, item), _card(t, item.loan), _number(t, item)).message()


def escalation(t: Translator, view: FollowUpNotice, zone: ZoneInfo, *, times: int | None) -> Message:
    """Nobody has acted on a follow-up, or it was put off again and again."""
    item = view.items[0]
    writer = Writer()
    name = view.about_name
    if times is None:
        writer.line(phrase(t, "Nobody has acted on this call of {name}.", name=Bold(name)))
    else:
        text = t.n(
            "{name} has put this call off {n} time.", "{name} has put this call off {n} times.", times, name=name
        )
        writer.line(text)
    writer.line(parts.masked_loan(t, item.loan), " · ", parts.purpose(t, item.follow_up.purpose))
    if item.became is not None and item.became.kind != "snoozed":
        return writer.line(_became(t, item.became, item, zone)).message()
    writer.line(_since(t, item, zone))
    # To reassign a loan moves what its owner holds; somebody else's call is passed on by itself.
    is_owners = item.follow_up.assignee == item.loan.owner
    return writer.buttons(_card(t, item.loan), _reassign(t, item.loan) if is_owners else _hand_over(t, item)).message()


def told_of_call(t: Translator, loan: LoanView, *, name: str, outcome: str, undone: bool) -> Message:
    """How a call ended of which the manager should know."""
    writer = Writer()
    writer.line(parts.masked_loan(t, loan))
    said = parts.outcome(t, outcome)
    writer.line(t("{name} has logged: {outcome}.", name=name, outcome=said))
    if undone:
        writer.line(t("That was taken back."))
    return writer.buttons(_card(t, loan), *([] if undone else [_reassign(t, loan)])).message()


def channel_lost(t: Translator, *, channel: str, error: str, name: str) -> Message:
    """An admin hears, once, that a channel cannot be written to."""
    reasons = {
        "is_archived": t("it is archived"),
        "not_in_channel": t("the bot is not in it"),
        "channel_not_found": t("it is gone, or the bot is not in it"),
    }
    writer = Writer()
    writer.line(
        phrase(
            t,
            "The reminders of {name} cannot be sent to {channel} any more: {why}.",
            name=Bold(name),
            channel=Channel(channel),
            why=reasons.get(error, error),
        )
    )
    writer.line(t("They go out as direct messages until another channel is set with /loan-team add."))
    return writer.message()


def _settled(t: Translator, writer: Writer, item: Item, zone: ZoneInfo) -> Writer:
    assert item.became is not None
    writer.line(parts.masked_loan(t, item.loan), " · ", parts.purpose(t, item.follow_up.purpose))
    return writer.line(_became(t, item.became, item, zone))


def _became(t: Translator, became: Became, item: Item, zone: ZoneInfo) -> list[Part]:
    who = became.who or t("the desk")
    at = t.minute(became.at, zone) if became.at else ""
    due = parts.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    outcome = Bold(parts.outcome(t, became.outcome)) if became.outcome else None
    if outcome is not None and became.kind == "done":
        return phrase(t, "Done: {outcome} · {who}, {at}", outcome=outcome, who=who, at=at)
    if outcome is not None and became.kind == "moved":
        return phrase(t, "{outcome}, next {due} · {who}, {at}", outcome=outcome, due=due, who=who, at=at)
    match became.kind:
        case "done":
            return phrase(t, "Done · {who}, {at}", who=who, at=at)
        case "cancelled":
            return phrase(t, "Cancelled · {who}, {at}", who=who, at=at)
        case "ended":
            return phrase(t, "Ended with the loan · {who}, {at}", who=who, at=at)
        case "undone":
            return phrase(t, "Taken back · {who}, {at}", who=who, at=at)
        case "moved":
            return phrase(t, "Moved to {due} · {who}, {at}", due=due, who=who, at=at)
        case "snoozed":
            until = t.minute(became.until, zone) if became.until else ""
            return phrase(t, "Put off until {until} · {who}, {at}", until=until, who=who, at=at)
        case "handed_over":
            return phrase(t, "Handed over to {to} · {who}, {at}", to=item.assignee, who=who, at=at)
        case "passed_on":
            return phrase(t, "{who} acts on it now.", who=who)
        case "changed":
            return phrase(t, "Changed meanwhile: due {due}", due=due)


def _since(t: Translator, item: Item, zone: ZoneInfo) -> list[Part]:
    due = parts.brief_when(t, item.follow_up.due, ZoneInfo(item.follow_up.zone))
    words: list[Part] = [t("Due {due}", due=due)]
    if item.last_call is not None:
        last = item.last_call
        words += [
            " · ",
            t("last call: {outcome}, {at}", outcome=parts.outcome(t, last.outcome), at=t.minute(last.at, zone)),
        ]
    if item.follow_up.attempts:
        words += [" · ", t.n("{n} attempt", "{n} attempts", item.follow_up.attempts)]
    return words


def _outcomes(t: Translator, item: Item) -> list[Button]:
    value = parts.follow_up_value(item.follow_up)
    return [
        Button(parts.outcome(t, o.code), "call.log", {**value, "o": o.code}, style="primary" if position == 0 else None)
        for position, o in enumerate(VOCABULARY.one_tap_outcomes(item.kind))
    ]


def _snoozes(t: Translator, view: FollowUpNotice, item: Item, zone: ZoneInfo) -> list[Button]:
    value = parts.follow_up_value(item.follow_up)
    labels = {
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
    ]


def _others(t: Translator, item: Item) -> list[Button]:
    return [_log(t, item), _hand_over(t, item), _card(t, item.loan), _number(t, item)]


def _hand_over(t: Translator, item: Item) -> Button:
    return Button(t("Hand over to the manager"), "reminder.hand_over", parts.follow_up_value(item.follow_up))


def _reassign(t: Translator, loan: LoanView) -> Button:
    return parts.form_button(t("Reassign"), "reassign", loan=loan.id)


def _log(t: Translator, item: Item) -> Button:
    return parts.form_button(t("Log a call"), "call", loan=item.loan.id, follow_up=item.follow_up.number)


def _card(t: Translator, loan: LoanView, *, label: str | None = None) -> Button:
    return Button(label or t("Open card"), "loan.card", {"l": str(loan.id)})


def _covers(t: Translator, writer: Writer, view: FollowUpNotice) -> None:
    if view.covers_for:
        writer.line(t("You cover for {names} (away).", names=t(", ").join(view.covers_for)))


def _number(t: Translator, item: Item) -> Button:
    return Button(t("Show number"), "loan.show_number", {"l": str(item.loan.id)})


def maybe_a_repeat(message: Message, t: Translator) -> Message:
    """The message, saying of itself that it may be a repeat: Slack did not tell whether an earlier sending arrived."""
    words = t("You may have received this message before: Slack did not confirm it.")
    block = {"type": "context", "elements": [{"type": "plain_text", "text": words}]}
    return Message(
        text=f"{message.text}\n{words}",
        blocks=[*message.blocks, block] if message.blocks else [],
        native=maybe_a_repeat(message.native, t) if message.native else None,
    )
