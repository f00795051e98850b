"""Answers about the rules that plan calls."""

from desk.follow_ups.rule_changes import RuleChanged
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
