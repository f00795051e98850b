"""What somebody reads who has logged a call. Only they see it, so it names the borrower in full."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.calls.corrections import CallCorrected, CallSaid, CallToCorrect
from desk.calls.views import AlreadyLogged, CallLogged
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.next_steps import NextOffer
from desk.loans.views import FollowUpView
from handlers.messages.block_kit import parts
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import masked_loan, outcome, stamp, undo_button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Writer, phrase

_SHOWN = 5
"""How many open follow-ups of the loan the answer lists."""


def logged(t: Translator, call: CallLogged, zone: ZoneInfo, *, call_undo: UUID | None = None) -> Message:
    """A call was logged, or something was added to it; then `call_undo` takes back the call itself."""
    writer = Writer()
    writer.line(
        phrase(
            t,
            "{loan} · {name} · tail {tail}: {outcome}, logged at {time}.",
            loan=Bold(call.loan.number),
            name=call.name,
            tail=call.loan.tail,
            outcome=Bold(parts.outcome(t, call.outcome)),
            time=t.clock_time(call.at, zone),
        )
    )
    writer.quote(call.note)
    _what_it_answers(t, writer, call)
    _what_it_brought(t, writer, call)
    if call.planned is not None:
        parts.planned_lines(t, writer, call.planned)
        writer.quote(call.planned_note)
    _still_open(t, writer, call)
    if call.asks:
        writer.line(Bold(t("Nothing is planned for this loan now. What comes next?")))
    _offer_the_end(t, writer, call)
    return _with_buttons(t, writer, call, zone, call_undo).message()


def already_logged(t: Translator, call: AlreadyLogged, zone: ZoneInfo) -> Message:
    """The same line came twice within a short while."""
    writer = Writer()
    writer.line(
        phrase(
            t,
            "This was already logged on {loan} at {time}. Log another call?",
            loan=Bold(call.loan_number),
            time=t.clock_time(call.at, zone),
        )
    )
    value = {"c": str(call.call_id), "k": int(call.keeps_plan)}
    return writer.buttons(Button(t("Log another"), "call.again", value)).message()


def _what_it_answers(t: Translator, writer: Writer, call: CallLogged) -> None:
    if call.missing is not None:
        writer.line(
            phrase(
                t,
                "No follow-up about {what} is open, so this answers none.",
                what=Bold(parts.purpose(t, call.missing)),
            )
        )
        return
    if call.answered is None:
        writer.line(t("This answers no follow-up."))
        return
    follow_up = call.answered
    what, name = Bold(parts.purpose(t, follow_up.purpose)), Code(f"{follow_up.loan_number}/{follow_up.number}")
    if follow_up.state == "open":
        attempts = t.n("{n} attempt so far", "{n} attempts so far", follow_up.attempts)
        writer.line(
            phrase(t, "Answers {what} ({name}): it stays open, {attempts}.", what=what, name=name, attempts=attempts)
        )
    else:
        writer.line(phrase(t, "Answers {what} ({name}): done.", what=what, name=name))


def _what_it_brought(t: Translator, writer: Writer, call: CallLogged) -> None:
    if call.paid is not None:
        writer.line(phrase(t, "The instalment of {day} counts as paid.", day=Bold(t.date(call.paid))))
    if call.settled:
        writer.line(t("Done with it:"))
        writer.bullets(parts.follow_up_line(t, follow_up) for follow_up in call.settled)
    if VOCABULARY.outcome(call.outcome).marks_number_wrong:
        writer.line(t("The card marks the number as wrong."))
    if call.managers_told:
        writer.line(t("The manager is told."))


def _still_open(t: Translator, writer: Writer, call: CallLogged) -> None:
    rest = [f for f in call.still_open if call.answered is None or f.id != call.answered.id]
    if not rest:
        return
    writer.line(t("Also planned on this loan:") if call.planned else t("Planned on this loan:"))
    writer.bullets(parts.follow_up_line(t, follow_up) for follow_up in rest[:_SHOWN])
    if len(rest) > _SHOWN:
        writer.small(t.n("and {n} more", "and {n} more", len(rest) - _SHOWN))


def _offer_the_end(t: Translator, writer: Writer, call: CallLogged) -> None:
    stage = VOCABULARY.stage(call.loan.stage)
    if VOCABULARY.outcome(call.outcome).next == "offers_withdrawn" and stage.live:
        writer.line(t("If the borrower gives up the loan altogether:"))
        writer.preformatted(f"/loan-stage {call.loan.number} {parts.stage(t, 'withdrawn')}")


def _with_buttons(t: Translator, writer: Writer, call: CallLogged, zone: ZoneInfo, call_undo: UUID | None) -> Writer:
    undo_of_call = call_undo or call.undo_id
    kept: dict[str, str | int] = {"c": str(call.call_id), "u": str(undo_of_call)}
    nexts = parts.fit_buttons(t, call.planned)
    nexts += [_next_button(t, offer, call, kept, zone) for offer in call.offers]
    if call.asks:
        nexts.append(Button(t("Nothing needed"), "call.nothing_needed", kept))
    writer.buttons(*nexts)
    writer.buttons(*(_other_button(t, follow_up, call, kept) for follow_up in call.others))
    undos: list[Button] = []
    if call.undo_id is not None and call.undo_id != undo_of_call:
        undos.append(parts.undo_button(t, call.undo_id))
    if undo_of_call is not None:
        words = t("Undo the call") if undos else t("Undo")
        undos.append(Button(words, "undo.take_back", {"u": str(undo_of_call)}))
    return writer.buttons(*undos, correct_button(t("Correct the call"), call.call_id))


def _next_button(
    t: Translator, offer: NextOffer, call: CallLogged, kept: dict[str, str | int], zone: ZoneInfo
) -> Button:
    when = parts.brief_when(t, offer.due, zone)
    label = t("Try again {when}", when=when) if offer.kind == "retry" else when
    at = offer.due.at.isoformat() if offer.due.at else ""
    value = {**kept, "o": offer.due.on.isoformat(), "a": at, "p": offer.purpose, "n": call.next_number}
    return Button(label, "call.next", value)


def _other_button(t: Translator, follow_up: FollowUpView, call: CallLogged, kept: dict[str, str | int]) -> Button:
    label = t(
        "It was {name} {what}, {when}" if call.answered is None else "Also {name} {what}, {when}",
        name=f"/{follow_up.number}",
        what=parts.purpose(t, follow_up.purpose),
        when=parts.brief_when(t, follow_up.due, ZoneInfo(follow_up.zone)),
    )
    value = {**kept, **parts.follow_up_value(follow_up), "k": int(call.planned is not None)}
    return Button(label, "call.answer_other", value)


def correct_button(label: str, call_id: UUID) -> Button:
    """Opens the form that corrects a call."""
    return Button(label, "form.open", {"form": "correct_call", "c": str(call_id)})


def write_which(t: Translator, writer: Writer, call: CallToCorrect, zone: ZoneInfo) -> None:
    """Which call it is."""
    writer.line(masked_loan(t, call.loan), " · ", stamp(t, call.at, zone))


def corrected(t: Translator, result: CallCorrected, zone: ZoneInfo) -> Message:
    """What the call says now, and what it said."""
    writer = Writer().line(masked_loan(t, result.loan), " · ", stamp(t, result.at, zone))
    writer.line(t("The call says now:"), " ", Bold(_words(t, result.says))).quote(result.says.note)
    writer.line(t("It said:"), " ", _words(t, result.said)).quote(result.said.note)
    if result.says.outcome != result.said.outcome:
        writer.line(t("What the call did to follow-ups stays as it is: plan or finish them by hand where needed."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _words(t: Translator, said: CallSaid) -> str:
    if said.minutes is None:
        return outcome(t, said.outcome)
    return outcome(t, said.outcome) + " · " + t.n("{n} minute", "{n} minutes", said.minutes)
