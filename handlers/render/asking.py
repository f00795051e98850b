"""What somebody reads who writes to the bot in their own words."""

from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import form_button
from handlers.render.usage import USAGES, write_usage
from handlers.render.writer import Bold, Code, Writer


def help_on(t: Translator, nearest: str) -> Message:
    """How the nearest command is typed, the forms, and what the other commands are for."""
    writer = Writer()
    writer.line(t("I read commands, not sentences. This one comes nearest:"))
    write_usage(t, writer, nearest)
    writer.buttons(
        form_button(t("Log a call"), "call"),
        form_button(t("Assign a follow-up"), "follow_up"),
        form_button(t("Request documents"), "documents"),
        form_button(t("Find a loan"), "find"),
    )
    writer.line(Bold(t("The others:")))
    writer.bullets([Code(command), " – ", t(told.about)] for command, told in USAGES.items() if command != nearest)
    return writer.message()
