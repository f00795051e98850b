"""The form for the rules that plan calls: on or off, and their numbers."""

from desk.follow_ups.rule_changes import change_rule, rules_to_change
from desk.rules.cadence import LARGEST, Rule
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.cadence import rule_changed

_ON, _OFF = "on", "off"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the choice of a rule, and the numbers of the chosen one. The form carries the version from when it was opened."""
    t = request.t
    found = rules_to_change(request.desk)
    chosen = next((rule for rule in found.rules if rule.code == typed.get("rule")), found.rules[0])
    present = {f"{chosen.code}_{name}": str(getattr(chosen, name)) for name in chosen.numbers}
    present |= {"rule": chosen.code, f"{chosen.code}_enabled": _ON if chosen.enabled else _OFF}
    form = FormWriter(t, {"v": found.version, **private}, {**present, **typed})
    form.choice("rule", t("Rule"), [Option(rule.why(t.language), rule.code) for rule in found.rules], live=True)
    form.choice(f"{chosen.code}_enabled", t("This rule is"), [Option(t("on"), _ON), Option(t("off"), _OFF)])
    for name in chosen.numbers:
        form.number(f"{chosen.code}_{name}", _label(t, name), low=1, high=LARGEST)
    form.small(
        t(
            "It holds from now on. Calls that the rule has planned are moved or cancelled; those that a member moved stay."
        )
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the rule."""
    code = request.one("rule")
    rule = next(rule for rule in rules_to_change(request.desk).rules if rule.code == code)
    result = await change_rule(
        request.desk,
        code,
        enabled=request.one(f"{code}_enabled") == _ON,
        numbers=_numbers(request, rule),
        version=request.private["v"],
    )
    return rule_changed(request.t, result)


def _numbers(request: Request, rule: Rule) -> dict[str, int]:
    typed = {name: request.one(f"{rule.code}_{name}") for name in rule.numbers}
    return {name: int(value) for name, value in typed.items() if value}


def _label(t: Translator, name: str) -> str:
    labels = {
        "working_hours": t("Working hours"),
        "working_days": t("Working days"),
        "days": t("Days"),
        "days_past_due": t("From how many days past due"),
        "again_days": t("Again after how many days"),
        "at_most": t("How many times at most"),
    }
    return labels[name]


FORM = Form(
    name="cadence",
    right="change_cadence",
    title=_("Rules of calls"),
    build=build,
    submit=submit,
    main="rule",
    fields={},
)
"""A rule that plans calls."""
