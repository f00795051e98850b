"""Answers to logging or correcting a call. Only the caller sees them, so they name the borrower in full."""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.calls.corrections import CallContent, CallCorrected
from desk.calls.views import CallLogged, RepeatedCall, waits_for_result
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.next_steps import NextOffer
from desk.loans.related_views import RelatedName
from desk.loans.views import FollowUpView, PlannedView
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.elements import outcome_and_amount, undo_button
from handlers.messages.block_kit.message import Bold, Button, Code, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.contact import write_broken
from handlers.messages.escalations import suggestion_button
from handlers.messages.follow_ups import write_unasked
from handlers.messages.related_names import named_role
from handlers.messages.repayment import write_taken

_ROWS = 5
"""How many open follow-ups of the loan an answer lists."""


def logged(t: Translator, call: CallLogged, zone: ZoneInfo, *, call_undo: UUID | None = None) -> Message:
    """Render the answer to a logged call, or to an addition to it; then `call_undo` undoes the call itself."""
    writer = Writer()
    writer.phrase(
        t,
        "{loan} · {name} · phone ending {tail}: {outcome}, logged at {time}.",
        loan=Bold(call.loan.number),
        name=call.name,
        tail=call.loan.tail,
        outcome=Bold(elements.outcome_and_amount(t, call.outcome, call.amount, call.currency)),
        time=t.clock_time(call.at, zone),
    )
    if call.party is not None:
        writer.phrase(t, "Spoke to: {who}", who=Bold(named_role(t, call.party)))
    writer.quote(call.note)
    _write_answered(t, writer, call)
    _write_consequences(t, writer, call)
    write_broken(t, writer, call.broken)
    if call.planned is not None:
        elements.write_plan(t, writer, call.planned)
        writer.quote(call.planned_note)
    if call.chase is not None:
        elements.write_plan(t, writer, call.chase)
    write_unasked(t, writer, call.unasked)
    _write_still_open(t, writer, call)
    if call.share == "asked":
        _ask_share(t, writer)
    if any(offer.kind == "noted" for offer in call.offers):
        writer.line(t("Your note begins with a time. Plan a call for then?"))
    if waits_for_result(call.outcome, call.answered, call.planned):
        writer.line(t("When will you call about it again?"))
    if call.asks:
        writer.line(Bold(t("Nothing is planned for this loan now. What's next?")))
    _write_withdrawal(t, writer, call)
    _write_quiet(t, writer, call)
    _add_buttons(t, writer, call, zone, call_undo)
    if call.sounds_like is not None:
        writer.buttons(suggestion_button(t, call.loan.id, call.sounds_like))
    return writer.message()


def already_logged(t: Translator, call: RepeatedCall, zone: ZoneInfo) -> Message:
    """Render the question whether a line that was repeated within a short time means another call."""
    writer, loan, time = Writer(), Bold(call.loan_number), t.clock_time(call.at, zone)
    if call.reported:
        writer.phrase(
            t,
            "Your call at {time} on {loan} is logged already: the phone system reported it. Log another call?",
            loan=loan,
            time=time,
        )
    else:
        writer.phrase(t, "You already logged this on {loan} at {time}. Log another call?", loan=loan, time=time)
    if call.asks:
        _ask_share(t, writer)
        writer.buttons(*share_buttons(t, call.call_id))
    value = {"c": str(call.call_id), "k": int(call.keeps_plan)}
    return writer.buttons(Button(t("Log another"), "call.again", value)).message()


def _ask_share(t: Translator, writer: Writer) -> None:
    writer.line(Bold(t("Is that the whole instalment or part of it? Nothing is closed until you say.")))


