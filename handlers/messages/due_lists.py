"""Lists of due follow-ups and of loans with nothing planned. Only the reader sees them."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from desk.follow_ups.due_lists import PAGE, DueList
from handlers.messages.block_kit import elements, tables
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, fitting


def due_list(t: Translator, view: DueList, zone: ZoneInfo, value: dict[str, Any]) -> Message:
    """Render one page. `value` is what the buttons to other pages carry besides their offset."""
    writer = Writer().line(_title(t, view), f" · {view.total}")
    if not view.total:
        return _hint(t, writer.line(t("All clear. Well done."))).message()
    writer.bullets(_rows(t, view, zone))
    elements.write_more(t, writer, view.more)
    return _hint(t, writer.buttons(*_pages(t, view, value))).message()


def with_table(t: Translator, view: DueList, zone: ZoneInfo, value: dict[str, Any]) -> Message:
    """Render the first page, with the form that shows all of `view` as a table."""
    page = due_list(t, view.first(PAGE), zone, value)
    header, rows = _table(t, view, zone)
    if not rows:
        return page
    block, fit = tables.table(f"{_caption(t, view)} · {view.total}", header, rows)
    visible = view.first(fit)
    writer = Writer().line(_title(t, view), f" · {view.total}").block(block)
    elements.write_more(t, writer, visible.more)
    tabular = _hint(t, writer.buttons(*_pages(t, visible, value))).message()
    readable = visible.first(fitting(_rows(t, visible, zone)))
    return replace(page, with_tables=replace(tabular, text=due_list(t, readable, zone, value).text))


def _title(t: Translator, view: DueList) -> list[Inline]:
    title: list[Inline] = [Bold(_caption(t, view))]
    if view.whose:
        title += [" · ", t("the team") if view.whose == "team" else Mention(view.whose)]
    return title


def _caption(t: Translator, view: DueList) -> str:
    titles = {
        "today": t("Late and due today"),
        "tomorrow": t("Due tomorrow"),
        "week": t("Late and due this week"),
        "late": t("Late"),
        "unplanned": t("Loans with nothing planned"),
    }
    kinds = {"verification": t("Verification"), "repayment": t("Repayment")}
    return f"{titles[view.period]} · {kinds[view.kind]}" if view.kind else titles[view.period]


def _rows(t: Translator, view: DueList, zone: ZoneInfo) -> list[list[Inline]]:
    due: list[list[Inline]] = [
        [
            *elements.follow_up_line(t, row.follow_up, with_loan=True),
            f" · {row.name} · ",
            elements.phone_ending(t, row.tail),
        ]
        for row in view.rows
    ]
    unplanned: list[list[Inline]] = [
        [
            Code(row.number),
            f" {row.name} · ",
            elements.phone_ending(t, row.tail),
            f" · {elements.stage(t, row.stage)} · ",
            t("since {day}", day=t.short_date(row.since.astimezone(zone).date())),
        ]
        for row in view.unplanned
    ]
    return due + unplanned


def _table(t: Translator, view: DueList, zone: ZoneInfo) -> tuple[list[str], list[list[tables.Cell]]]:
    if view.period == "unplanned":
        header = [t("Loan"), t("Borrower"), t("Phone ending"), t("Stage"), t("Since")]
        return header, [
            [row.number, row.name, row.tail, elements.stage(t, row.stage), t.date(row.since.astimezone(zone).date())]
            for row in view.unplanned
        ]
    header = [
        t("Follow-up"),
        t("Borrower"),
        t("Phone ending"),
        t("Purpose"),
        t("Due"),
        t("Late"),
        t("Assignee"),
        t("Attempts"),
    ]
    return header, [
        [
            elements.follow_up_name(row.follow_up),
            row.name,
            row.tail,
            elements.purpose(t, row.follow_up.purpose),
            elements.brief_when(t, row.follow_up.due, ZoneInfo(row.follow_up.zone)),
            t("late") if row.follow_up.late else "",
            row.assignee_name,
            row.follow_up.attempts,
        ]
        for row in view.rows
    ]


def _hint(t: Translator, writer: Writer) -> Writer:
    return writer.small(t("/loan-due help shows the other lists."))


def _pages(t: Translator, view: DueList, value: dict[str, Any]) -> list[Button]:
    buttons: list[Button] = []
    if view.offset:
        buttons.append(Button(t("Previous page"), "due.list", {**value, "o": max(0, view.offset - PAGE)}))
    if view.more:
        end = view.offset + len(view.rows) + len(view.unplanned)
        buttons.append(Button(t("Next page"), "due.list", {**value, "o": end}))
    return buttons
