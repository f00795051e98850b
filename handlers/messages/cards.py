"""A loan's card as a message, and its parts that a modal shows too. Only the reader sees it: names are in full, and the phone
number is behind a button."""

from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.cards import LoanCard, PastCall, PastStage, RevealedNumber
from desk.loans.lookup import LinkedLoan
from desk.loans.views import LoanView
from desk.people.offers import Offers
from desk.rules.stages import next_of
from handlers.messages.appointments import write_appointments
from handlers.messages.arrears import taken_words
from handlers.messages.block_kit.elements import (
    follow_up_line,
    form_button,
    mentions,
    next_stage_button,
    outcome_and_amount,
    phone,
    phone_ending,
    purpose,
    stage,
    write_more,
    write_why,
    write_wrong_number,
)
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.calls import share_buttons
from handlers.messages.cases import case_button
from handlers.messages.checks import checks_button, marks
from handlers.messages.collection_steps import write_steps
from handlers.messages.contact import contact_button, write_contact, write_held
from handlers.messages.dialling import call_buttons
from handlers.messages.documents import brief_names, document, item_line
from handlers.messages.escalations import escalate_button, write_escalations
from handlers.messages.playbooks import playbook_button
from handlers.messages.related import write_people
from handlers.messages.repayment import repayment_button, write_summary
from handlers.messages.retention import write_holds
from handlers.messages.terms import write_terms
from handlers.messages.timelines import NoteBudget

REPAID = frozenset({"disbursed", "closed", "written_off"})
"""The stages of loans on which something can have been repaid."""


def card(t: Translator, view: LoanCard, zone: ZoneInfo) -> Message:
    """Render all that a caller needs before the call."""
    writer, notes = Writer(), NoteBudget()
    write_header(t, writer, view, zone)
    write_escalations(t, writer, view.escalations, zone, act=view.offers.take_escalation)
    _write_due(t, writer, view, notes)
    _write_calls(t, writer, view, zone, notes)
    _write_notes(t, writer, view, zone, notes)
    write_appointments(t, writer, view.appointments, zone, act=False)
    write_steps(t, writer, view.steps, act=False)
    _write_documents(t, writer, view, zone)
    _write_stages(t, writer, view, zone, notes)
    value = {"l": str(view.loan.id)}
    loan_id = view.loan.id
    writer.buttons(
        Button(t("Open"), "card.open", value),
        *buttons_for_calls(t, view.offers, loan_id),
        *buttons_of_playbook(t, view),
        *call_buttons(t, view.dialling, loan_id),
        Button(t("Documents"), "documents.list", value),
        *([repayment_button(t, loan_id)] if view.loan.stage in REPAID else ()),
        Button(t("People"), "related.list", value),
        contact_button(t, loan_id),
        *([checks_button(t, loan_id)] if view.checks else ()),
        *buttons_for_changes(t, view.offers, loan_id, view.loan.stage),
        *buttons_of_oversight(t, view.offers, loan_id),
    )
    return writer.message()


def phone_number(t: Translator, view: RevealedNumber, zone: ZoneInfo) -> Message:
    """Render the borrower's phone number, or why it is held back."""
    writer = Writer()
    if view.held is not None:
        writer.line(Bold(view.loan.number), " · ", view.name)
        return write_held(t, writer, view.held, zone).message()
    if view.ask:
        writer.line(Bold(view.loan.number), " · ", view.name)
        writer.phrase(t, "The phone number cannot be read: its row is damaged, or a key is missing. Ask an admin:")
        writer.line(mentions(t, view.ask))
        example = Code(t("/loan edit {loan} phone 138 0013 8000", loan=view.loan.number))
        return writer.phrase(t, "If you know the number, enter it: {line}", line=example).message()
    writer.line(Bold(view.loan.number), " · ", view.name, " · ", Code(phone(t, view.phone)))
    if view.is_wrong:
        writer.line(Bold(t("This number is marked as wrong.")))
    writer.small(t("We logged that you viewed it."))
    return writer.message()


