"""The answer to a command typed alone: its usage, and what the reader can use it on. Only they see it."""

from collections.abc import Sequence

from desk.follow_ups.due_lists import DueRow
from desk.loans.lists import LoanRow
from desk.messages.digests import AgentLoad
from desk.messages.overview import OpenDocuments
from desk.people.offers import Offers
from handlers.messages.block_kit.elements import (
    follow_up_line,
    form_button,
    phone_ending,
    stage,
    write_cards,
    write_members,
)
from handlers.messages.block_kit.message import Bold, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.contact import states_words
from handlers.messages.usage import Usage, write_usage


def calls(t: Translator, usage: Usage, title: str, rows: Sequence[DueRow]) -> Message:
    """Render the usage, and follow-ups below `title`."""
    writer = Writer()
    write_usage(t, writer, usage)
    if rows:
        writer.line(Bold(title))
        writer.bullets(
            [
                *follow_up_line(t, row.follow_up, with_loan=True, promise=row.promise),
                f" · {row.name}",
                *states_words(t, row.states),
            ]
            for row in rows
        )
        write_cards(t, writer, [(row.loan_id, row.follow_up.loan_number, row.name) for row in rows])
    return writer.message()


def documents(t: Translator, usage: Usage, rows: Sequence[OpenDocuments], offers: Offers) -> Message:
    """Render the usage, and the loans that have open documents."""
    writer = Writer()
    write_usage(t, writer, usage)
    if rows:
        writer.line(Bold(t("Open documents on your loans:")))
        writer.bullets(
            [*_loan(t, row.loan), " · ", t.n("{n} document", "{n} documents", row.count)]
            + ([" · ", Bold(t("{n} late", n=row.late))] if row.late else [])
            for row in rows
        )
        write_cards(t, writer, [(row.loan.id, row.loan.number, row.loan.name) for row in rows])
    if offers.change_documents:
        writer.buttons(form_button(t("Documents arrived"), "arrival"))
    return writer.message()


def loans(t: Translator, usage: Usage, rows: Sequence[LoanRow], loads: Sequence[AgentLoad] = ()) -> Message:
    """Render the usage, and the reader's loans or, for a manager, each team member's load."""
    writer = Writer()
    write_usage(t, writer, usage)
    if loads:
        writer.line(Bold(t("The team now:")))
        writer.bullets(
            [Bold(load.name), t(": "), t.n("{n} open follow-up", "{n} open follow-ups", load.open)]
            + ([" · ", t("{n} late", n=load.late)] if load.late else [])
            for load in loads
        )
        write_members(t, writer, [(load.member_id, load.name) for load in loads])
    elif rows:
        writer.line(Bold(t("Your loans:")))
        writer.bullets([*_loan(t, row), f" · {stage(t, row.stage)}"] for row in rows)
        write_cards(t, writer, [(row.id, row.number, row.name) for row in rows])
    return writer.message()


def _loan(t: Translator, row: LoanRow) -> list[Inline]:
    named: list[Inline] = [Code(row.number), f" {row.name} · ", phone_ending(t, row.tail)]
    return named + states_words(t, row.states)


def command_help(t: Translator, nearest: Usage, others: Sequence[Usage], offers: Offers) -> Message:
    """Render the usage of the nearest command, the forms that the reader's roles allow, and what other commands are for."""
    writer = Writer()
    writer.line(t("I only understand commands. This one comes closest:"))
    write_usage(t, writer, nearest)
    writer.buttons(
        *([form_button(t("Log a call"), "call")] if offers.log_call else ()),
        *([form_button(t("Assign a follow-up"), "follow_up")] if offers.plan_follow_up else ()),
        *([form_button(t("Request documents"), "documents")] if offers.request_documents else ()),
        form_button(t("Find a loan"), "find"),
    )
    writer.line(Bold(t("Other commands:")))
    writer.bullets([Code(usage.command), " – ", t(usage.about)] for usage in others)
    return writer.message()
