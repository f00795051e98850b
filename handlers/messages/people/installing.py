"""What is said about the installation of the app: to people of a team in which it is not, and to admins."""

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.languages import LANGUAGES
from handlers.messages.block_kit.message import Bold, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def not_installed() -> str:
    """Return what people read who use the app where it is not installed any more, or not yet, in every language."""
    return "\n".join(_not_installed(Translator(language.locale)) for language in LANGUAGES.values())


def _not_installed(t: Translator) -> str:
    return t("Loan Desk is not installed in this workspace, so nothing was done. Please ask an admin of your Slack.")


def installed_again(t: Translator, zone: ZoneInfo, since: datetime) -> Message:
    """Render the message to each admin after the app was removed, or lost its access at `since`, and was installed again."""
    writer = Writer()
    writer.line(Bold(t("Loan Desk is installed in Slack again.")))
    writer.phrase(
        t,
        "It was without access from {time}. No data was lost, and what fell due meanwhile comes now.",
        time=t.instant(since, zone),
    )
    return writer.message()


def install_needed(t: Translator, zone: ZoneInfo, until: datetime, url: str) -> Message:
    """Render the message to each admin when Slack does not renew the app's access any more, which ends at `until`."""
    writer = Writer()
    writer.line(Bold(t("Please have Loan Desk installed in Slack again.")))
    writer.phrase(
        t,
        "Slack does not renew its access, which ends on {time}. An admin of your Slack can install it at {url}. No data is lost.",
        time=t.instant(until, zone),
        url=Code(url),
    )
    return writer.message()
