"""The tabs of a loan's card in a modal: the contact, the people, the timeline, the documents, the follow-ups, the repayment."""

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from desk.documents.listing import DocumentList
from desk.loans.cards import LoanCard, PlannedCalls
from desk.loans.related_views import RelatedList
from desk.loans.timelines import PAGE, Timeline
from desk.loans.views import LoanView
from desk.repayment.overview import RepaymentPage
from desk.rules.checks import CHECKS
from handlers.messages.appointments import write_appointments
from handlers.messages.block_kit.elements import follow_up_line, follow_up_value, form_button
from handlers.messages.block_kit.message import Bold, Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.block_kit.writer import Writer, renumbered
from handlers.messages.cards import (
    REPAID,
    buttons_for_calls,
    buttons_for_changes,
    buttons_of_oversight,
    buttons_of_playbook,
    write_header,
    write_missing,
    write_name,
)
from handlers.messages.checks import checks_button
from handlers.messages.collection_steps import write_steps
from handlers.messages.contact import contact_button
from handlers.messages.dialling import call_buttons
from handlers.messages.documents import write_documents
from handlers.messages.escalations import write_escalations
from handlers.messages.related import write_people_with_buttons
from handlers.messages.repayment import write_page
from handlers.messages.timelines import NoteBudget, correct_button_of, event_line, write_corrections

CARD = "card"
"""The form name of the modal."""

Tab = Literal["contact", "people", "timeline", "documents", "follow_ups", "repayment"]


def contact_tab(t: Translator, view: LoanCard, zone: ZoneInfo, above: Message | None = None) -> View:
    """Render the tab with the borrower, the loan, its owner and what is paid. `above` is a message to show first."""
    writer = _start(t, view.loan, "contact")
    write_header(t, writer, view, zone)
    write_escalations(t, writer, view.escalations, zone, act=view.offers.take_escalation)
    write_missing(t, writer, view)
    write_appointments(t, writer, view.appointments, zone, act=view.offers.book_appointment)
    write_steps(t, writer, view.steps, act=view.offers.change_step)
    loan_id = view.loan.id
    writer.buttons(
        *call_buttons(t, view.dialling, loan_id),
        *buttons_for_calls(t, view.offers, loan_id),
        *buttons_of_playbook(t, view),
        *([checks_button(t, loan_id)] if view.checks else ()),
        *buttons_for_changes(t, view.offers, loan_id, view.loan.stage),
        *([form_button(t("Book an appointment"), "appointment", loan=loan_id)] if view.offers.book_appointment else ()),
        *(
            [form_button(t("Step beyond calls"), "collection_step", loan=loan_id)]
            if view.offers.enter_step and view.loan.stage in REPAID
            else ()
        ),
        *([form_button(t("Reassign"), "reassign", loan=loan_id)] if view.offers.reassign else ()),
        contact_button(t, loan_id),
        *buttons_of_oversight(t, view.offers, loan_id),
    )
    return _view(t, view.loan, writer, above)


def people_tab(t: Translator, view: RelatedList, above: Message | None = None) -> View:
    """Render the tab with the people around the loan, each with buttons for their numbers."""
    writer = _start(t, view.loan, "people")
    write_name(t, writer, view.loan, view.name)
    write_people_with_buttons(t, writer, view)
    return _view(t, view.loan, writer, above, "people")


def timeline_tab(t: Translator, view: Timeline, zone: ZoneInfo, above: Message | None = None) -> View:
    """Render the tab with the loan's events, newest first."""
    writer, notes = _start(t, view.loan, "timeline"), NoteBudget()
    write_name(t, writer, view.loan, view.name)
    if not view.events:
        writer.line(t("Nothing recorded yet."))
    for event in view.events:
        writer.bullets([event_line(t, event, view.currency, zone)]).quote(notes.fit(event.note))
        write_corrections(t, writer, event, view.currency, notes, zone)
    writer.buttons(*(correct_button_of(t, event, zone) for event in view.events if event.may_correct))
    writer.buttons(
        Button(t("Recordings"), "recording.list", {"l": str(view.loan.id)}),
        *([form_button(t("Add recording"), "recording", loan=view.loan.id)] if view.may_record else ()),
    )
    _write_pages(t, writer, view.loan, "timeline", offset=view.offset, more=view.more, page=PAGE)
    return _view(t, view.loan, writer, above, "timeline", offset=view.offset)