def _write_answered(t: Translator, writer: Writer, call: CallLogged) -> None:
    if call.missing is not None:
        writer.phrase(
            t,
            "There's no open follow-up about {what}, so this call answers none.",
            what=Bold(elements.purpose(t, call.missing)),
        )
        return
    if call.answered is None:
        writer.line(t("This call answers no follow-up."))
        return
    follow_up = call.answered
    what, name = Bold(elements.purpose(t, follow_up.purpose)), Code(elements.follow_up_name(follow_up))
    if call.share == "asked":
        writer.phrase(t, "Is about {what} ({name}): still open.", what=what, name=name)
    elif follow_up.state == "open" and VOCABULARY.outcome(call.outcome).ends and _is_check(follow_up):
        text = _("Answers {what} ({name}): still open, until it is confirmed or has failed.")
        writer.phrase(t, text, what=what, name=name)
    elif follow_up.state == "open":
        attempts = t.n("{n} attempt so far", "{n} attempts so far", follow_up.attempts)
        writer.phrase(t, "Answers {what} ({name}): still open, {attempts}.", what=what, name=name, attempts=attempts)
        if call.party is not None and VOCABULARY.outcome(call.outcome).ends:
            writer.line(t("It asks for the borrower: this was an attempt."))
    elif VOCABULARY.outcome(call.outcome).result == "failed":
        writer.phrase(t, "Answers {what} ({name}): failed.", what=what, name=name)
    else:
        writer.phrase(t, "Answers {what} ({name}): done.", what=what, name=name)


def _is_check(follow_up: FollowUpView) -> bool:
    return VOCABULARY.purpose(follow_up.purpose).check


def _write_consequences(t: Translator, writer: Writer, call: CallLogged) -> None:
    if call.paid is not None:
        writer.phrase(t, "The instalment due {day} counts as paid.", day=Bold(t.date(call.paid)))
    if call.payment is not None:
        write_taken(t, writer, call.payment, call.currency)
    elif call.share == "part" or call.outcome == "part_paid":
        writer.line(t("The instalment stays unpaid."))
    if call.settled:
        writer.line(t("Also done:"))
        writer.bullets(elements.follow_up_line(t, follow_up) for follow_up in call.settled)
    if VOCABULARY.outcome(call.outcome).marks_number_wrong:
        writer.line(t("The card now marks the number as wrong."))
    if call.managers_told:
        writer.line(t("The manager has been told."))


def _write_still_open(t: Translator, writer: Writer, call: CallLogged) -> None:
    rest = [f for f in call.still_open if call.answered is None or f.id != call.answered.id]
    if not rest:
        return
    writer.line(t("Also planned on this loan:") if call.planned else t("Planned on this loan:"))
    writer.bullets(elements.follow_up_line(t, follow_up) for follow_up in rest[:_ROWS])
    elements.write_more(t, writer, len(rest) - _ROWS)


def _write_quiet(t: Translator, writer: Writer, call: CallLogged) -> None:
    if call.quiet is not None:
        until = Bold(t.date(call.quiet.until))
        writer.phrase(t, "{loan} needs no call until {date}.", loan=Bold(call.loan.number), date=until)
        writer.buttons(elements.form_button(t("Other date…"), "quiet", loan=call.loan.id))


def _write_withdrawal(t: Translator, writer: Writer, call: CallLogged) -> None:
    stage = VOCABULARY.stage(call.loan.stage)
    if VOCABULARY.outcome(call.outcome).next == "offers_withdrawn" and stage.live:
        writer.line(t("If the borrower no longer wants the loan at all:"))
        writer.preformatted(f"/loan-stage {call.loan.number} {elements.stage(t, 'withdrawn')}")


