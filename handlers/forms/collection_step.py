"""The forms that plan a step beyond calls or record one, and that move a planned one."""

from uuid import UUID

from desk.core.values import PersonRef
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.collection_steps import enter_step, move_step, step_to_move
from desk.rules.collection_steps import STEPS
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, day_of, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.elements import named_loan
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.collection_steps import step_changed, step_line


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the step, whether it is planned or done, the day, who and a note. `l` in `private` names the
    loan."""
    t = request.t
    typed = {"state": "planned", "day": request.desk.workspace_today.isoformat(), **typed}
    form, _chosen = await start_form(request, private, typed, live=False)
    form.choice("kind", t("Step"), [Option(word.word(t.language), code) for code, word in STEPS.items()])
    form.choice("state", t("State"), [Option(t("planned"), "planned"), Option(t("done"), "done")])
    form.day("day", t("Day"), hint=t("Planned: you are reminded that day. Done: when it was."))
    form.person("who", t("By whom"), optional=True, hint=t("Without one: you."))
    form.text("note", t("Note"), long=True, optional=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Plan or record it."""
    who = request.one("who")
    result = await enter_step(
        request.desk,
        loan=loan_of(request),
        kind=request.one("kind"),
        done=request.one("state") == "done",
        on=day_of(request, "day"),
        who=PersonRef(slack_id=who) if who else None,
        note=request.one("note").strip(),
    )
    return step_changed(request.t, result)


async def build_move(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the step and its new day. `s` in `private` names it, `v` is its version."""
    t = request.t
    loan, step = await step_to_move(request.desk, UUID(private["s"]))
    form = FormWriter(t, {"v": step.version, **private}, {"day": step.day.isoformat(), **typed})
    form.line(named_loan(t, loan)).line(step_line(t, step))
    form.day("day", t("New day"))
    return form.view(MOVE.name, t(MOVE.title), submit=t("Move"))


async def submit_move(request: Request) -> Message:
    """Move it."""
    private = request.private
    result = await move_step(request.desk, UUID(private["s"]), private["v"], day_of(request, "day"))
    return step_changed(request.t, result)


_ABOUT_DAY = ("step_past", "step_ahead", "step_same_day", "due_after_work", "no_working_day")

FORM = Form(
    name="collection_step",
    right="enter_step",
    title=_("Step beyond calls"),
    build=build,
    submit=submit,
    main="kind",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(_ABOUT_DAY, "day"),
        **dict.fromkeys(("cannot_take_calls", "not_a_member_named"), "who"),
        "step_before_disbursement": "loan",
        "note_too_long": "note",
    },
)
"""A letter, a visit, a repossession order or court."""

MOVE = Form(
    name="move_step",
    right="change_step",
    title=_("Move a step"),
    build=build_move,
    submit=submit_move,
    main="day",
    fields={**dict.fromkeys(_ABOUT_DAY, "day")},
    about="s",
)
"""The form that moves the button's step."""
