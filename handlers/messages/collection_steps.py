"""Steps beyond calls: the answer to planning or recording one, their place on a card, and the reminder of one."""

from collections.abc import Sequence
from datetime import date

from desk.follow_ups.collection_steps import StepChanged, StepNotice, StepView
from desk.rules.collection_steps import STEPS
from handlers.messages.block_kit.elements import card_button, masked_loan, named_loan, undo_button
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer

_STATES = {"planned": _("planned for {day}"), "done": _("done on {day}"), "cancelled": _("cancelled, was for {day}")}

_STOPPED = {
    "payment": _("Stopped: nothing is past due any more."),
    "pause": _("Stopped: the instalments are paused."),
    "ended": _("Stopped: the loan has ended."),
}


def step_kind(t: Translator, kind: str) -> str:
    """Return the word for a kind of step."""
    return STEPS[kind].word(t.language) if kind in STEPS else kind


def step_line(t: Translator, step: StepView) -> list[Inline]:
    """Return a step in one line, without its note."""
    return [*what_and_when(t, step), " · ", Mention(step.who)]


def what_and_when(t: Translator, step: StepView) -> list[Inline]:
    """Return a step without who takes it."""
    state = t(_STATES[step.state], day=t.short_date(step.day))
    words: list[Inline] = [Bold(step_kind(t, step.kind)), " · ", state]
    return [*words, " · ", Bold(t("late"))] if step.late else words


def step_event(t: Translator, kind: str, state: str, day: date | None) -> list[Inline]:
    """Return a step as the timeline shows it."""
    words: list[Inline] = [Bold(step_kind(t, kind))]
    return [*words, " · ", t(_STATES[state], day=t.short_date(day))] if day is not None and state in _STATES else words


def write_steps(t: Translator, writer: Writer, steps: Sequence[StepView], *, act: bool) -> None:
    """Write the last steps on a loan; with `act` also their notes, and the buttons that say what became of a planned one."""
    if steps:
        writer.line(Bold(t("Steps beyond calls:")))
    for step in steps:
        writer.bullets([step_line(t, step)])
        _write_stopped(t, writer, step)
        if act:
            writer.quote(step.note).buttons(*settle_buttons(t, step))


def settle_buttons(t: Translator, step: StepView) -> list[Button]:
    """Return the buttons that say what became of a planned step; none for another."""
    if step.state != "planned":
        return []
    kind, value = step_kind(t, step.kind), {"s": str(step.id), "v": step.version}
    return [
        Button(t("Done: {step}", step=kind), "step.settle", {**value, "to": "done"}),
        Button(t("Move: {step}", step=kind), "form.open", {"form": "move_step", "s": value["s"]}),
        Button(t("Cancel: {step}", step=kind), "step.settle", {**value, "to": "cancelled"}),
    ]


def step_changed(t: Translator, result: StepChanged) -> Message:
    """Render the answer to planning, recording or settling a step."""
    writer = Writer().line(named_loan(t, result.loan)).line(step_line(t, result.step))
    if result.moved_from is not None:
        writer.line(t("Moved from {before}.", before=t.short_date(result.moved_from)))
    writer.quote(result.step.note)
    return writer.buttons(undo_button(t, result.undo_id), *settle_buttons(t, result.step)).message()


def step_reminder(t: Translator, view: StepNotice) -> Message:
    """Render the reminder of a step, or that it was stopped. Others may read it, so it shows no note."""
    writer, step = Writer(), view.step
    writer.phrase(t, "{who}: {step}", who=Mention(view.reader), step=Bold(step_kind(t, step.kind)))
    writer.line(masked_loan(t, view.loan), " · ", t(_STATES[step.state], day=t.short_date(step.day)))
    _write_stopped(t, writer, step)
    return writer.buttons(*settle_buttons(t, step), card_button(t, view.loan.id, view.loan.number)).message()


def _write_stopped(t: Translator, writer: Writer, step: StepView) -> None:
    if step.state == "cancelled" and step.stopped_by is not None:
        writer.line(t(_STOPPED[step.stopped_by]))
