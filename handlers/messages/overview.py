"""How a command is typed, and what is at hand for it. Only whoever typed it sees it."""

from collections.abc import Sequence

from desk.follow_ups.due_lists import DueRow
from desk.loans.lists import LoanRow
from desk.messages.digests import AgentLoad
from desk.messages.overview import OpenDocuments
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import follow_up_line, form_button, stage
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Code, Part, Writer
from handlers.messages.usage import Usage, write_usage


def calls(t: Translator, told: Usage, title: str, rows: Sequence[DueRow]) -> Message:
    """Usage, and follow-ups below that title."""
    writer = Writer()
    write_usage(t, writer, told)
    if rows:
        writer.line(Bold(title))
        writer.bullets([*follow_up_line(t, row.follow_up, with_loan=True), " · ", row.name] for row in rows)
    return writer.message()


def documents(t: Translator, told: Usage, rows: Sequence[OpenDocuments]) -> Message:
    """Usage, and the loans on which documents are open."""
    writer = Writer()
    write_usage(t, writer, told)
    if rows:
        writer.line(Bold(t("Open documents on your loans:")))
        writer.bullets([*_loan(t, row.loan), " · ", t.n("{n} document", "{n} documents", row.count)] for row in rows)
    return writer.message()


def loans(t: Translator, told: Usage, rows: Sequence[LoanRow], loads: Sequence[AgentLoad] = ()) -> Message:
    """Usage, and the reader's loans, or how each member of a manager's team stands."""
    writer = Writer()
    write_usage(t, writer, told)
    if loads:
        writer.line(Bold(t("The team now:")))
        writer.bullets(
            [Bold(load.name), t(": "), t.n("{n} open follow-up", "{n} open follow-ups", load.open)]
            + ([" · ", t("{n} overdue", n=load.overdue)] if load.overdue else [])
            for load in loads
        )
    elif rows:
        writer.line(Bold(t("Your loans:")))
        writer.bullets([*_loan(t, row), f" · {stage(t, row.stage)}"] for row in rows)
    return writer.message()


def _loan(t: Translator, row: LoanRow) -> list[Part]:
    return [Code(row.number), f" {row.name} · ", t("tail {digits}", digits=row.tail)]


def help_on(t: Translator, nearest: Usage, others: Sequence[Usage]) -> Message:
    """How the nearest command is typed, the forms, and what the other commands are for."""
    writer = Writer()
    writer.line(t("I read commands, not sentences. This one comes nearest:"))
    write_usage(t, writer, nearest)
    writer.buttons(
        form_button(t("Log a call"), "call"),
        form_button(t("Assign a follow-up"), "follow_up"),
        form_button(t("Request documents"), "documents"),
        form_button(t("Find a loan"), "find"),
    )
    writer.line(Bold(t("The others:")))
    writer.bullets([Code(told.command), " – ", t(told.about)] for told in others)
    return writer.message()
