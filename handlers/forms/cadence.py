"""The form for the rules that plan calls: on or off, and their numbers."""

from collections.abc import Sequence

from desk.follow_ups.rule_changes import change_rule, rules_to_change
from desk.rules.arrears import Bucket
from desk.rules.cadence import BUCKET, LARGEST, LOOKS_BACK, Rule
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
    if chosen.reached is not None:
        present[f"{chosen.code}_{BUCKET}"] = str(found.buckets.index(chosen.reached) + 1)
    present |= {"rule": chosen.code, f"{chosen.code}_enabled": _ON if chosen.enabled else _OFF}
    form = FormWriter(t, {"v": found.version, **private}, {**present, **typed})
    form.choice("rule", t("Rule"), [Option(rule.why(t.language), rule.code) for rule in found.rules], live=True)
    form.choice(f"{chosen.code}_enabled", t("This rule is"), [Option(t("on"), _ON), Option(t("off"), _OFF)])
    if chosen.bucket is not None:
        _write_bucket(t, form, chosen, found.buckets)
    for name in chosen.numbers:
        form.number(f"{chosen.code}_{name}", _label(t, name), low=1, high=LARGEST)
    form.small(
        t(
            "It holds from now on. Calls that the rule has planned are moved or cancelled; those that a member moved stay."
        )
    )
    if chosen.begins_with_event:
        form.small(
            t.n(
                "Switched on, it also plans for what happened in the last {n} day.",
                "Switched on, it also plans for what happened in the last {n} days.",
                LOOKS_BACK.days,
            )
        )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


def _write_bucket(t: Translator, form: FormWriter, rule: Rule, buckets: Sequence[Bucket]) -> None:
    form.choice(
        f"{rule.code}_{BUCKET}",
        t("From bucket"),
        [
            Option(t("{name} from day {day}", name=bucket.word(t.language), day=bucket.first), str(place))
            for place, bucket in enumerate(buckets, 1)
        ],
        optional=rule.reached is None,
    )
    if rule.reached is None:
        form.small(t("There are fewer buckets than the rule needs: it plans nothing until one is chosen."))


async def submit(request: Request) -> Message:
    """Change the rule."""
    code = request.one("rule")
    rule = next(rule for rule in rules_to_change(request.desk).rules if rule.code == code)
    result = await change_rule(
        request.desk,
        code,
        enabled=request.one(f"{code}_enabled") == _ON,
        numbers=_numbers(request, rule),
        bucket=int(request.one(f"{code}_{BUCKET}") or 0) or None,
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
        "days_before": t("Days before it expires"),
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
