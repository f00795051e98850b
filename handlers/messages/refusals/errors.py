"""The answers to a refusal and to a failure: what is wrong, what to do, and the line, so that it can be corrected."""

from enum import Enum
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.refusals.refusals import explain
from storage.engine.trouble import Trouble


def refusal(t: Translator, error: DeskError, zone: ZoneInfo, *, line: str = "") -> Message:
    """Render the answer to a refused line or press, with times in the reader's zone."""
    writer = Writer()
    for paragraph in explain(t, error, zone):
        writer.line(paragraph)
    if line:
        writer.line(t("Your line, to mend and send again:")).preformatted(line)
    if error.code == "not_a_member":
        writer.buttons(Button(t("Ask for access"), "access.ask"))
    return writer.message()


class Failure(Enum):
    """Failures other than those of the database."""

    SLACK = "slack"
    """Slack did not tell which person or channel a line names."""
    BUG = "bug"
    """A bug of the desk."""


def trouble(t: Translator, kind: Trouble | Failure, reference: str = "", *, line: str = "") -> Message:
    """Render the answer to a failure: whether anything was changed, what to do next, and the request's reference in the log."""
    writer = Writer()
    match kind:
        case Trouble.UNKNOWN:
            text = t("The desk could not see whether this was saved. Please look at the card before you repeat it.")
        case Trouble.FULL:
            text = t(
                "The desk has no room left to save anything. Nothing was changed. "
                "Please tell whoever runs the desk, and try again once there is room."
            )
        case Trouble.AWAY:
            text = t("The desk cannot reach its database just now. Nothing was changed. Please try again in a minute.")
        case Trouble.LATE:
            text = t("The desk did not get this done in time. Nothing was changed. Please try again in a minute.")
        case Failure.SLACK:
            text = t(
                "Slack did not tell the desk who or which channel is meant. Nothing was changed. "
                "Please try again in a minute."
            )
        case Failure.BUG:
            text = t("The desk has made a mistake, and nothing was changed. It has been written down.")
    writer.line(text)
    if reference:
        writer.line(t("If it goes on, give your admin this reference: {reference}", reference=reference))
    if line:
        writer.line(t("Your line:")).preformatted(line)
    return writer.message()
