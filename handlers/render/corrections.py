"""What is said of a call that is corrected. Only whoever corrects it sees it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.corrections import CallCorrected, CallSaid, CallToCorrect
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import masked_loan, outcome, stamp, undo_button
from handlers.render.writer import Bold, Button, Writer


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
