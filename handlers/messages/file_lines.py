"""Files in words: a row of a list, a size, and why one was not taken."""

from desk.documents.files import FileView
from desk.files.inspection import MOST_PAGES
from desk.rules.file_kinds import KINDS
from handlers.messages.block_kit.message import Inline
from handlers.messages.block_kit.translator import Translator

_KILO = 1024


def file_line(t: Translator, file: FileView) -> list[Inline]:
    """Return a stored file as a row: name, kind, size, pages, and what is to be looked at."""
    line: list[Inline] = [file.name, f" · {file.kind.upper()} · {size(file.size)}"]
    if file.pages is not None and file.kind == "pdf":
        line.append(" · " + t.n("{n} page", "{n} pages", file.pages))
    if file.kind in KINDS and KINDS[file.kind].audio:
        line.append(f" · {length(t, file.seconds)}")
    if file.why == "protected":
        line.append(" · " + t("protected: it may ask for a password"))
    return line


def length(t: Translator, seconds: int | None) -> str:
    """Return how long a recording is, or that nobody knows."""
    return t("length unknown") if seconds is None else playing_time(seconds)


def playing_time(seconds: int) -> str:
    """Return a length as players show it: `4:10`, `1:02:03`."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def size(count: int) -> str:
    """Return a number of bytes as people read it: `812 KB`, `1.4 MB`."""
    if count < _KILO * _KILO:
        return f"{max(1, round(count / _KILO))} KB"
    return f"{count / _KILO / _KILO:.1f} MB"


def why_not_taken(t: Translator, why: str) -> str:
    """Return why a file was not taken, and what to do instead."""
    kinds = {
        "kind_program": t("it is a program"),
        "kind_office": t("it is an office file"),
        "kind_archive": t("it is an archive"),
        "kind_page": t("it is a web page or drawing"),
        "kind_audio": t("it is a recording of a kind that the desk doesn't know"),
        "kind_video": t("it is a video"),
        "kind_other": t("its kind is unknown"),
    }
    if why in kinds:
        return t(
            "not taken: {why}. Send a PDF or a photo (JPEG, PNG, WebP, HEIC, TIFF), or a recording (WAV, MP3, Ogg, M4A, AMR).",
            why=kinds[why],
        )
    return {
        "too_large": t("not taken: it is too large. Send it in parts, or scan it at a lower resolution."),
        "empty": t("not taken: it is empty. Send it again."),
        "too_many_pages": t("not taken: it has more than {n} pages. Send it in parts.", n=MOST_PAGES),
        "gone": t("not taken: it was deleted in Slack. Send it again."),
        "external": t("not taken: it is a link to another service. Send the file itself."),
        "withheld": t(
            "not taken: Slack did not hand it over. Ask an admin to check the app's scopes with loandesk doctor."
        ),
        "not_fetched": t("not taken: Slack or the store did not answer for an hour. Send it again."),
        "kind_table": t("not taken: tables are imported by managers and admins. Give it to one of them."),
        "no_table": t("not taken: it is no table. Send loans, payments or schedules as CSV, XLSX, XLS or ODS."),
        "discarded": t("discarded"),
        "same": t("not taken: the same recording is already at the loan"),
    }.get(why, t("not taken"))