def write_header(t: Translator, writer: Writer, view: LoanCard, zone: ZoneInfo) -> None:
    """Write the borrower, the loan's stage and owner, and what is paid."""
    loan = view.loan
    write_name(t, writer, loan, view.name)
    if view.phone_is_wrong:
        write_wrong_number(t, writer, loan)
    write_contact(t, writer, view.contact, zone)
    write_holds(t, writer, view.holds, lift=view.offers.keep_holds)
    since = t.date(view.stage_since.astimezone(zone).date())
    owner: Inline = Mention(loan.owner) if loan.owner else t("nobody")
    writer.phrase(t, "{stage} since {date} · owner: {owner}", stage=Bold(stage(t, loan.stage)), date=since, owner=owner)
    if view.taken is not None:
        writer.line(taken_words(t, view.taken))
    money = _money(t, view)
    if money:
        writer.line(" · ".join(money))
    write_terms(t, writer, view.terms)
    write_people(t, writer, view.people)
    if view.checks:
        writer.line(t("Checks: {marks}", marks=marks(t, view.checks)))
    if view.unpaid_since is not None and view.repayment.basis == "lender":
        writer.line(Bold(t("Unpaid since {date}", date=t.date(view.unpaid_since))))
    write_summary(t, writer, view.repayment, view.currency)


def _money(t: Translator, view: LoanCard) -> list[str]:
    facts: list[str] = []
    if view.amount is not None:
        facts.append(t.money(view.amount, view.currency))
    if view.due_day is not None:
        facts.append(t("instalment due on day {day} of the month", day=view.due_day))
    if view.autopay:
        facts.append(t("on autopay"))
    if view.paid_through is not None:
        facts.append(t("paid through {date}", date=t.short_date(view.paid_through)))
    return facts


def _write_due(t: Translator, writer: Writer, view: LoanCard, notes: NoteBudget) -> None:
    if not view.due:
        _write_nothing_planned(t, writer, view, notes)
        return
    writer.line(Bold(t("Planned:")))
    for due in view.due:
        writer.bullets([follow_up_line(t, due.follow_up)]).quote(notes.fit(due.note))
        write_why(t, writer, due.follow_up)
    write_more(t, writer, view.more_due)


def _write_nothing_planned(t: Translator, writer: Writer, view: LoanCard, notes: NoteBudget) -> None:
    if view.quiet is None:
        writer.line(Bold(t("Nothing is planned.")))
    else:
        writer.phrase(t, "Nothing is needed until {date}.", date=Bold(t.date(view.quiet.until)))
        writer.quote(notes.fit(view.quiet.why))
    if view.offers.plan_offered and not VOCABULARY.stage(view.loan.stage).ended:
        writer.buttons(form_button(t("Nothing needed until…"), "quiet", loan=view.loan.id))


def _write_calls(t: Translator, writer: Writer, view: LoanCard, zone: ZoneInfo, notes: NoteBudget) -> None:
    if not view.calls:
        writer.line(t("No calls logged yet."))
        return
    writer.line(Bold(t("Recent calls:")))
    for call in view.calls:
        writer.bullets([_call_line(t, call, view.currency, zone)]).quote(notes.fit(call.note))
    asked = next((call.asks for call in view.calls if call.asks is not None), None)
    if asked is not None:
        writer.buttons(*share_buttons(t, asked))
    write_more(t, writer, view.more_calls)


def _call_line(t: Translator, call: PastCall, currency: str, zone: ZoneInfo) -> list[Inline]:
    result = outcome_and_amount(t, call.outcome, call.amount, currency, call.share)
    line: list[Inline] = [t.minute(call.at, zone), " · ", Bold(result)]
    if call.purpose is not None:
        line += [" · ", purpose(t, call.purpose)]
    return [*line, " · ", Mention(call.caller)]


def _write_notes(t: Translator, writer: Writer, view: LoanCard, zone: ZoneInfo, notes: NoteBudget) -> None:
    if view.notes:
        writer.line(Bold(t("Notes:")))
    for note in view.notes:
        writer.bullets([[t.minute(note.at, zone), " · ", Mention(note.who)]]).quote(notes.fit(note.text))
    write_more(t, writer, view.more_notes)


def _write_documents(t: Translator, writer: Writer, view: LoanCard, zone: ZoneInfo) -> None:
    if view.documents:
        writer.line(Bold(t("Open documents:")))
        writer.bullets(item_line(t, item, zone) for item in view.documents)
        write_more(t, writer, view.more_documents)


