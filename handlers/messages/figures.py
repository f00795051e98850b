"""The figures of a team: each number with what it is a share of, and a button to its list. Only managers see them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk.messages.figure_lists import OF_LOANS, PAGE, Figure, FigureList, FigureRow
from desk.messages.figures import Asked, Figures, MemberFigures
from desk.rules.figures import SPANS, Days, Span, Tally
from handlers.messages.block_kit import elements, tables
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT, VIEW_BLOCKS, View
from handlers.messages.block_kit.writer import Writer
from handlers.messages.exports import export_button
from handlers.messages.repayment import promise_state

_IN_DIGEST = 10
"""Members with a line of their own in a digest without tables; the page has all."""

FIGURES_VIEW = "figures"
"""The form name of the modal."""


def figures_view(t: Translator, view: Figures) -> View:
    """Render the figures as a modal."""
    writer = Writer(most_blocks=VIEW_BLOCKS)
    _write_page(t, writer, view)
    blocks = writer.message().blocks
    return View(form=FIGURES_VIEW, title=PRODUCT, blocks=blocks, close=t("Close"), private=_value(view.asked))


def figures_message(t: Translator, view: Figures) -> Message:
    """Render the figures as a message, where no modal can be shown."""
    writer = Writer()
    _write_page(t, writer, view)
    return writer.message()


def spans_buttons(t: Translator) -> list[Button]:
    """Return the buttons of the Home that open the figures of the reader's team, one for each period."""
    return [Button(_span(t, span), "figures.show", {"s": span}) for span in SPANS]


def write_summary(t: Translator, writer: Writer, view: Figures, *, by_member: bool) -> None:
    """Write the figures of a team for one day into its digest, with a button for each list and one for the page; `by_member`
    adds a line for each member."""
    writer.line(Bold(t("Figures for {day}", day=_days(t, view.days))))
    for line in _lines(t, view):
        writer.line(line)
    if by_member:
        for each in view.members[:_IN_DIGEST]:
            writer.line(_member(t, each, view.silent_days))
    writer.buttons(*_lists(t, view), Button(t("Figures"), "figures.show", _value(view.asked)))


def figures_table(t: Translator, view: Figures) -> dict[str, Any] | None:
    """Return the figures by member as one of Slack's tables, or None where there are no members."""
    if not view.members:
        return None
    header = [
        t("Member"),
        t("Calls"),
        t("Conversations"),
        t("Due"),
        t("On time"),
        t("Late now"),
        t("Done"),
        t("Promises kept"),
    ]
    caption = t("Figures for {day}", day=_days(t, view.days))
    return tables.table(caption, header, _table_rows(t, view.members), share=2)[0]


def _table_rows(t: Translator, members: Sequence[MemberFigures]) -> list[list[tables.Cell]]:
    return [
        [
            each.name,
            each.tally.calls,
            each.tally.conversations,
            each.tally.due,
            each.tally.in_time,
            each.tally.late,
            each.tally.done,
            t("{part} of {whole}", part=each.tally.kept, whole=each.tally.promises) if each.tally.promises else "",
        ]
        for each in members
    ]


def listed(t: Translator, view: FigureList, zone: ZoneInfo) -> Message:
    """Render a page of the rows behind a number. Only the reader sees it."""
    title = _figure(t, view.figure)
    if view.bucket is not None:
        title = f"{title} {view.bucket.word(t.language)}"
    writer = Writer()
    parts = [
        view.title,
        "" if view.figure in _NOW else _days(t, view.days),
        f"{view.total}+" if view.is_longer else str(view.total),
    ]
    writer.line(Bold(title), *(f" · {part}" for part in parts if part))
    writer.bullets([_row(t, view.figure, row, zone) for row in view.rows])
    if view.is_longer:
        writer.small(t("and more than {n} more", n=view.more))
    else:
        elements.write_more(t, writer, view.more)
    elements.write_cards(t, writer, [(row.loan_id, row.number, row.name) for row in view.rows])
    value = {**_value(view.asked), "x": view.figure}
    if view.first_day is not None:
        value["b"] = view.first_day
    pages = elements.pages(
        t, "figures.list", value, offset=view.offset, shown=len(view.rows), more=view.more, page=PAGE
    )
    export = [export_button(t, "figure", value)] if view.may_export and view.rows else []
    return writer.buttons(*pages, *export).message()


_NOW = ("late", "open", "loans", "silent", "arrears")
"""The figures that count what is so now, whatever the period."""


def _row(t: Translator, figure: Figure, row: FigureRow, zone: ZoneInfo) -> list[Inline]:
    words: list[Inline] = [Code(row.number), f" {row.name} · ", elements.phone_ending(t, row.tail), " · "]
    words.append(_word(t, row))
    when = t.minute(row.at, zone) if isinstance(row.at, datetime) else t.short_date(row.at)
    if figure in OF_LOANS:
        when = t("since {day}", day=when.rsplit(" ", 1)[0] if isinstance(row.at, datetime) else when)
    return [*words, f" · {when} · ", Mention(row.who) if row.who else t("no owner")]


