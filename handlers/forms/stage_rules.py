"""The form for what stages need, how many checks are planned a day, and the product of loans without one."""

from desk.core.vocabulary import VOCABULARY
from desk.loans import stage_rules
from desk.rules.moves import SETTABLE
from handlers.door.request import Request
from handlers.forms.fields import words
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.stages import NEED_WORDS, stage_rules_changed

_NONE = "none"
_PRODUCTS = frozenset(each.code for each in VOCABULARY.products)


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form with the present rules, and their version from when it was opened."""
    t = request.t
    now = await stage_rules.present_rules(request.desk)
    typed = {"required": now.required, "checks_a_day": str(now.checks_a_day), **typed}
    typed = {"default_product": now.default_product or _NONE, **typed}
    form = FormWriter(t, {"v": now.version, **private}, typed)
    form.ticks(
        "required",
        t("No loan moves on without"),
        [Option(t(NEED_WORDS[need]), need) for need in SETTABLE],
        optional=True,
        hint=t("Otherwise what is missing is pointed out. A manager can move a loan all the same, with a reason."),
    )
    form.number("checks_a_day", t("Checks planned for one verifier and day"), low=1, high=stage_rules.MOST_CHECKS)
    form.choice(
        "default_product",
        t("A loan without a product counts as"),
        [Option(t("no product: only the identity is checked"), _NONE), *words(t, VOCABULARY.products)],
        hint=t("It decides which checks and documents an application needs, from a file or from here."),
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the rules."""
    required = request.typed.get("required", ())
    chosen = (required,) if isinstance(required, str) else required
    product = request.one("default_product")
    result = await stage_rules.change_rules(
        request.desk,
        chosen,
        int(request.one("checks_a_day")),
        request.private["v"],
        default_product=product if product in _PRODUCTS else None,
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
