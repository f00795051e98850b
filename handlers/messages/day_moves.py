"""Moving all calls of a member's day: the preview, the answer, and the message to the member."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from desk.handover.day_moves import CallsMoved, MovePreview, OtherPlan, StayingCall
from handlers.messages.appointments import appointment_kind
from handlers.messages.block_kit.elements import follow_up_line, named_loan, undo_button, write_more
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.collection_steps import step_kind

_OTHERS = 8
"""How many other plans of the day are listed."""


def move_preview(t: Translator, result: MovePreview, zone: ZoneInfo) -> Message:
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
    _write_others(t, writer, result.others, zone)
    if not result.moving:
        return writer.line(t("There is nothing to move.")).message()
    value = {"d": str(result.draft_id), "m": result.fingerprint}
    return writer.buttons(
        Button(t("Move now"), "move_calls.carry_out", value, style="primary"),
        Button(t("Don't move"), "move_calls.leave"),
    ).message()


def calls_moved(t: Translator, result: CallsMoved, zone: ZoneInfo) -> Message:
    """Render what was moved, and what stays."""
    writer = Writer()
    calls = Bold(t.n("{n} call", "{n} calls", result.moved))
    writer.phrase(t, "Of {who}: {calls} moved.", who=Mention(result.who), calls=calls)
    _write_days(t, writer, result.days)
    _write_stays(t, writer, result.stays, result.staying)
    _write_others(t, writer, result.others, zone)
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


def _write_others(t: Translator, writer: Writer, others: Sequence[OtherPlan], zone: ZoneInfo) -> None:
    """Write what else is planned that day: it stays, and is moved one by one."""
    if not others:
        return
    writer.line(Bold(t("Also planned that day, and not moved: agree on another time, or give it to a colleague.")))
    writer.bullets([_other(t, each, zone) for each in others[:_OTHERS]])
    write_more(t, writer, len(others[_OTHERS:]))


def _other(t: Translator, each: OtherPlan, zone: ZoneInfo) -> list[Inline]:
    kind = appointment_kind(t, each.kind) if each.what == "appointment" else step_kind(t, each.kind)
    when = f" · {t.minute(each.at, zone)}" if each.at else ""
    loan: list[Inline] = [*named_loan(t, each.loan), " · "] if each.loan else []
    return [*loan, Bold(kind), when]


def _write_stays(t: Translator, writer: Writer, stays: Sequence[StayingCall], staying: int) -> None:
    if not staying:
        return
    writer.line(Bold(t.n("{n} call stays where it is.", "{n} calls stay where they are.", staying)))
    reasons = {
        "agreed": t("agreed with the borrower"),
        "late": t("another day is too late"),
        "barred": t("contact rules allow no call on those days"),
    }
    writer.bullets(
        [
            [*follow_up_line(t, each.follow_up, with_loan=True), f" · {each.loan.name} · {reasons[each.why]}"]
            for each in stays
        ]
    )
    if stays and staying > len(stays):
        writer.line(t.n("{n} more", "{n} more", staying - len(stays)))
