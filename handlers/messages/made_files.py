"""Files that the desk made: the buttons below one, and what became of one that was to be sent in Slack."""

from uuid import UUID

from desk.files.slack_uploads import UploadView
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def file_buttons(t: Translator, open_it: str, file_id: UUID, *, may_be_sent: bool) -> list[Button]:
    """Return the buttons below a file that the desk made: one opens it, and one has it sent, where that is allowed."""
    value = {"f": str(file_id)}
    opens = Button(open_it, "files.open", value, style="primary")
    return [opens, Button(t("Send it here"), "files.send", value)] if may_be_sent else [opens]


def upload_asked(t: Translator) -> Message:
    """Render the answer to asking for a file in Slack: it is being sent."""
    writer = Writer().line(t("I'm sending the file here. It will arrive in a moment."))
    return writer.small(
        t(
            "In Slack it stays until you delete it, and the desk no longer asks who may open it. It is recorded that you have it."
        )
    ).message()


def file_not_sent(t: Translator, view: UploadView) -> Message:
    """Render why a file could not be sent in Slack, for who asked for it."""
    writer = Writer()
    writer.phrase(t, "I could not send {file}.", file=Bold(view.name))
    if view.why == "forbidden":
        writer.line(t("You may not have it any more, or files are no longer sent in Slack here. Ask for it again."))
        return writer.message()
    if view.why == "withheld":
        writer.line(
            t(
                "Slack doesn't let me send files. An admin can update the app with `loandesk manifest`: the scope files:write is "
                "missing."
            )
        )
    else:
        writer.line(t("Slack did not take it. Press “Send it here” once more, or open it with a link."))
    return writer.buttons(*file_buttons(t, t("Open the file"), view.file_id, may_be_sent=False)).message()
