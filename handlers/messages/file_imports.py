"""The message about an import, kept current, and the list of the last imports at Home."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.importing.refused_links import RefusedOffer
from desk.importing.reports import ImportReport
from desk.importing.results import RefusedRow
from desk.importing.row_pages import PAGE, RowPage
from desk.importing.updating import Remark
from desk.messages.imports import ImportView
from handlers.messages.block_kit.elements import pages, write_more
from handlers.messages.block_kit.message import Bold, Button, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.files import write_code
from handlers.messages.import_counts import cells_in_short, counts_in_words, kind_in_words, sum_in_words
from handlers.messages.importing import explain_remark, reading_in_words, unknown_columns
from handlers.messages.refusals.importing import explain_row, explain_sent_file


def import_told(t: Translator, report: ImportReport, zone: ZoneInfo) -> Message:
    """Render what becomes of a file that its reader sent, with what they may decide now."""
    view = report.view
    writer = Writer().line(Bold(_name(t, view)), f" · {_state(t, view)}")
    if view.is_over and view.state in ("asked", "repeated", "checked", "stopped"):
        writer.line(t("The file is kept no longer. Send it again."))
        return writer.message()
    match view.state:
        case "repeated":
            _write_repeated(t, writer, report.imported_at, zone)
        case "asked":
            _write_asked(t, writer, report)
        case "checked":
            _write_checked(t, writer, report)
        case "stopped":
            writer.line(_why_stopped(t, view))
            _write_result(t, writer, report)
        case "running" | "done":
            _write_result(t, writer, report)
        case "unreadable":
            _write_fault(t, writer, report)
        case "cancelled":
            writer.line(t("Nothing was imported.") if not view.done else _so_far(t, view))
        case _:
            writer.line(t("I'm reading it and trying every row. Nothing is saved yet."))
    return writer.buttons(*_buttons(t, report), *_lists(t, report)).message()


def refused_offered(t: Translator, offer: RefusedOffer, zone: ZoneInfo) -> Message:
    """Render the link to the refused rows of a file with its code, for the one who asked for it."""
    writer = Writer().line(Bold(t("Refused rows of {name}", name=offer.name)))
    write_code(t, writer, offer.link.code, offer.link.until, zone)
    writer.small(t("Mend the rows and send the file to me. The column with the reasons is not imported."))
    return writer.buttons(Button(t("Open the page"), "files.follow", url=offer.link.url, style="primary")).message()


def rows_listed(t: Translator, page: RowPage) -> Message:
    """Render a page of what is said of a file's rows, for the one who asked for it."""
    title = t("Refused rows") if page.what == "refused" else t("Remarks about rows")
    writer = Writer().line(Bold(" · ".join(part for part in (page.name, title) if part)))
    writer.small(
        t(
            "{first}–{last} of {n}",
            first=page.offset + 1,
            last=page.offset + len(page.rows),
            n=page.kept + page.beyond,
        )
    )
    writer.bullets(
        [_refused_line(t, row) if isinstance(row, RefusedRow) else _remark_line(t, row)] for row in page.rows
    )
    behind = page.kept - page.offset - len(page.rows)
    if not behind and page.beyond:
        writer.small(
            t("The others were counted only. Mend these and send the file again to see them.")
            if page.what == "refused"
            else t("The others were counted only.")
        )
    value = {"i": str(page.import_id), "w": page.what}
    buttons = pages(t, "import.rows", value, offset=page.offset, shown=len(page.rows), more=behind, page=PAGE)
    if page.has_table:
        buttons.append(Button(t("As a table"), "import.refused", {"i": str(page.import_id)}))
    return writer.buttons(*buttons).message()


def _refused_line(t: Translator, row: RefusedRow) -> str:
    return t("Line {line} · {reason}", line=row.line, reason=t("; ").join(explain_row(t, each) for each in row.errors))


def _remark_line(t: Translator, remark: Remark) -> str:
    said = explain_remark(t, remark)
    return t("Line {line} · {loan} · {remark}", line=remark.line, loan=remark.number, remark=said)


def write_imports(t: Translator, writer: Writer, views: Sequence[ImportView], zone: ZoneInfo) -> None:
    """Write the last imports, with a button for the refused rows of each that has some."""
    if not views:
        return
    writer.heading(t("Imports"))
    writer.bullets(_row(t, view, zone) for view in views)
    writer.buttons(
        *(
            Button(t("Refused rows · {name}", name=_name(t, view)), "import.rows", {"i": str(view.id)})
            for view in views
            if view.refused
        )
    )