def _word(t: Translator, row: FigureRow) -> str:
    if row.outcome is not None:
        return elements.outcome(t, row.outcome)
    if row.purpose is not None:
        return elements.purpose(t, row.purpose)
    if row.money is not None:
        paid, promised = (t.money(each, row.money.currency) for each in (row.money.paid, row.money.promised))
        return t("{paid} of {promised}", paid=paid, promised=promised)
    if row.promise is not None:
        return promise_state(t, row.promise)
    if row.days is not None:
        return t.n("{n} day past due", "{n} days past due", row.days)
    return elements.stage(t, row.stage)


def _write_page(t: Translator, writer: Writer, view: Figures) -> None:
    writer.heading(_heading(t, view))
    writer.line(_days(t, view.days))
    writer.buttons(*_periods(t, view), *_teams(t, view))
    writer.bullets([line] for line in _lines(t, view))
    writer.buttons(*_lists(t, view))
    if view.members:
        writer.divider().line(Bold(t("By member")))
        writer.bullets(_member(t, each, view.silent_days) for each in view.members)
        elements.write_more(t, writer, view.others)
        value = _value(replace(view.asked, team_id=None))
        names = {each.member_id: each.name for each in view.members}
        menu = [(name, {**value, "w": str(member_id)}) for member_id, name in names.items()]
        writer.menu(t("The figures of one member"), "figures.show", menu)
    writer.small(
        t(
            "A call counts for the member who logged it, a finished follow-up for the one who finished it, an open one for its "
            "assignee, a promise for the one who noted it. On time means at most {n} minutes late.",
            n=view.made_within_minutes,
        )
    )


def _heading(t: Translator, view: Figures) -> str:
    return t("Figures: {whose}", whose=view.title) if view.title else t("Figures of the team")


def _lines(t: Translator, view: Figures) -> list[str]:
    """Return a sentence for each figure, with its denominator."""
    tally = view.sum
    lines = [_calls(t, tally), _due(t, tally), _promises(t, tally), _silent(t, tally, view.silent_days)]
    lines[3:3] = [
        t(
            "{paid} of {promised} promised came in time",
            paid=t.money(each.paid, each.currency),
            promised=t.money(each.promised, each.currency),
        )
        for each in view.money
    ]
    if view.buckets:
        buckets = " · ".join(f"{bucket.word(t.language)} {count}" for bucket, count in view.buckets)
        lines.append(t("Loans in arrears: {buckets}", buckets=buckets))
    if view.rolls:
        rates = " · ".join(
            t(
                "{part} of {whole} from {bucket} to {following}",
                part=each.rolled,
                whole=each.then,
                bucket=each.bucket.word(t.language),
                following=each.following.word(t.language),
            )
            for each in view.rolls
        )
        lines.append(t("Rolled since {day}: {rates}", day=t.short_date(_before(view.days)), rates=rates))
    lines.append(t("Load now: live loans {loans}, open follow-ups {open}", loans=tally.loans, open=tally.open))
    return lines


def _calls(t: Translator, tally: Tally) -> str:
    if not tally.calls:
        return t("No calls were logged.")
    return t.n(
        "{part} of {n} call reached a person, {borrower} of these the borrower",
        "{part} of {n} calls reached a person, {borrower} of these the borrower",
        tally.calls,
        part=tally.conversations,
        borrower=tally.with_borrower,
    )


def _due(t: Translator, tally: Tally) -> str:
    done = t("finished: {done}, late now: {late}", done=tally.done, late=tally.late)
    if not tally.due:
        return t("No calls were due; {others}", others=done)
    return t.n(
        "{part} of {n} call due was made on time; {others}",
        "{part} of {n} calls due were made on time; {others}",
        tally.due,
        part=tally.in_time,
        others=done,
    )


def _promises(t: Translator, tally: Tally) -> str:
    if not tally.promises:
        return t("No promise fell due, {open} still open", open=tally.promises_open)
    return t.n(
        "{part} of {n} promise that fell due was kept, {open} still open",
        "{part} of {n} promises that fell due were kept, {open} still open",
        tally.promises,
        part=tally.kept,
        open=tally.promises_open,
    )


def _silent(t: Translator, tally: Tally, days: int) -> str:
    return t.n(
        "{part} of {n} borrower who needs calls was not spoken to for {days} days",
        "{part} of {n} borrowers who need calls were not spoken to for {days} days",
        tally.callable,
        part=tally.silent,
        days=days,
    )


def _member(t: Translator, each: MemberFigures, days: int) -> list[Inline]:
    tally = each.tally
    parts = [
        t("{part} of {whole} calls reached a person", part=tally.conversations, whole=tally.calls),
        t("{part} of {whole} due made on time", part=tally.in_time, whole=tally.due),
        t("{n} late", n=tally.late),
        t("{n} done", n=tally.done),
        t("{part} of {whole} promises kept", part=tally.kept, whole=tally.promises),
        t("{part} of {whole} not spoken to for {days} days", part=tally.silent, whole=tally.callable, days=days),
        t("loans {loans}, open {open}", loans=tally.loans, open=tally.open),
    ]
    return [Bold(each.name), t(": "), " · ".join(parts)]


