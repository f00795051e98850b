"""Answers about the rules that plan calls, and about how arrears are counted."""

from desk.follow_ups.rule_changes import RuleChanged
from desk.follow_ups.scale_changes import ScaleChanged
from desk.rules.arrears import PromiseRule
from handlers.messages.block_kit.elements import undo_button
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def rule_changed(t: Translator, result: RuleChanged) -> Message:
    """Render a rule with its new numbers."""
    writer, why = Writer(), result.rule.why(t.language)
    writer.line(t("The rule is on: {why}.", why=why) if result.rule.enabled else t("The rule is off: {why}.", why=why))
    writer.small(t("Calls that it has planned follow within a minute."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def scale_changed(t: Translator, result: ScaleChanged) -> Message:
    """Render how arrears are counted now."""
    writer, promise = Writer(), result.scale.promise
    days = ", ".join(
        t("{name} from day {day}", name=each.word(t.language), day=each.first) for each in result.scale.buckets
    )
    writer.line(t("Buckets of days past due: {buckets}.", buckets=days))
    writer.line(_when_kept(t, promise))
    return writer.buttons(undo_button(t, result.undo_id)).message()


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