def documents_tab(t: Translator, view: DocumentList, zone: ZoneInfo, above: Message | None = None) -> View:
    """Render the tab with the documents, each with a button for its next step."""
    writer = _start(t, view.loan, "documents")
    write_name(t, writer, view.loan, view.name)
    write_documents(t, writer, view, zone, act="card")
    if view.offers.request_documents:
        writer.buttons(form_button(t("Request documents"), "documents", loan=view.loan.id))
    return _view(t, view.loan, writer, above, "documents")


def repayment_tab(t: Translator, view: RepaymentPage, above: Message | None = None) -> View:
    """Render the tab with the schedule, payments, promises and pauses."""
    writer = _start(t, view.loan, "repayment")
    write_name(t, writer, view.loan, view.name)
    write_page(t, writer, view)
    return _view(t, view.loan, writer, above, "repayment")


def follow_ups_tab(t: Translator, view: PlannedCalls, above: Message | None = None) -> View:
    """Render the tab with the open follow-ups, each with its buttons."""
    writer, notes = _start(t, view.loan, "follow_ups"), NoteBudget()
    write_name(t, writer, view.loan, view.name)
    loan_id = view.loan.id
    if not view.due:
        writer.line(Bold(t("Nothing is planned.")))
    for due in view.due:
        n = due.follow_up.number
        writer.bullets([follow_up_line(t, due.follow_up)]).quote(notes.fit(due.note))
        if not due.may_act:
            continue
        writer.buttons(
            *(
                [form_button(t("Log {name}", name=f"/{n}"), "call", loan=loan_id, follow_up=n)]
                if view.offers.log_call
                else ()
            ),
            *(
                [form_button(t("Check {name}", name=f"/{n}"), "check", loan=loan_id, follow_up=n)]
                if view.offers.log_call and due.follow_up.purpose in CHECKS
                else ()
            ),
            Button(t("Finish {name}", name=f"/{n}"), "card.done", follow_up_value(due.follow_up)),
            form_button(t("Move {name}", name=f"/{n}"), "move", loan=loan_id, follow_up=n),
        )
    _write_pages(t, writer, view.loan, "follow_ups", offset=view.offset, more=view.more > 0, page=PAGE)
    if view.offers.plan_follow_up:
        writer.buttons(form_button(t("Assign a follow-up"), "follow_up", loan=loan_id))
    return _view(t, view.loan, writer, above, "follow_ups", offset=view.offset)


def _start(t: Translator, loan: LoanView, current: Tab) -> Writer:
    """Start a tab with the row of tab buttons; a sign marks the current one, because colour alone is not accessible."""
    labels: Sequence[tuple[Tab, str]] = (
        ("contact", t("Contact")),
        ("people", t("People")),
        ("timeline", t("Timeline")),
        ("documents", t("Documents")),
        ("follow_ups", t("Follow-ups")),
        ("repayment", t("Payments")),
    )
    return Writer().buttons(
        *(
            Button(
                f"▸ {label}" if tab == current else label,
                "card.open",
                {"l": str(loan.id), "t": tab},
                style="primary" if tab == current else None,
            )
            for tab, label in labels
        )
    )


def _view(
    t: Translator, loan: LoanView, writer: Writer, above: Message | None, tab: Tab = "contact", *, offset: int = 0
) -> View:
    blocks = writer.message().blocks
    if above is not None:
        blocks = [*above.blocks, {"type": "divider"}, *renumbered(blocks)]
    private = {"l": str(loan.id), "t": tab, "o": offset}
    return View(form=CARD, title=loan.number, blocks=blocks, close=t("Close"), private=private)


def _write_pages(
    t: Translator, writer: Writer, loan: LoanView, tab: Tab, *, offset: int, more: bool, page: int
) -> None:
    value = {"l": str(loan.id), "t": tab}
    buttons: list[Button] = []
    if offset:
        buttons.append(Button(t("Previous page"), "card.open", {**value, "o": max(0, offset - page)}))
    if more:
        buttons.append(
            Button(t("Earlier") if tab == "timeline" else t("More"), "card.open", {**value, "o": offset + page})
        )
    writer.buttons(*buttons)
