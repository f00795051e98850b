"""What is added to a message that may be there twice."""

from handlers.i18n import Translator
from handlers.render.message import Message


def maybe_a_repeat(message: Message, t: Translator) -> Message:
    """The message, saying of itself that it may be a repeat: Slack did not tell whether an earlier sending arrived."""
    words = t("You may have received this message before: Slack did not confirm it.")
    block = {"type": "context", "elements": [{"type": "plain_text", "text": words}]}
    return Message(
        text=f"{message.text}\n{words}",
        blocks=[*message.blocks, block] if message.blocks else [],
        native=maybe_a_repeat(message.native, t) if message.native else None,
    )
