"""The list behind a figure of a team: exactly the rows that it counts, with its pages."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.messages.figure_lists import OF_LOANS, PAGE, Figure, FigureList, FigureRow
from desk.messages.figures import Asked
from desk.rules.figures import Days
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Bold, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.collection_steps import step_event
from handlers.messages.contact import states_words
from handlers.messages.exports import export_button
from handlers.messages.repayment import promise_state


def listed(t: Translator, view: FigureList, zone: ZoneInfo) -> Message:
    """Render a page of the rows behind a number. Only the reader sees it."""
    title = figure_name(t, view.figure)
    if view.bucket is not None:
        title = f"{title} {view.bucket.word(t.language)}"
    writer = Writer()
    parts = [
        view.title,
        "" if view.figure in _NOW else days_of(t, view.days),
        f"{view.total}+" if view.is_longer else str(view.total),
    ]
    writer.line(Bold(title), *(f" · {part}" for part in parts if part))
    writer.bullets([_row(t, view.figure, row, zone) for row in view.rows])
    if view.is_longer:
        writer.small(t("and more than {n} more", n=view.more))
    else:
        elements.write_more(t, writer, view.more)
    elements.write_cards(t, writer, [(row.loan_id, row.number, row.name) for row in view.rows])
    value = {**value_of(view.asked), "x": view.figure}
    if view.first_day is not None:
        value["b"] = view.first_day
    pages = elements.pages(
        t, "figures.list", value, offset=view.offset, shown=len(view.rows), more=view.more, page=PAGE
    )
    export = [export_button(t, "figure", value)] if view.may_export and view.rows else []
    return writer.buttons(*pages, *export).message()


_NOW = ("late", "open", "loans", "callable", "silent", "arrears", "steps_late")
"""The figures that count what is so now, whatever the period."""


def _row(t: Translator, figure: Figure, row: FigureRow, zone: ZoneInfo) -> list[Inline]:
    words: list[Inline] = [Code(row.number), f" {row.name} · ", elements.phone_ending(t, row.tail)]
    words += [*states_words(t, row.states), " · "]
    who = Mention(row.who) if row.who else t("no owner")
    if row.step is not None and not isinstance(row.at, datetime):
        return [*words, *step_event(t, row.step.kind, row.step.state, row.at), " · ", who]
    words.append(_word(t, row))
    when = t.minute(row.at, zone) if isinstance(row.at, datetime) else t.short_date(row.at)
    if figure in OF_LOANS:
        when = t("since {day}", day=when.rsplit(" ", 1)[0] if isinstance(row.at, datetime) else when)
    return [*words, f" · {when} · ", who]


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


def figure_name(t: Translator, figure: Figure) -> str:
    """Return a figure in words."""
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
        "callable": t("Who need calls"),
        "silent": t("Not spoken to"),
        "arrears": t("In arrears"),
        "promised": t("Money promised"),
        "paid": t("Money that came"),
        "rolled_from": t("In the bucket before"),
        "rolled": t("Rolled from"),
        "steps": t("Steps beyond calls"),
        "steps_taken": t("Steps taken"),
        "steps_late": t("Steps late now"),
    }
    return names[figure]


def days_of(t: Translator, days: Days) -> str:
    """Return days in words."""
    if days.first == days.last:
        return t.short_date(days.first)
    return t("{first} to {last}", first=t.short_date(days.first), last=t.short_date(days.last))


def value_of(asked: Asked) -> dict[str, Any]:
    """Return what a button carries to ask for the same."""
    value = {
        "of": str(asked.manager_id),
        "s": asked.span,
        "d": asked.on.isoformat() if asked.on else None,
        "t": str(asked.team_id) if asked.team_id else None,
        "w": str(asked.member_id) if asked.member_id else None,
    }
    return {name: each for name, each in value.items() if each}