def _add_buttons(t: Translator, writer: Writer, call: CallLogged, zone: ZoneInfo, call_undo: UUID | None) -> Writer:
    undo_of_call = call_undo or call.undo_id
    value = _of_call(call.call_id, undo_of_call)
    if call.share == "asked":
        writer.buttons(*share_buttons(t, call.call_id, undo_of_call, call.planned))
    nexts = elements.fit_buttons(t, call.planned)
    nexts += [_next_button(t, offer, call, value, zone) for offer in call.offers]
    if call.offers:
        following = {"form": "next_call", **value, "p": call.offers[0].purpose, "n": call.next_number}
        nexts.append(Button(t("Other time…"), "form.open", following))
    if call.asks:
        nexts.append(Button(t("Nothing needed"), "call.nothing_needed", value))
    writer.buttons(*nexts)
    writer.buttons(*(_other_button(t, follow_up, call, value) for follow_up in call.others))
    undos: list[Button] = []
    if call.undo_id is not None and call.undo_id != undo_of_call:
        undos.append(elements.undo_button(t, call.undo_id))
    if undo_of_call is not None:
        words = t("Undo the call") if undos else t("Undo")
        undos.append(Button(words, "undo.take_back", {"u": str(undo_of_call)}))
    return writer.buttons(*undos, correct_button(t("Correct the call"), call.call_id))


def share_buttons(
    t: Translator, call_id: UUID, undo_id: UUID | None = None, planned: PlannedView | None = None
) -> list[Button]:
    """Return the buttons that say what a payment covers. The part needs the day of the rest, unless a next step was typed."""
    value = _of_call(call_id, undo_id)
    if planned is None:
        part = Button(t("Part of it"), "form.open", {"form": "part_payment", **value})
    else:
        value["s"] = str(planned.follow_up.id)
        part = Button(t("Part of it"), "call.part", value)
    return [Button(t("Whole instalment"), "call.whole", value, style="primary"), part]


def _of_call(call_id: UUID, undo_id: UUID | None) -> dict[str, str]:
    """Return what a button that adds to a call carries: the call, and its Undo if known."""
    return {"c": str(call_id), **({"u": str(undo_id)} if undo_id else {})}


def _next_button(t: Translator, offer: NextOffer, call: CallLogged, value: Mapping[str, str], zone: ZoneInfo) -> Button:
    when = elements.brief_when(t, offer.due, zone)
    label = t("Try again {when}", when=when) if offer.kind == "retry" else when
    at = offer.due.at.isoformat() if offer.due.at else ""
    following = {**value, "o": offer.due.on.isoformat(), "a": at, "p": offer.purpose, "n": call.next_number}
    return Button(label, "call.next", following)


def _other_button(t: Translator, follow_up: FollowUpView, call: CallLogged, value: Mapping[str, str]) -> Button:
    label = t(
        "It was {name} {what}, {when}" if call.answered is None else "Also {name} {what}, {when}",
        name=f"/{follow_up.number}",
        what=elements.purpose(t, follow_up.purpose),
        when=elements.brief_when(t, follow_up.due, ZoneInfo(follow_up.zone)),
    )
    other = {**value, **elements.follow_up_value(follow_up), "k": int(call.planned is not None)}
    return Button(label, "call.answer_other", other)


def correct_button(label: str, call_id: UUID) -> Button:
    """Return the button that opens the form to correct a call."""
    return Button(label, "form.open", {"form": "correct_call", "c": str(call_id)})


def corrected(t: Translator, result: CallCorrected, zone: ZoneInfo) -> Message:
    """Render what the call says now, and what it said before."""
    writer = Writer()
    elements.write_loan_and_time(t, writer, result.loan, result.at, zone)
    now = _summary(t, result.content, result.party, result.currency)
    before = _summary(t, result.earlier, result.earlier_party, result.currency)
    writer.line(t("Corrected to:"), " ", Bold(now)).quote(result.content.note)
    writer.line(t("Before:"), " ", before).quote(result.earlier.note)
    if (result.content.outcome, result.content.party) != (result.earlier.outcome, result.earlier.party):
        writer.line(t("Follow-ups stay as the call left them. Plan or finish them yourself where needed."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _summary(t: Translator, version: CallContent, party: RelatedName | None, currency: str) -> str:
    words = outcome_and_amount(t, version.outcome, version.amount, currency)
    if party is not None:
        words += f" · {named_role(t, party)}"
    if version.minutes is None:
        return words
    return words + " · " + t.n("{n} minute", "{n} minutes", version.minutes)
