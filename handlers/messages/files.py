"""Answers and notices about files that people send. Only the reader sees them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.documents.files import FileView
from desk.files.arrivals import ArrivalResult
from desk.files.batches import BatchView, FilePlace
from desk.files.filing import FilesFiled
from desk.files.intake import FilesExpected
from desk.files.links import TRIES, LinkOffer
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.documents import document, write_changed, write_loan, write_requested
from handlers.messages.file_lines import file_line, size, why_not_taken


def write_code(t: Translator, writer: Writer, code: str, until: datetime, zone: ZoneInfo) -> None:
    """Write the code that a page asks for, and how long it holds."""
    writer.phrase(t, "Open the page and type this code there: {code}", code=Code(f"{code[:3]} {code[3:]}"))
    writer.small(
        t(
            "For you alone, once, until {time}. After {n} wrong codes you need a new link.",
            time=t.clock_time(until, zone),
            n=TRIES,
        )
    )


def link_offered(t: Translator, offer: LinkOffer, zone: ZoneInfo) -> Message:
    """Render the link to a file with its code, for the one who asked for it."""
    writer = Writer().line(Bold(offer.file.name))
    write_code(t, writer, offer.code, offer.until, zone)
    return writer.buttons(Button(t("Open the page"), "files.follow", url=offer.url, style="primary")).message()


def expected(t: Translator, result: FilesExpected) -> Message:
    """Render the answer to files that are being fetched from Slack."""
    writer = Writer()
    _write_expected(t, writer, result)
    return writer.message()


def arrivals_recorded(t: Translator, result: ArrivalResult, zone: ZoneInfo) -> Message:
    """Render the answer to documents that arrived together, and what is still missing with its last day."""
    writer, missing = Writer(), result.missing
    if result.change is not None:
        change = result.change if missing is None else replace(result.change, placed=(), next_steps=None)
        write_changed(t, writer, change, zone, brief=missing is not None, undo=missing is None)
    if missing is not None:
        if result.change is None:
            write_loan(t, writer, missing.loan, missing.name)
        write_requested(t, writer, missing, zone)
    elif result.date_unused or result.change is None:
        writer.line(t("Nothing is missing, so the last day isn't used."))
    if result.files is not None:
        _write_expected(t, writer, result.files)
    return writer.message()


def _write_expected(t: Translator, writer: Writer, result: FilesExpected) -> None:
    if result.count or not result.too_large:
        writer.line(
            t.n(
                "I'm fetching {n} file. In a moment a message will tell you what became of it.",
                "I'm fetching {n} files. In a moment a message will tell you what became of them.",
                result.count,
            )
        )
    if result.too_large:
        writer.line(t("Not taken, because they are larger than {size}:", size=size(result.most_bytes)))
        writer.bullets([name] for name in result.too_large)
        writer.line(t("Send them in parts, or scan them at a lower resolution."))


def arrived(t: Translator, batch: BatchView) -> Message:
    """Render the message about files that were sent together: what became of each, and where the others belong."""
    waiting = batch.waiting
    writer = Writer().line(Bold(t("Files you sent: {n}", n=len(batch.files))))
    writer.bullets(_row(t, batch, file) for file in batch.files)
    if not waiting:
        return writer.message()
    value, buttons = {"b": str(batch.id)}, list[Button]()
    if batch.documents:
        writer.line(t("Which loan and which document?"))
        if batch.wished is not None:
            buttons.append(Button(place(t, batch.wished), "files.take", value, style="primary"))
        buttons.append(Button(t("Choose loan and document"), "form.open", {"form": "file", **value}))
    if batch.recordings:
        writer.line(t("Which loan and which call is the recording of? It waits here until you say."))
        buttons.append(Button(t("Choose loan and call"), "form.open", {"form": "recording", **value}))
    return writer.buttons(*buttons, Button(t("Discard"), "files.discard", value)).message()


def filed(t: Translator, result: FilesFiled, zone: ZoneInfo) -> Message:
    """Render the answer to files that belong to a document now."""
    writer = Writer()
    writer.bullets(file_line(t, file) for file in result.files)
    _write_duplicates(t, writer, result.duplicates)
    write_changed(t, writer, result.change, zone)
    return writer.message()


def discarded(t: Translator, count: int) -> Message:
    """Render the answer to files that were discarded."""
    return Writer().line(t.n("{n} file discarded.", "{n} files discarded.", count)).message()


def place(t: Translator, where: FilePlace) -> str:
    """Return a document of a loan in words: `A-1 · ID card`."""
    return f"{where.number} · {document(t, where.document.code, where.document.words)}"


def _row(t: Translator, batch: BatchView, file: FileView) -> list[Inline]:
    if file.state == "refused":
        return [file.name or t("a file"), " · ", why_not_taken(t, file.why)]
    if file.state == "expected":
        return [file.name or t("a file"), " · ", t("being fetched")]
    line = file_line(t, file)
    if file.state == "filed":
        where = batch.filed.get(file.id)
        return [*line, " · ", Bold(place(t, where) if where else t("filed"))]
    if (same := batch.duplicates.get(file.id)) is not None:
        line += [" · ", Bold(t("the same file is already at {place}", place=place(t, same)))]
    return line


def _write_duplicates(t: Translator, writer: Writer, duplicates: Sequence[FilePlace]) -> None:
    for each in duplicates:
        writer.line(Bold(t("The same file is already at {place}.", place=place(t, each))))
