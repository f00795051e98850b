"""The figures of a team: each number with what it is a share of, and a button to its list. Only managers see them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from desk.messages.figure_lists import Figure
from desk.messages.figures import Figures, MemberFigures
from desk.rules.figures import SPANS, Days, Span, Tally
from handlers.messages.block_kit import elements, tables
from handlers.messages.block_kit.message import Bold, Button, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT, VIEW_BLOCKS, View
from handlers.messages.block_kit.writer import Writer
from handlers.messages.figure_lists import days_of, figure_name, value_of

_LINES = 10
"""Members with a line of their own on the Home, and in a digest without tables; the page has up to fifty."""

FIGURES_VIEW = "figures"
"""The form name of the modal."""


def figures_view(t: Translator, view: Figures) -> View:
    """Render the figures as a modal."""
    writer = Writer(most_blocks=VIEW_BLOCKS)
    _write_page(t, writer, view)
    blocks = writer.message().blocks
    return View(form=FIGURES_VIEW, title=PRODUCT, blocks=blocks, close=t("Close"), private=value_of(view.asked))


def figures_message(t: Translator, view: Figures) -> Message:
    """Render the figures as a message, where no modal can be shown."""
    writer = Writer()
    _write_page(t, writer, view)
    return writer.message()


def write_at_home(t: Translator, writer: Writer, view: Figures) -> None:
    """Write what a team did today and what waits there now into its manager's Home, with a button for each list, and one for the
    page of each period."""
    writer.line(Bold(t("Figures of the team")), " · ", days_of(t, view.days))
    writer.bullets([line] for line in _lines(t, view))
    writer.buttons(*_lists(t, view))
    _write_members(t, writer, view)
    if view.members:
        _write_menu(t, writer, view)
    writer.buttons(*(Button(_span(t, span), "figures.show", {"s": span}) for span in SPANS))


def write_summary(t: Translator, writer: Writer, view: Figures, *, by_member: bool) -> None:
    """Write the figures of a team for one day into its digest, with a button for each list and one for the page; `by_member`
    adds a line for each member."""
    writer.line(Bold(t("Figures for {day}", day=days_of(t, view.days))))
    for line in _lines(t, view):
        writer.line(line)
    if by_member:
        _write_members(t, writer, view)
    writer.buttons(*_lists(t, view), Button(t("Figures"), "figures.show", value_of(view.asked)))


def _write_members(t: Translator, writer: Writer, view: Figures) -> None:
    """Write a line for each member, of many for those with the most late and due calls."""
    for each in view.members[:_LINES]:
        writer.line(_member(t, each, view.silent_days))
    elements.write_more(t, writer, len(view.members[_LINES:]) + view.others)


def _write_menu(t: Translator, writer: Writer, view: Figures) -> None:
    """Write the menu that leads to the figures of one member, each with its list."""
    value = value_of(replace(view.asked, team_id=None))
    names = {each.member_id: each.name for each in view.members}
    menu = [(name, {**value, "w": str(member_id)}) for member_id, name in names.items()]
    writer.menu(t("The figures of one member"), "figures.show", menu)


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
    if view.sum.steps:
        header.append(t("Steps taken"))
    caption = t("Figures for {day}", day=days_of(t, view.days))
    return tables.table(caption, header, _table_rows(t, view), share=2)[0]


def _table_rows(t: Translator, view: Figures) -> list[list[tables.Cell]]:
    return [
        [
            each.name,
            each.tally.calls,
            each.tally.conversations,
            each.tally.due,
            each.tally.in_time,
            each.tally.late,
            each.tally.done,
            _share(t, each.tally.kept, each.tally.promises),
            *([_share(t, each.tally.steps_taken, each.tally.steps)] if view.sum.steps else []),
        ]
        for each in view.members
    ]


def _share(t: Translator, part: int, whole: int) -> str:
    return t("{part} of {whole}", part=part, whole=whole) if whole else ""


def _write_page(t: Translator, writer: Writer, view: Figures) -> None:
    writer.heading(_heading(t, view))
    writer.line(days_of(t, view.days))
    writer.buttons(*_periods(t, view), *_teams(t, view))
    writer.bullets([line] for line in _lines(t, view))
    writer.buttons(*_lists(t, view))
    if view.members:
        writer.divider().line(Bold(t("By member")))
        writer.bullets(_member(t, each, view.silent_days) for each in view.members)
        elements.write_more(t, writer, view.others)
        _write_menu(t, writer, view)
    writer.small(
        t(
            "A call counts for the member who logged it, a finished follow-up for the one who finished it, an open one for its "
            "assignee, a promise for the one who noted it, a step for the one who is to take it. On time means at most {n} "
            "minutes late.",
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
    if tally.steps or tally.steps_late:
        lines.append(_steps(t, tally))
    if view.buckets:
        buckets = " · ".join(f"{bucket.word(t.language)} {count}" for bucket, count in view.buckets)
        total = sum(count for _, count in view.buckets)
        lines.append(
            t.n("Of {n} loan in arrears: {buckets}", "Of {n} loans in arrears: {buckets}", total, buckets=buckets)
        )
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


def _steps(t: Translator, tally: Tally) -> str:
    if not tally.steps:
        return t("No step beyond calls was planned; late now: {late}", late=tally.steps_late)
    return t.n(
        "{part} of {n} step beyond calls was taken; late now: {late}",
        "{part} of {n} steps beyond calls were taken; late now: {late}",
        tally.steps,
        part=tally.steps_taken,
        late=tally.steps_late,
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
    if tally.steps or tally.steps_late:
        steps = t("{part} of {whole} steps taken", part=tally.steps_taken, whole=tally.steps)
        parts[5:5] = [steps, t.n("{n} step late", "{n} steps late", tally.steps_late)] if tally.steps_late else [steps]
    return [Bold(each.name), t(": "), " · ".join(parts)]


def _lists(t: Translator, view: Figures) -> list[Button]:
    """Return a button for the list behind each number."""
    tally, value = view.sum, value_of(view.asked)
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
        ("steps", tally.steps),
        ("steps_taken", tally.steps_taken),
        ("steps_late", tally.steps_late),
        ("callable", tally.callable),
        ("silent", tally.silent),
        ("loans", tally.loans),
        ("open", tally.open),
    )
    buttons = [
        Button(f"{figure_name(t, figure)} ({count})", "figures.list", {**value, "x": figure})
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
    value = value_of(view.asked)
    numbers: tuple[tuple[Figure, int], ...] = (("promised", promised), ("paid", paid))
    return [
        Button(f"{figure_name(t, figure)} ({count})", "figures.list", {**value, "x": figure})
        for figure, count in numbers
        if count
    ]


def _roll_lists(t: Translator, view: Figures) -> list[Button]:
    """Return for each roll rate the buttons for the loans that were in the bucket, and for those of them that are further now."""
    value, day = value_of(view.asked), t.short_date(_before(view.days))
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


def _span(t: Translator, span: Span) -> str:
    words: dict[Span, str] = {"today": t("Today"), "week": t("This week"), "month": t("This month")}
    return words[span]


def _periods(t: Translator, view: Figures) -> list[Button]:
    """Return the buttons to the other periods."""
    value = {name: each for name, each in value_of(view.asked).items() if name not in ("s", "d")}
    others: list[Span] = [span for span in SPANS if span != view.asked.span]
    return [Button(_span(t, span), "figures.show", {**value, "s": span}) for span in others]


def _teams(t: Translator, view: Figures) -> list[Button]:
    """Return the buttons to the figures of each team of several, and back to all of them."""
    value = {name: each for name, each in value_of(view.asked).items() if name not in ("t", "w")}
    buttons: list[Button] = []
    if view.asked.team_id is not None or view.asked.member_id is not None:
        buttons.append(Button(t("The whole team"), "figures.show", value))
    return buttons + [
        Button(name, "figures.show", {**value, "t": str(team_id)})
        for team_id, name in view.teams
        if team_id != view.asked.team_id
    ]