def _row(t: Translator, view: ImportView, zone: ZoneInfo) -> list[Inline]:
    parts = [view.who, t.minute(view.ended_at or view.at, zone), _state(t, view)]
    if view.kind and (view.state == "done" or view.done):
        parts.append(counts_in_words(t, view.kind, {**view.counts, "refused": view.refused}, zeros=False))
    elif view.refused:
        parts.append(t.n("{n} row refused", "{n} rows refused", view.refused))
    return [Bold(_name(t, view)), " · ", " · ".join(part for part in parts if part)]


def _name(t: Translator, view: ImportView) -> str:
    return view.name or (kind_in_words(t, view.kind) if view.kind else t("a file"))


def _state(t: Translator, view: ImportView) -> str:
    if view.state in ("running", "stopped"):
        of = t("{percent} %", percent=view.percent)
        return f"{t('being imported')} · {of}" if view.state == "running" else f"{t('stopped')} · {of}"
    if view.state == "read" and view.total:
        return f"{t('being checked')} · {t('{percent} %', percent=view.percent)}"
    if view.state == "read" and view.read_percent:
        return f"{t('being read')} · {t('{percent} %', percent=view.read_percent)}"
    return {
        "read": t("being checked"),
        "asked": t("a question is open"),
        "repeated": t("imported before"),
        "checked": t("checked, not imported yet"),
        "done": t("imported"),
        "cancelled": t("cancelled"),
        "unreadable": t("not imported"),
    }[view.state]


def _write_repeated(t: Translator, writer: Writer, imported_at: datetime | None, zone: ZoneInfo) -> None:
    when = t.minute(imported_at, zone) if imported_at is not None else t("an earlier day")
    writer.line(t("This file was imported on {when}. What has not changed since stays as it is.", when=when))


def _write_asked(t: Translator, writer: Writer, report: ImportReport) -> None:
    asked = report.asked
    if asked is None:
        return
    if asked.sheets:
        writer.line(t("Several sheets may be meant: {sheets}.", sheets=t(", ").join(asked.sheets)))
        return
    writer.line(t("I don't know for certain what these columns are:"))
    writer.bullets(
        [t("{heading}: {column}?", heading=q.heading, column=asked.label(q, t.language))] for q in asked.columns
    )


def answer_taken(t: Translator) -> Message:
    """Render the answer to what was said of a file."""
    return Writer().line(t("I'm reading the file now, and tell you in our conversation what would happen.")).message()


def _write_checked(t: Translator, writer: Writer, report: ImportReport) -> None:
    view = report.view
    rows = t.n("{n} row", "{n} rows", view.total)
    counts = counts_in_words(t, view.kind, {**view.counts, "refused": view.refused}, zeros=False)
    writer.line(
        t("{kind}, {rows}. Nothing is saved yet; this would happen:", kind=kind_in_words(t, view.kind), rows=rows)
    )
    writer.bullets([[counts or t("nothing")], *([sum_in_words(t, each.amount, each.currency)] for each in view.sums)])
    for line in reading_in_words(t, report.reading) if report.reading else ():
        writer.line(line)
    _write_columns(t, writer, report)
    _write_remarks(t, writer, report)
    if report.names:
        writer.line(t("Names as they were read: {names}", names=t(", ").join(report.names)))
    _write_refused(t, writer, report)
    if view.refused and view.refused < view.refused + _good(view):
        writer.small(t("Mend the file and send it again, or import the good rows."))


def _write_columns(t: Translator, writer: Writer, report: ImportReport) -> None:
    if report.cells:
        writer.line(t("Columns that are imported:"))
        writer.bullets([each.heading, ": ", cells_in_short(t, each)] for each in report.cells)
    elif report.known:
        writer.line(t("Columns that are imported: {names}", names=t(", ").join(heading for _, heading in report.known)))
    if report.unknown:
        writer.line(unknown_columns(t, report.unknown))


