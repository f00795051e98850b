"""Lists of what is due, for one reader's eyes."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from desk.follow_ups.due_lists import PAGE, DueList
from handlers.messages.block_kit import parts, tables
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Mention, Part, Writer, fitting


def due_list(t: Translator, view: DueList, zone: ZoneInfo, value: dict[str, Any]) -> Message:
    """One page. `value` is what the buttons to the other pages carry besides their place."""
    writer = Writer().line(_title(t, view), f" · {view.total}")
    if not view.total:
        return _hint(t, writer.line(t("Nothing. Well done."))).message()
    writer.bullets(_rows(t, view, zone))
    if view.more:
        writer.small(t.n("and {n} more", "and {n} more", view.more))
    return _hint(t, writer.buttons(*_pages(t, view, value))).message()


def with_table(t: Translator, view: DueList, zone: ZoneInfo, value: dict[str, Any]) -> Message:
    """The first page, and all of `view` as a table."""
    page = due_list(t, view.first(PAGE), zone, value)
    header, rows = _table(t, view, zone)
    if not rows:
        return page
    block, fit = tables.table(f"{_caption(t, view)} · {view.total}", header, rows)
    shown = view.first(fit)
    writer = Writer().line(_title(t, view), f" · {view.total}").drawn(block)
    if shown.more:
        writer.small(t.n("and {n} more", "and {n} more", shown.more))
    drawn = _hint(t, writer.buttons(*_pages(t, shown, value))).message()
    said = shown.first(fitting(_rows(t, shown, zone)))
    return replace(page, native=replace(drawn, text=due_list(t, said, zone, value).text))


def _title(t: Translator, view: DueList) -> list[Part]:
    title: list[Part] = [Bold(_caption(t, view))]
    if view.whose:
        title += [" · ", t("the team") if view.whose == "team" else Mention(view.whose)]
    return title


def _caption(t: Translator, view: DueList) -> str:
    titles = {
        "today": t("Due today and overdue"),
        "tomorrow": t("Due tomorrow"),
        "week": t("Due this week and overdue"),
        "overdue": t("Overdue"),
        "unplanned": t("Loans with nothing planned"),
    }
    kinds = {"verification": t("Verification"), "repayment": t("Repayment")}
    return f"{titles[view.period]} · {kinds[view.kind]}" if view.kind else titles[view.period]


def _rows(t: Translator, view: DueList, zone: ZoneInfo) -> list[list[Part]]:
    due: list[list[Part]] = [
        [
            *parts.follow_up_line(t, row.follow_up, with_loan=True),
            f" · {row.name} · ",
            t("tail {digits}", digits=row.tail),
        ]
        for row in view.rows
    ]
    unplanned: list[list[Part]] = [
        [
            Code(row.number),
            f" {row.name} · ",
            t("tail {digits}", digits=row.tail),
            f" · {parts.stage(t, row.stage)} · ",
            t("since {day}", day=t.short_date(row.since.astimezone(zone).date())),
        ]
        for row in view.unplanned
    ]
    return due + unplanned


def _table(t: Translator, view: DueList, zone: ZoneInfo) -> tuple[list[str], list[list[tables.Cell]]]:
    if view.period == "unplanned":
        header = [t("Loan"), t("Borrower"), t("Phone ends in"), t("Stage"), t("Since")]
        return header, [
            [
                row.number,
                row.name,
                row.tail,
                parts.stage(t, row.stage),
                t.date(row.since.astimezone(zone).date()),
            ]
            for row in view.unplanned
        ]
    header = [t("Call"), t("Borrower"), t("Phone ends in"), t("About"), t("Due"), t("Overdue"), t("Who"), t("Attempts")]
    return header, [
        [
            f"{row.follow_up.loan_number}/{row.follow_up.number}",
            row.name,
            row.tail,
            parts.purpose(t, row.follow_up.purpose),
            parts.brief_when(t, row.follow_up.due, ZoneInfo(row.follow_up.zone)),
            t("overdue") if row.follow_up.overdue else "",
            row.holder,
            row.follow_up.attempts,
        ]
        for row in view.rows
    ]


def _hint(t: Translator, writer: Writer) -> Writer:
    return writer.small(t("/loan-due help shows the other lists."))


def _pages(t: Translator, view: DueList, value: dict[str, Any]) -> list[Button]:
    buttons: list[Button] = []
    if view.offset:
        buttons.append(Button(t("Back"), "due.list", {**value, "o": max(0, view.offset - PAGE)}))
    if view.more:
        shown = len(view.rows) + len(view.unplanned)
        buttons.append(Button(t("Next page"), "due.list", {**value, "o": view.offset + shown}))
    return buttons