def _lists(t: Translator, view: Figures) -> list[Button]:
    """Return a button for the list behind each number."""
    tally, value = view.sum, _value(view.asked)
    numbers: tuple[tuple[Figure, int], ...] = (
        ("calls", tally.calls),
        ("conversations", tally.conversations),
        ("with_borrower", tally.with_borrower),
        ("due", tally.due),
        ("in_time", tally.in_time),
        ("done", tally.done),
        ("late", tally.late),
        ("promises", tally.promises),
        ("kept", tally.kept),
        ("promises_open", tally.promises_open),
        ("silent", tally.silent),
        ("loans", tally.loans),
        ("open", tally.open),
    )
    buttons = [
        Button(f"{_figure(t, figure)} ({count})", "figures.list", {**value, "x": figure})
        for figure, count in numbers
        if count
    ]
    buttons += [
        Button(f"{bucket.word(t.language)} ({count})", "figures.list", {**value, "x": "arrears", "b": bucket.first})
        for bucket, count in view.buckets
    ]
    return [*buttons, *_money_lists(t, view), *_roll_lists(t, view)]


def _money_lists(t: Translator, view: Figures) -> list[Button]:
    """Return the buttons for the promises with an amount, and for those of which something came."""
    promised, paid = sum(each.promises for each in view.money), sum(each.paid_for for each in view.money)
    value = _value(view.asked)
    numbers: tuple[tuple[Figure, int], ...] = (("promised", promised), ("paid", paid))
    return [
        Button(f"{_figure(t, figure)} ({count})", "figures.list", {**value, "x": figure})
        for figure, count in numbers
        if count
    ]


def _roll_lists(t: Translator, view: Figures) -> list[Button]:
    """Return for each roll rate the buttons for the loans that were in the bucket, and for those of them that are further now."""
    value, day = _value(view.asked), t.short_date(_before(view.days))
    buttons: list[Button] = []
    for each in view.rolls:
        bucket, about = each.bucket.word(t.language), {**value, "b": each.bucket.first}
        there = t("{bucket} on {day}", bucket=bucket, day=day)
        buttons.append(Button(f"{there} ({each.then})", "figures.list", {**about, "x": "rolled_from"}))
        if each.rolled:
            rolled = t("{bucket} to {following}", bucket=bucket, following=each.following.word(t.language))
            buttons.append(Button(f"{rolled} ({each.rolled})", "figures.list", {**about, "x": "rolled"}))
    return buttons


def _before(days: Days) -> date:
    """Return the day before these days: the one from which loans roll."""
    return days.first - timedelta(days=1)


def _figure(t: Translator, figure: Figure) -> str:
    names: dict[Figure, str] = {
        "calls": t("Calls"),
        "conversations": t("Conversations"),
        "with_borrower": t("With the borrower"),
        "due": t("Due"),
        "in_time": t("On time"),
        "done": t("Finished"),
        "late": t("Late now"),
        "open": t("Open follow-ups"),
        "promises": t("Promises due"),
        "kept": t("Promises kept"),
        "promises_open": t("Promises still open"),
        "loans": t("Live loans"),
        "silent": t("Not spoken to"),
        "arrears": t("In arrears"),
        "promised": t("Money promised"),
        "paid": t("Money that came"),
        "rolled_from": t("In the bucket before"),
        "rolled": t("Rolled from"),
    }
    return names[figure]


def _span(t: Translator, span: Span) -> str:
    words: dict[Span, str] = {"today": t("Today"), "week": t("This week"), "month": t("This month")}
    return words[span]


def _days(t: Translator, days: Days) -> str:
    if days.first == days.last:
        return t.short_date(days.first)
    return t("{first} to {last}", first=t.short_date(days.first), last=t.short_date(days.last))


def _periods(t: Translator, view: Figures) -> list[Button]:
    """Return the buttons to the other periods."""
    value = {name: each for name, each in _value(view.asked).items() if name not in ("s", "d")}
    others: list[Span] = [span for span in SPANS if span != view.asked.span]
    return [Button(_span(t, span), "figures.show", {**value, "s": span}) for span in others]


def _teams(t: Translator, view: Figures) -> list[Button]:
    """Return the buttons to the figures of each team of several, and back to all of them."""
    value = {name: each for name, each in _value(view.asked).items() if name not in ("t", "w")}
    buttons: list[Button] = []
    if view.asked.team_id is not None or view.asked.member_id is not None:
        buttons.append(Button(t("The whole team"), "figures.show", value))
    return buttons + [
        Button(name, "figures.show", {**value, "t": str(team_id)})
        for team_id, name in view.teams
        if team_id != view.asked.team_id
    ]


def _value(asked: Asked) -> dict[str, Any]:
    """Return what a button carries to ask for the same."""
    value = {
        "of": str(asked.manager_id),
        "s": asked.span,
        "d": asked.on.isoformat() if asked.on else None,
        "t": str(asked.team_id) if asked.team_id else None,
        "w": str(asked.member_id) if asked.member_id else None,
    }
    return {name: each for name, each in value.items() if each}
