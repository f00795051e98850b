"""Answers about the stages of a loan: what a change did, the question before one, and what stages need."""

from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.stage_rules import StageRulesChanged
from desk.loans.stages import MoveQuestion, StageChanged
from desk.rules.stages import Transition
from handlers.messages.block_kit.elements import (
    fit_buttons,
    follow_up_line,
    follow_up_value,
    purpose,
    stage,
    undo_button,
    write_more,
    write_plan,
)
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.checks import lacks
from handlers.messages.follow_ups import offer_next
from handlers.messages.loans import write_owner_left

_ENDED = 5
"""How many of the follow-ups that were closed with a loan an answer lists."""


def stage_answer(t: Translator, result: StageChanged | MoveQuestion, zone: ZoneInfo) -> Message:
    """Render a change of stage, or the question before a write-off or an unusual move."""
    return move_question(t, result) if isinstance(result, MoveQuestion) else changed(t, result, zone)


def move_question(t: Translator, result: MoveQuestion) -> Message:
    """Render what a write-off or an unusual move would do; nothing has been changed yet."""
    writer = Writer()
    if result.changed:
        writer.line(Bold(t("This changed while you were looking. It is now:")))
    values = {"loan": Bold(result.loan.number), "name": Bold(result.name), "stage": stage(t, result.loan.stage)}
    if result.writes_off:
        writer.phrase(t, "Write off {loan} · {name}, now {stage}?", **values)
    else:
        values["after"] = Bold(stage(t, result.stage))
        writer.phrase(t, "Move {loan} · {name} from {stage} to {after}?", **values)
        if why := _why_asked(t, result):
            writer.line(why)
    writer.quote(result.reason)
    if result.lacking:
        writer.line(Bold(t("Missing:")))
        writer.bullets([lacks(t, need)] for need in result.lacking)
    closes = _counted(t, result.follow_ups, result.documents)
    if closes:
        writer.line(t("This would also close: {what}", what=" · ".join(closes)))
    value = {"d": str(result.draft_id)}
    if result.writes_off:
        writer.buttons(
            Button(t("Write off now"), "stage.write_off", value, style="danger"),
            Button(t("Don't write off"), "stage.leave"),
        )
    else:
        writer.buttons(
            Button(t("Move it all the same"), "stage.move", value, style="primary"),
            Button(t("Leave it"), "stage.leave"),
        )
    return writer.message()


def not_moved(t: Translator) -> Message:
    """Render the answer to a write-off or a move that was called off."""
    return Writer().line(t("Nothing was changed.")).message()


def changed(t: Translator, result: StageChanged, zone: ZoneInfo) -> Message:
    """Render a change of stage: what it ended, and what is planned now."""
    writer = Writer()
    writer.phrase(
        t,
        "{loan} · {name}: {before} → {after}",
        loan=Bold(result.loan.number),
        name=result.name,
        before=stage(t, result.from_stage),
        after=Bold(stage(t, result.loan.stage)),
    )
    writer.quote(result.reason)
    if remark := _remark(t, result.transition, result.from_stage, result.loan.stage):
        writer.line(remark)
    _write_lacking(t, writer, result)
    write_owner_left(t, writer, result.loan, result.owner_left)
    _write_ended(t, writer, result)
    for planned in (result.planned, *result.also_planned):
        if planned is not None:
            write_plan(t, writer, planned)
    if result.still_open:
        writer.line(t("Also open on this loan:") if result.planned else t("Open on this loan:"))
        writer.bullets(follow_up_line(t, follow_up) for follow_up in result.still_open)
    _ask_about_calls(t, writer, result)
    offer_next(t, writer, result.next_steps, zone)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def _write_lacking(t: Translator, writer: Writer, result: StageChanged) -> None:
    if not result.lacking:
        return
    if result.overridden:
        writer.line(Bold(t("Moved all the same, with your reason, although these are missing:")))
    else:
        writer.line(Bold(t("Missing:")))
    writer.bullets([lacks(t, need)] for need in result.lacking)


def _ask_about_calls(t: Translator, writer: Writer, result: StageChanged) -> None:
    """Ask about calls of the stages before that members planned: those of the desk have ended."""
    if not result.asked:
        return
    writer.line(t("Planned by people for the stages before. Still needed?"))
    buttons = [
        Button(
            t("Not needed: {name}", name=f"/{each.number} {purpose(t, each.purpose)}"),
            "follow_up.not_needed",
            follow_up_value(each),
        )
        for each in result.asked[:_ENDED]
    ]
    writer.buttons(*buttons)


def _why_asked(t: Translator, result: MoveQuestion) -> str:
    """Return what is unusual about a move that is not made yet."""
    if result.transition.kind == "reopened":
        before = stage(t, result.loan.stage)
        return t(
            "Careful: this loan has ended ({before}) and would be open again. What was closed with it stays closed.",
            before=before,
        )
    return _remark(t, result.transition, result.loan.stage, result.stage)


def _remark(t: Translator, transition: Transition, from_stage: str, to_stage: str) -> str:
    before, after = stage(t, from_stage), stage(t, to_stage)
    match transition.kind:
        case "forward":
            return ""
        case "skips":
            skipped = t(", ").join(stage(t, code) for code in transition.skipped)
            return t("Careful: this skips {stages}.", stages=skipped)
        case "back":
            return t("Careful: this moves back from {before} to {after}.", before=before, after=after)
        case "reopened":
            return t(
                "Careful: this loan had ended ({before}) and is open again. What was closed with it stays closed.",
                before=before,
            )
        case "unusual":
            return t("Careful: loans rarely move from {before} to {after}.", before=before, after=after)


def _write_ended(t: Translator, writer: Writer, result: StageChanged) -> None:
    if closed := _counted(t, result.ended_follow_ups, result.ended_documents):
        writer.line(t("Also closed: {what}", what=" · ".join(closed)))
        writer.bullets(follow_up_line(t, each) for each in result.ended[:_ENDED])
        write_more(t, writer, len(result.ended) - _ENDED)


def _counted(t: Translator, follow_ups: int, documents: int) -> list[str]:
    counted: list[str] = []
    if follow_ups:
        counted.append(t.n("{n} open follow-up", "{n} open follow-ups", follow_ups))
    if documents:
        counted.append(t.n("{n} document request", "{n} document requests", documents))
    return counted


NEED_WORDS = {
    "documents": _("the documents of the stages before, accepted"),
    "checks": _("the checks of its product, confirmed"),
    "amount": _("an amount"),
    "due_day": _("a first due day, before it is disbursed"),
}
"""What a workspace can make a must before a stage."""


def stage_rules_changed(t: Translator, result: StageRulesChanged) -> Message:
    """Render the rules of stages that were set."""
    writer = Writer()
    if result.now.required:
        writer.line(Bold(t("No loan moves on without:")))
        writer.bullets([t(NEED_WORDS[need])] for need in result.now.required)
    else:
        writer.line(t("What a loan lacks for a stage is pointed out, and only a failed check holds it up."))
    a_day = result.now.checks_a_day
    count = t.n("{n} check a day is planned for a verifier.", "{n} checks a day are planned for a verifier.", a_day)
    writer.line(count)
    if result.now.default_product is not None:
        product = VOCABULARY.product(result.now.default_product).word(t.language)
        writer.line(t("A loan without a product counts as {product}.", product=product))
    return writer.buttons(undo_button(t, result.undo_id)).message()
