"""The link to the proof of a month."""

from zoneinfo import ZoneInfo

from desk.files.proof_links import ProofOffer
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.files import write_code


def proof_offered(t: Translator, offer: ProofOffer, zone: ZoneInfo) -> Message:
    """Render the link with its code, for the one who asked for it."""
    writer = Writer().line(Bold(t("Monthly proof {month}", month=offer.month)))
    write_code(t, writer, offer.link.code, offer.until, zone)
    writer.small(t("It is made when you open it. A busy month takes some seconds."))
    return writer.buttons(Button(t("Open the page"), "files.follow", url=offer.link.url, style="primary")).message()
