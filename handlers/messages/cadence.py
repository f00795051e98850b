"""Answers about the rules that plan calls, and about how arrears are counted."""

from desk.follow_ups.rule_changes import RuleChanged
from desk.follow_ups.scale_changes import ScaleChanged
from desk.rules.arrears import PromiseRule
from desk.rules.cadence import Rule
from handlers.messages.block_kit.elements import undo_button
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def rule_changed(t: Translator, result: RuleChanged) -> Message:
    """Render a rule with its new numbers."""
    writer, why = Writer(), result.rule.why(t.language)
    writer.line(t("The rule is on: {why}.", why=why) if result.rule.enabled else t("The rule is off: {why}.", why=why))
    writer.small(_what_follows(t, result))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _what_follows(t: Translator, result: RuleChanged) -> str:
    """Return what becomes of the calls of a rule that was changed, within a minute."""
    if result.rule.state == "documents" and result.switched:
        return t("It holds for documents that are asked for from now on. Calls that are planned stay.")
    if not result.rule.enabled:
        return t(
            "Its calls from tomorrow on are cancelled within a minute. Those of today, and those that were tried or moved, stay."
        )
    if result.since is not None:
        return t(
            "Within a minute it also plans for what happened since {day}, as if it had been on: a call that would be late by "
            "now is for today. Loans with such a call get no other.",
            day=t.short_date(result.since),
        )
    if result.switched:
        return t("Within a minute it plans for all loans to which it applies now.")
    return t("Calls that it has planned follow within a minute.")


def scale_changed(t: Translator, result: ScaleChanged) -> Message:
    """Render how arrears are counted now."""
    writer, promise = Writer(), result.scale.promise
    days = ", ".join(
        t("{name} from day {day}", name=each.word(t.language), day=each.first) for each in result.scale.buckets
    )
    writer.line(t("Buckets of days past due: {buckets}.", buckets=days))
    writer.line(_when_kept(t, promise))
    if result.rules:
        writer.line(t("Calls about arrears by rule follow within a minute, those of members stay:"))
        writer.bullets([[_applies(t, rule)] for rule in result.rules])
    return writer.buttons(undo_button(t, result.undo_id)).message()


def _applies(t: Translator, rule: Rule) -> str:
    why = rule.why(t.language)
    if rule.reached is None:
        return t("{why}: never, there are not so many buckets", why=why)
    return t("from {bucket} on: {why}", bucket=rule.reached.word(t.language), why=why)


def _when_kept(t: Translator, promise: PromiseRule) -> str:
    if not promise.patience_days:
        return t(
            "A promise is kept when at least {percent} % of it is paid by the promised day.",
            percent=promise.kept_percent,
        )
    return t.n(
        "A promise is kept when at least {percent} % of it is paid within {n} day of the promised day.",
        "A promise is kept when at least {percent} % of it is paid within {n} days of the promised day.",
        promise.patience_days,
        percent=promise.kept_percent,
    )
