"""Moving all calls of a member's day: the preview, the answer, and the message to the member."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from desk.handover.day_moves import CallsMoved, MovePreview, StayingCall
from handlers.messages.block_kit.elements import follow_up_line, undo_button
from handlers.messages.block_kit.message import Bold, Button, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def move_preview(t: Translator, result: MovePreview) -> Message:
    """Render what would be moved; nothing has been changed yet."""
    writer = Writer()
    if result.changed:
        writer.line(Bold(t("This changed while you were looking. It is now:")))
    calls = Bold(t.n("{n} call", "{n} calls", result.moving))
    writer.phrase(t, "Of {who}: {calls} would be moved.", who=Mention(result.who), calls=calls)
    if result.late:
        writer.line(t.n("{n} of them is late.", "{n} of them are late.", result.late))
    _write_days(t, writer, result.days)
    _write_stays(t, writer, result.stays, result.staying)
    if not result.moving:
        return writer.line(t("There is nothing to move.")).message()
    value = {"d": str(result.draft_id), "m": result.fingerprint}
    return writer.buttons(
        Button(t("Move now"), "move_calls.carry_out", value, style="primary"),
        Button(t("Don't move"), "move_calls.leave"),
    ).message()


def calls_moved(t: Translator, result: CallsMoved) -> Message:
    """Render what was moved, and what stays."""
    writer = Writer()
    calls = Bold(t.n("{n} call", "{n} calls", result.moved))
    writer.phrase(t, "Of {who}: {calls} moved.", who=Mention(result.who), calls=calls)
    _write_days(t, writer, result.days)
    _write_stays(t, writer, result.stays, result.staying)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def nothing_moved(t: Translator) -> Message:
    """Render that the preview was left."""
    return Writer().line(t("Nothing was moved.")).message()


def moved_notice(t: Translator, facts: dict[str, Any], *, name: str, by: str) -> Message:
    """Render the one message to the member whose calls were moved. It names the manager without notifying them."""
    writer = Writer()
    calls = Bold(t.n("{n} call", "{n} calls", facts["moved"]))
    writer.phrase(t, "{name}: {by} has moved {calls} of yours.", name=name, by=by, calls=calls)
    _write_days(t, writer, [(date.fromisoformat(day), n) for day, n in facts["days"]])
    if facts["stays"]:
        writer.line(t.n("{n} call stays where it is.", "{n} calls stay where they are.", facts["stays"]))
    if facts.get("undone"):
        return writer.line(Bold(t("This was undone."))).message()
    return writer.buttons(Button(t("My calls"), "due.list", {"p": "week"})).message()


def _write_days(t: Translator, writer: Writer, days: Sequence[tuple[date, int]]) -> None:
    writer.bullets([[t.date(day), t(": "), t.n("{n} call", "{n} calls", n)] for day, n in days])


def _write_stays(t: Translator, writer: Writer, stays: Sequence[StayingCall], staying: int) -> None:
    if not staying:
        return
    writer.line(Bold(t.n("{n} call stays where it is.", "{n} calls stay where they are.", staying)))
    reasons = {"agreed": t("agreed with the borrower"), "late": t("another day is too late")}
    writer.bullets(
        [
            [*follow_up_line(t, each.follow_up, with_loan=True), f" · {each.loan.name} · {reasons[each.why]}"]
            for each in stays
        ]
    )
    if staying > len(stays):
        writer.line(t.n("{n} more", "{n} more", staying - len(stays)))