def write_missing(t: Translator, writer: Writer, view: LoanCard) -> None:
    """Write how many documents are missing, and the first of them, with the button for their tab."""
    if not view.missing:
        return
    count = t.n("{n} document missing", "{n} documents missing", len(view.missing))
    names = brief_names(t, [document(t, each.code, each.words) for each in view.missing])
    writer.line(Bold(count), t(": "), names)
    writer.buttons(Button(t("Show documents"), "card.open", {"l": str(view.loan.id), "t": "documents"}))


def _write_stages(t: Translator, writer: Writer, view: LoanCard, zone: ZoneInfo, notes: NoteBudget) -> None:
    explained = [past for past in view.stages if past.reason]
    if explained:
        writer.line(Bold(t("Stage reasons:")))
    for past in explained:
        writer.bullets([_stage_line(t, past, zone)]).quote(notes.fit(past.reason))


def _stage_line(t: Translator, past: PastStage, zone: ZoneInfo) -> list[Inline]:
    line: list[Inline] = [t.minute(past.at, zone), " · ", stage(t, past.stage)]
    return [*line, " · ", Mention(past.by)] if past.by else line


def linked_loan(t: Translator, loan: LinkedLoan) -> Message:
    """Render the preview of a loan link: number, stage, and a button for members who may see more."""
    writer = Writer().line(Bold(loan.number), " · ", stage(t, loan.stage))
    return writer.buttons(Button(t("Open card"), "loan.card", {"l": str(loan.id)})).message()


def buttons_for_calls(t: Translator, offers: Offers, loan_id: UUID) -> list[Button]:
    """Return the buttons about calls that the reader may use."""
    log = [form_button(t("Log a call"), "call", loan=loan_id)] if offers.log_call else []
    plan = [form_button(t("Assign a follow-up"), "follow_up", loan=loan_id)] if offers.plan_follow_up else []
    return log + plan


def buttons_of_oversight(t: Translator, offers: Offers, loan_id: UUID) -> list[Button]:
    """Return the buttons about who saw the loan, what its borrower may ask, and what must be kept, that the reader may use."""
    seen = Button(t("Who saw this"), "audit.list", {"l": str(loan_id), "x": "seen"})
    buttons = {
        "see_audit": seen,
        "keep_holds": form_button(t("Legal hold"), "legal_hold", loan=loan_id),
        "enter_request": form_button(t("Data request"), "person_request", loan=loan_id),
        "export_case": case_button(t, loan_id),
    }
    return [button for right, button in buttons.items() if getattr(offers, right)]


def buttons_of_playbook(t: Translator, view: LoanCard) -> list[Button]:
    """Return the button with what to say in the most urgent call."""
    return (
        [playbook_button(t, view.loan.id, due.follow_up.purpose) for due in view.due[:1]]
        if view.offers.see_playbook
        else []
    )


def buttons_for_changes(t: Translator, offers: Offers, loan_id: UUID, at: str) -> list[Button]:
    """Return the buttons about the loan's documents, notes, stage and details that the reader may use."""
    request = [form_button(t("Request documents"), "documents", loan=loan_id)] if offers.request_documents else []
    note = [form_button(t("Add a note"), "note", loan=loan_id)] if offers.add_note else []
    move = [form_button(t("Change the stage"), "stage", loan=loan_id)] if offers.change_stage else []
    if offers.change_stage and (following := next_of(at)) is not None:
        label = t("Next stage: {stage}", stage=stage(t, following))
        move = [next_stage_button(label, loan_id, following), *move]
    correct = [
        form_button(t("Correct details"), "edit", loan=loan_id),
        form_button(t("Terms"), "terms", loan=loan_id),
        form_button(t("Vehicle"), "vehicle", loan=loan_id),
    ]
    escalate = [escalate_button(t, loan_id)] if offers.raise_escalation else []
    return request + note + escalate + move + (correct if offers.edit_loan else [])


def write_name(t: Translator, writer: Writer, loan: LoanView, name: str) -> None:
    """Write the loan's number, the borrower's name in full and the end of their phone number."""
    writer.line(Bold(loan.number), " · ", Bold(name), " · ", phone_ending(t, loan.tail))
