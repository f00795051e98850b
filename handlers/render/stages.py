"""What somebody reads who has brought a loan to another stage."""

from zoneinfo import ZoneInfo

from desk.stages import StageChanged
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.next_steps import offer_next
from handlers.render.parts import fit_buttons, follow_up_line, planned_lines, stage, undo_button
from handlers.render.writer import Bold, Writer, phrase


def changed(t: Translator, result: StageChanged, zone: ZoneInfo) -> Message:
    """From where to where, what that ended, and what is planned now."""
    writer = Writer()
    writer.line(
        phrase(
            t,
            "{loan} · {name}: {before} → {after}",
            loan=Bold(result.loan.number),
            name=result.name,
            before=stage(t, result.from_stage),
            after=Bold(stage(t, result.loan.stage)),
        )
    )
    writer.quote(result.reason)
    if remark := _remark(t, result):
        writer.line(remark)
    _ended(t, writer, result)
    if result.planned is not None:
        planned_lines(t, writer, result.planned)
    if result.still_open:
        writer.line(t("Also open on this loan:") if result.planned else t("Open on this loan:"))
        writer.bullets(follow_up_line(t, follow_up) for follow_up in result.still_open)
    offer_next(t, writer, result.unplanned, zone)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def _remark(t: Translator, result: StageChanged) -> str:
    before, after = stage(t, result.from_stage), stage(t, result.loan.stage)
    match result.passage.way:
        case "forward":
            return ""
        case "skips":
            skipped = t(", ").join(stage(t, code) for code in result.passage.skipped)
            return t("Careful: this passes over {stages}.", stages=skipped)
        case "back":
            return t("Careful: this goes back, from {before} to {after}.", before=before, after=after)
        case "reopened":
            return t(
                "Careful: the loan had ended ({before}) and is open again. What ended with it stays ended.",
                before=before,
            )
        case "unusual":
            return t(
                "Careful: a loan rarely comes from {before} to {after}. Is that right?", before=before, after=after
            )


def _ended(t: Translator, writer: Writer, result: StageChanged) -> None:
    ended: list[str] = []
    if result.ended_follow_ups:
        ended.append(t.n("{n} open follow-up", "{n} open follow-ups", result.ended_follow_ups))
    if result.ended_documents:
        ended.append(t.n("{n} document asked for", "{n} documents asked for", result.ended_documents))
    if ended:
        writer.line(t("Ended with it: {what}.", what=" · ".join(ended)))
