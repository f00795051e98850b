"""The answers to a refusal and to a failure: what is wrong, what to do, and the line, so that it can be corrected."""

from enum import Enum
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.refusals.offers import form_buttons, word_buttons
from handlers.messages.refusals.refusals import choice_buttons, explain
from storage.engine.trouble import Trouble


def refusal(
    t: Translator,
    error: DeskError,
    zone: ZoneInfo,
    *,
    line: str = "",
    line_id: UUID | None = None,
    in_form: bool = False,
) -> Message:
    """Render the answer to a refused line, press or (`in_form`) form, with times in the reader's zone.

    `line_id` is the draft of the line, which buttons send again with one of the choices in it.
    """
    writer = Writer()
    for paragraph in explain(t, error, zone, in_form=in_form):
        writer.line(paragraph)
    if line:
        writer.line(t("Your line, to correct and send again:")).preformatted(line)
    if error.code == "not_a_member":
        writer.buttons(Button(t("Ask for access"), "access.ask"))
    if line_id is not None:
        writer.buttons(*choice_buttons(t, error, line_id))
        if (offers := error.params.get("offers")) is not None:
            writer.buttons(*word_buttons(offers, line_id))
            writer.buttons(*form_buttons(t, offers, line_id))
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
            text = t("I can't tell whether this was saved. Please check the card before you try again.")
        case Trouble.FULL:
            text = t(
                "There is no space left to save anything. Nothing was changed. Please tell the people who run the desk, "
                "and try again once there is space."
            )
        case Trouble.AWAY:
            text = t("I can't reach the database right now. Nothing was changed. Please try again in a minute.")
        case Trouble.LATE:
            text = t("This took too long. Nothing was changed. Please try again in a minute.")
        case Failure.SLACK:
            text = t(
                "Slack didn't say which person or channel you mean. Nothing was changed. Please try again in a minute."
            )
        case Failure.BUG:
            text = t("Something went wrong and nothing was changed.")
    writer.line(text)
    if reference:
        writer.line(
            t(
                "We logged it as {reference}. If it keeps happening, give this reference to your admin.",
                reference=reference,
            )
        )
    if line:
        writer.line(t("Your line:")).preformatted(line)
    return writer.message()
