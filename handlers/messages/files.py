"""Answers and notices about files that people send. Only the reader sees them."""

from zoneinfo import ZoneInfo

from desk.documents.files import FileView
from desk.files.links import TRIES, LinkOffer
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer

_KILO = 1024


def file_line(t: Translator, file: FileView) -> list[Inline]:
    """Return a stored file as a row: name, kind, size, pages, and what is to be looked at."""
    line: list[Inline] = [file.name, f" · {file.kind.upper()} · {size(file.size)}"]
    if file.pages is not None and file.kind == "pdf":
        line.append(" · " + t.n("{n} page", "{n} pages", file.pages))
    if file.why == "protected":
        line.append(" · " + t("protected: it may ask for a password"))
    return line


def size(count: int) -> str:
    """Return a number of bytes as people read it: `812 KB`, `1.4 MB`."""
    if count < _KILO * _KILO:
        return f"{max(1, round(count / _KILO))} KB"
    return f"{count / _KILO / _KILO:.1f} MB"


def link_offered(t: Translator, offer: LinkOffer, zone: ZoneInfo) -> Message:
    """Render the link to a file with its code, for the one who asked for it."""
    writer = Writer().line(Bold(offer.file.name))
    code = f"{offer.code[:3]} {offer.code[3:]}"
    writer.phrase(t, "Open the page and type this code there: {code}", code=Code(code))
    writer.small(
        t(
            "For you alone, once, until {time}. After {n} wrong codes you need a new link.",
            time=t.clock_time(offer.until, zone),
            n=TRIES,
        )
    )
    return writer.buttons(Button(t("Open the page"), "files.follow", url=offer.url, style="primary")).message()