def _write_remarks(t: Translator, writer: Writer, report: ImportReport) -> None:
    count = len(report.remarks) + report.more_remarks
    if not count:
        return
    writer.line(Bold(t.n("{n} remark:", "{n} remarks:", count)))
    writer.bullets([_remark_line(t, each)] for each in report.remarks)
    if report.remarks:
        write_more(t, writer, report.more_remarks)
    else:
        writer.small(t("Managers see what they say."))


def _write_refused(t: Translator, writer: Writer, report: ImportReport) -> None:
    refused = report.view.refused
    if not refused:
        return
    writer.line(Bold(t.n("{n} row refused:", "{n} rows refused:", refused)))
    writer.bullets([_refused_line(t, row)] for row in report.refused)
    write_more(t, writer, refused - len(report.refused))


def _write_result(t: Translator, writer: Writer, report: ImportReport) -> None:
    view = report.view
    if view.state != "done":
        writer.line(_so_far(t, view))
    counts = counts_in_words(t, view.kind, {**view.counts, "refused": view.refused}, zeros=False)
    if counts:
        writer.bullets([[counts], *([sum_in_words(t, each.amount, each.currency)] for each in view.sums)])
    elif view.state == "done":
        writer.line(t("Nothing has changed."))
    _write_remarks(t, writer, report)
    _write_refused(t, writer, report)


def _write_fault(t: Translator, writer: Writer, report: ImportReport) -> None:
    if report.fault is not None:
        writer.line(explain_sent_file(t, report.fault))
    else:
        writer.line(t("It could not be read. Send it again; if that fails too, an admin finds the reason in the log."))


def _so_far(t: Translator, view: ImportView) -> str:
    return t.n("{done} of {n} row is imported.", "{done} of {n} rows are imported.", view.total, done=view.done)


def _why_stopped(t: Translator, view: ImportView) -> str:
    return {
        "stopped": t("You can go on from there."),
        "interrupted": t("The program ended. Run loandesk import with the same file again: nothing is imported twice."),
        "refused_meanwhile": t(
            "A row is refused now that was not when the file was checked. Nothing behind it was imported."
        ),
        "failed": t("It did not get on. You can try again; an admin finds the reason in the log."),
    }.get(view.why, "")


def _good(view: ImportView) -> int:
    """Return how many rows a check found good."""
    rows = ("new", "changed", "taken_over", "same", "matched", "reversed", "settled", "replaced")
    return sum(view.counts.get(code, 0) for code in rows)


def _buttons(t: Translator, report: ImportReport) -> list[Button]:
    view = report.view
    value = {"i": str(view.id), "v": view.version}
    cancel = Button(t("Cancel"), "import.cancel", value)
    refused = [Button(t("Refused rows"), "import.refused", {"i": str(view.id)})] if _lists_refused(report) else []
    match view.state:
        case "asked":
            fill = {"form": "import_columns", "f": str(view.id), "v": view.version}
            return [Button(t("Answer"), "form.open", fill, style="primary"), cancel]
        case "checked" if not view.refused:
            return [Button(t("Import"), "import.start", value, style="primary"), cancel]
        case "checked" if _good(view):
            return [Button(t("Import the good rows"), "import.start_good", value), *refused, cancel]
        case "checked":
            return [*refused, cancel]
        case "repeated":
            return [Button(t("Check it again"), "import.check", value), cancel]
        case "running":
            return [Button(t("Stop"), "import.stop", value)]
        case "stopped" if view.why == "refused_meanwhile":
            return [Button(t("Import the good rows"), "import.start_good", value), *refused, cancel]
        case "stopped":
            go_on = "import.start_good" if view.good_rows else "import.start"
            return [Button(t("Go on"), go_on, value, style="primary"), *refused, cancel]
        case _:
            return refused


def _lists(t: Translator, report: ImportReport) -> list[Button]:
    """Return the buttons that list what the message names only the first of."""
    view, found = report.view, list[Button]()
    if view.state not in ("checked", "running", "stopped", "done"):
        return found
    if report.keeps_refused and view.refused > len(report.refused):
        found.append(Button(t("List the refused rows"), "import.rows", {"i": str(view.id), "w": "refused"}))
    if report.remarks and report.more_remarks > 0:
        found.append(Button(t("List the remarks"), "import.rows", {"i": str(view.id), "w": "remarks"}))
    return found


def _lists_refused(report: ImportReport) -> bool:
    return report.view.sees_rows and report.keeps_refused
