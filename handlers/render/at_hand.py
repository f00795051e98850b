"""How a command is typed, and what is at hand for it. Only whoever typed it sees it."""

from collections.abc import Sequence

from desk.at_hand import OpenDocuments
from desk.digests import AgentLoad
from desk.due_lists import DueRow
from desk.loan_lists import LoanRow
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import follow_up_line, stage
from handlers.render.usage import write_usage
from handlers.render.writer import Bold, Code, Part, Writer


def calls(t: Translator, command: str, title: str, rows: Sequence[DueRow]) -> Message:
    """Usage, and follow-ups below that title."""
    writer = Writer()
    write_usage(t, writer, command)
    if rows:
        writer.line(Bold(title))
        writer.bullets([*follow_up_line(t, row.follow_up, with_loan=True), " · ", row.name] for row in rows)
    return writer.message()


def documents(t: Translator, rows: Sequence[OpenDocuments]) -> Message:
    """Usage, and the loans on which documents are open."""
    writer = Writer()
    write_usage(t, writer, "/loan-docs")
    if rows:
        writer.line(Bold(t("Open documents on your loans:")))
        writer.bullets([*_loan(t, row.loan), " · ", t.n("{n} document", "{n} documents", row.count)] for row in rows)
    return writer.message()


def loans(t: Translator, command: str, rows: Sequence[LoanRow], loads: Sequence[AgentLoad] = ()) -> Message:
    """Usage, and the reader's loans, or how each member of a manager's team stands."""
    writer = Writer()
    write_usage(t, writer, command)
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
