"""The form for what stages need, and how many checks are planned a day."""

from desk.loans import stage_rules
from desk.rules.moves import SETTABLE
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.loans import NEED_WORDS, stage_rules_changed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form with the present rules, and their version from when it was opened."""
    t = request.t
    now = await stage_rules.present_rules(request.desk)
    typed = {"required": now.required, "checks_a_day": str(now.checks_a_day), **typed}
    form = FormWriter(t, {"v": now.version, **private}, typed)
    form.ticks(
        "required",
        t("No loan moves on without"),
        [Option(t(NEED_WORDS[need]), need) for need in SETTABLE],
        optional=True,
        hint=t("Otherwise what is missing is pointed out. A manager can move a loan all the same, with a reason."),
    )
    form.number("checks_a_day", t("Checks planned for one verifier and day"), low=1, high=stage_rules.MOST_CHECKS)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the rules."""
    required = request.typed.get("required", ())
    chosen = (required,) if isinstance(required, str) else required
    result = await stage_rules.change_rules(
        request.desk, chosen, int(request.one("checks_a_day")), request.private["v"]
    )
    return stage_rules_changed(request.t, result)


FORM = Form(
    name="stage_rules",
    right="change_stage_rules",
    title=_("What stages need"),
    build=build,
    submit=submit,
    main="required",
    fields={"checks_a_day": "checks_a_day"},
)
"""The settings of stages."""
