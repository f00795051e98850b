"""Lists of due follow-ups, and of loans with nothing planned or in arrears. Only the reader sees them."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from desk.exports.lists import list_of_period
from desk.follow_ups.due_lists import OF_LOANS, PAGE, DueList, Period
from desk.follow_ups.listed_loans import ListedLoan
from handlers.messages.arrears import arrears_facts, arrears_table, next_call_button, write_buckets
from handlers.messages.block_kit import elements, tables
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, fitting, phrase
from handlers.messages.contact import named_with_states, states_words
from handlers.messages.documents import brief_papers
from handlers.messages.exports import export_button
from handlers.messages.playbooks import write_playbooks


def due_list(t: Translator, view: DueList, value: dict[str, Any]) -> Message:
    """Render one page. `value` is what the buttons to other pages carry besides their offset."""
    writer = Writer().line(_title(t, view), f" · {_total(view)}")
    if view.of_reminder:
        writer.line(t("Only what this reminder lists and nobody has acted on."))
    if view.total:
        write_buckets(t, writer, view.buckets)
        writer.bullets(_rows(t, view))
        _write_more(t, writer, view)
        _write_order(t, writer, view)
    else:
        writer.line(_nothing(t, view))
    _write_covers(t, writer, view)
    return _write_buttons(t, writer, view, value).message()


def planned_follow_ups(t: Translator, view: DueList, value: dict[str, Any]) -> Message:
    """Render a page of the follow-ups that a plan would move. `value` is as for `due_list`."""
    writer = Writer().line(Bold(_caption(t, view)), f" · {view.total}").bullets(_rows(t, view))
    elements.write_more(t, writer, view.more)
    _write_cards(t, writer, view)
    pages = elements.pages(
        t, "reassign.list", value, offset=view.offset, shown=len(view.rows), more=view.more, page=PAGE
    )
    return writer.buttons(*pages).message()


def with_table(t: Translator, view: DueList, value: dict[str, Any]) -> Message:
    """Render the first page, with the form that shows all of `view` as a table."""
    page = due_list(t, view.first(PAGE), value)
    header, rows = _table(t, view)
    if not rows:
        return page
    block, fit = tables.table(f"{_caption(t, view)} · {_total(view)}", header, rows)
    visible = view.first(fit)
    writer = Writer().line(_title(t, view), f" · {_total(view)}")
    write_buckets(t, writer, view.buckets)
    writer.block(block)
    _write_more(t, writer, visible)
    _write_order(t, writer, view)
    _write_covers(t, writer, view)
    tabular = _write_buttons(t, writer, visible, value).message()
    readable = visible.first(fitting(_rows(t, visible)))
    return replace(page, with_tables=replace(tabular, text=due_list(t, readable, value).text))


def _total(view: DueList) -> str:
    return f"{view.total}+" if view.is_longer else str(view.total)


def _write_more(t: Translator, writer: Writer, view: DueList) -> None:
    if view.is_longer:
        writer.small(t("and more than {n} more", n=view.more))
    else:
        elements.write_more(t, writer, view.more)


def _write_buttons(t: Translator, writer: Writer, view: DueList, value: dict[str, Any]) -> Writer:
    if view.queue is not None and view.total:
        writer.buttons(next_call_button(t, view.queue))
    _write_cards(t, writer, view)
    if view.may_see_playbook:
        planned = [(row.loan_id, row.follow_up.loan_number, row.follow_up.purpose) for row in view.rows]
        in_arrears = [(row.loan_id, row.number, row.next.purpose) for row in view.loans if row.next is not None]
        write_playbooks(t, writer, [*planned, *in_arrears])
    shown = len(view.rows) + len(view.loans)
    pages = elements.pages(t, "due.list", value, offset=view.offset, shown=shown, more=view.more, page=PAGE)
    export = [export_button(t, list_of_period(view.period), value)] if view.may_export and view.total else []
    return writer.buttons(*pages, *_lists(t, view, value), *export)


def _title(t: Translator, view: DueList) -> list[Inline]:
    title: list[Inline] = [Bold(_caption(t, view))]
    if view.whose == "team":
        title += [" · ", *(phrase(t, "the team of {who}", who=Mention(view.of)) if view.of else [t("the team")])]
    elif named := view.whose or view.of:
        title += [" · ", Mention(named)]
    return title


def _caption(t: Translator, view: DueList) -> str:
    titles = _titles(t)
    kinds = {"verification": t("Verification"), "repayment": t("Repayment"), "service": t("Other")}
    return f"{titles[view.period]} · {kinds[view.kind]}" if view.kind else titles[view.period]


def _titles(t: Translator) -> dict[Period, str]:
    return {
        "today": t("Late and due today"),
        "tomorrow": t("Due tomorrow"),
        "week": t("Late and due this week"),
        "late": t("Late"),
        "all": t("All open follow-ups"),
        "arrears": t("In arrears"),
        "unplanned": t("Loans with nothing planned"),
    }


def _write_order(t: Translator, writer: Writer, view: DueList) -> None:
    if view.period == "arrears":
        writer.small(
            t(
                "In this order: a broken promise, the later bucket, the larger amount, the longest without a conversation; "
                "last those whose calls wait for a manager."
            )
        )


def _nothing(t: Translator, view: DueList) -> str:
    if view.period == "arrears":
        return t("By the lender's data, nobody is in arrears here.")
    return t("All clear. Well done.")


def _write_covers(t: Translator, writer: Writer, view: DueList) -> None:
    if view.covers_for:
        names = elements.mentions(t, view.covers_for)
        writer.line(t("Covering for:"), " ", names)


def _rows(t: Translator, view: DueList) -> list[list[Inline]]:
    due: list[list[Inline]] = [
        [
            *elements.follow_up_line(t, row.follow_up, with_loan=True, promise=row.promise),
            f" · {row.name} · ",
            elements.phone_ending(t, row.tail),
            *states_words(t, row.states),
            f" · {brief_papers(t, row.asks_for)}" if row.asks_for else "",
        ]
        for row in view.rows
    ]
    render = _in_arrears if view.period == "arrears" else _unplanned
    return due + [render(t, row) for row in view.loans]


def _unplanned(t: Translator, row: ListedLoan) -> list[Inline]:
    since = t("since {day}", day=t.short_date(row.since))
    return [*_loan(t, row), f" · {elements.stage(t, row.stage)} · {since} · ", _owner(t, row)]


def _in_arrears(t: Translator, row: ListedLoan) -> list[Inline]:
    words = [*_loan(t, row), " · ", t("unpaid since {day}", day=t.short_date(row.since)), " · "]
    words += [piece for facts in arrears_facts(t, row.arrears) for piece in (*facts, " · ")] if row.arrears else []
    if row.next is None:
        words.append(t("no call planned"))
    else:
        words.append(t("next: {what}", what=_next_call(t, row)))
        words += [" · ", Bold(t("late"))] if row.next.late else []
        words += [", ", Mention(row.next.assignee)] if row.next.assignee != row.owner else []
    return [*words, " · ", _owner(t, row)]


def _loan(t: Translator, row: ListedLoan) -> list[Inline]:
    named: list[Inline] = [Code(row.number), f" {row.name} · ", elements.phone_ending(t, row.tail)]
    return named + states_words(t, row.states)


def _next_call(t: Translator, row: ListedLoan) -> str:
    if row.next is None:
        return ""
    when = elements.brief_when(t, row.next.due, ZoneInfo(row.next.zone))
    return f"{elements.purpose(t, row.next.purpose)} {when}"


def _owner(t: Translator, row: ListedLoan) -> Inline:
    return Mention(row.owner) if row.owner else t("no owner")


def _table(t: Translator, view: DueList) -> tuple[list[str], list[list[tables.Cell]]]:
    if view.period == "unplanned":
        header = [t("Loan"), t("Borrower"), t("Phone ending"), t("Stage"), t("Since"), t("Owner")]
        return header, [
            [*_loan_cells(t, row), elements.stage(t, row.stage), t.short_date(row.since), row.owner_name]
            for row in view.loans
        ]
    if view.period == "arrears":
        return arrears_table(t, view.loans, _next_call)
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
            named_with_states(t, row.name, row.states),
            row.tail,
            elements.purpose_and_promise(t, row.follow_up.purpose, row.promise),
            elements.brief_when(t, row.follow_up.due, ZoneInfo(row.follow_up.zone)),
            t("late") if row.follow_up.late else "",
            row.assignee_name,
            row.follow_up.attempts,
        ]
        for row in view.rows
    ]


def _loan_cells(t: Translator, row: ListedLoan) -> list[tables.Cell]:
    return [row.number, named_with_states(t, row.name, row.states), row.tail]


def _write_cards(t: Translator, writer: Writer, view: DueList) -> None:
    """Write what opens the card of each row: a button each, or one menu for a long list."""
    rows = [(row.loan_id, row.follow_up.loan_number, row.name) for row in view.rows]
    rows += [(row.loan_id, row.number, row.name) for row in view.loans]
    elements.write_cards(t, writer, rows)


def _lists(t: Translator, view: DueList, value: dict[str, Any]) -> list[Button]:
    """Return the buttons to the other lists of the same people."""
    labels: dict[Period, str] = {
        "today": t("Today"),
        "week": t("This week"),
        "late": t("Late"),
        "arrears": t("In arrears"),
        "unplanned": t("Nothing planned"),
    }
    buttons: list[Button] = []
    for period, label in labels.items():
        if period != view.period or view.of_reminder:
            left = {"n", "k"} if period in OF_LOANS else {"n"}
            kept = {name: each for name, each in value.items() if name not in left}
            buttons.append(Button(label, "due.list", {**kept, "p": period, "o": 0}))
    return buttons
