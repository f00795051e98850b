"""Lists as files: the button, the answer to asking for one, and the notice that it is there. They name no borrower."""

from collections.abc import Mapping
from typing import Any

from desk.exports.asking import ExportAsked, ExportView
from desk.exports.lists import Format, ListCode, layout
from desk.files.upkeep import UNFILED_FOR
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.file_lines import size
from handlers.messages.made_files import file_buttons

ASK = "export.ask"
"""The act of the button."""


def export_button(t: Translator, listed: ListCode, about: Mapping[str, Any], label: str | None = None) -> Button:
    """Return the button that has a list made into a file; `about` is what the list is of, and its format if one is chosen."""
    return Button(
        label or t("Export"), ASK, {"list": listed, **{name: value for name, value in about.items() if value}}
    )


def export_asked(t: Translator, asked: ExportAsked) -> Message:
    """Render the answer to asking for a list as a file: it is being made."""
    writer = Writer()
    writer.phrase(
        t,
        "I'm making a file of the list {list}: {format}. A direct message will tell you when it is ready.",
        list=Bold(list_name(t, asked.wanted.listed)),
        format=format_name(t, asked.format),
    )
    if asked.in_full:
        writer.line(t("It has names and phone numbers in full: keep it where only those who may see them can open it."))
    else:
        writer.line(t("Names are masked in it, and of phone numbers it has the last four digits."))
    writer.small(t("Your request is recorded, with the loans that the file names."))
    if not asked.wanted.words:
        others: tuple[Format, ...] = ("xlsx", "csv", "csv_bom")
        value = asked.wanted.about
        writer.buttons(
            *(
                export_button(
                    t, asked.wanted.listed, {**value, "as": each}, t("As {format}", format=format_name(t, each))
                )
                for each in others
                if each != asked.format
            )
        )
    return writer.message()


def export_ready(t: Translator, view: ExportView, *, may_be_sent: bool) -> Message:
    """Render what became of an export, for who asked for it; `may_be_sent`: also as a file in Slack."""
    writer, name = Writer(), Bold(list_name(t, view.listed))
    if view.is_built and view.file_id is not None:
        writer.phrase(
            t,
            "The file of the list {list} is ready: {format}, {rows}, {size}.",
            list=name,
            format=format_name(t, view.format),
            rows=t.n("{n} row", "{n} rows", view.rows),
            size=size(view.size),
        )
        writer.small(
            t(
                "It is kept for {n} days, and opens with a link that works once, as long as you may see every loan in it.",
                n=UNFILED_FOR.days,
            )
        )
        return writer.buttons(*file_buttons(t, t("Open the file"), view.file_id, may_be_sent=may_be_sent)).message()
    if view.is_built:
        writer.phrase(t, "The file of the list {list} is no longer kept. Export it again.", list=name)
    elif view.why == "forbidden":
        writer.phrase(
            t,
            "There is no file of the list {list} for you: your role has changed, or you may not see all of it any more. Export "
            "it again to get what you may see.",
            list=name,
        )
    else:
        writer.phrase(
            t,
            "The file of the list {list} could not be made. Export it again; if that fails too, an admin finds the reason in "
            "the log.",
            list=name,
        )
    return writer.message()


def list_name(t: Translator, listed: ListCode) -> str:
    """Return the name of a list."""
    return layout().lists[listed].word(t.language)


def format_name(t: Translator, file_format: Format) -> str:
    """Return the name of a format."""
    return {"xlsx": "Excel", "csv": "CSV", "csv_bom": t("CSV for Excel")}[file_format]
