"""A loan's card as a modal with tabs. Only whoever opened it sees it: names in full, the number behind a button."""

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from desk.documents.documents import DocumentsListed
from desk.loans.cards import LoanCard, PlannedCalls
from desk.loans.timelines import PAGE, Event, Timeline
from desk.loans.views import LoanView
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import (
    follow_up_line,
    follow_up_value,
    form_button,
    outcome,
    purpose,
    stage,
    stamp,
)
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.block_kit.writer import Bold, Button, Mention, Part, Writer, phrase, renumbered
from handlers.messages.calls import correct_button
from handlers.messages.cards import Notes, head
from handlers.messages.documents import SHOWN, document, item_buttons, item_line, state
from handlers.messages.notes import correct_note_button

CARD = "card"
"""The form name of the modal."""

_CORRECTIONS = 2
"""How many earlier versions of a call are shown: a view has at most a hundred blocks."""

Tab = Literal["contact", "timeline", "documents", "follow_ups"]


def contact(t: Translator, shown: LoanCard, zone: ZoneInfo, above: Message | None = None) -> View:
    """Whom to call, and what about: the loan, its owner, what is paid."""
    writer = _begun(t, shown.loan, "contact")
    head(t, writer, shown, zone)
    loan_id = shown.loan.id
    writer.buttons(
        Button(t("Show number"), "loan.show_number", {"l": str(shown.loan.id)}),
        form_button(t("Log a call"), "call", loan=loan_id),
        form_button(t("Assign a follow-up"), "follow_up", loan=loan_id),
        form_button(t("Request documents"), "documents", loan=loan_id),
        form_button(t("Add a note"), "note", loan=loan_id),
        form_button(t("Correct"), "edit", loan=loan_id),
        form_button(t("Reassign"), "reassign", loan=loan_id),
    )
    return _view(t, shown.loan, writer, above)


def timeline(t: Translator, shown: Timeline, zone: ZoneInfo, above: Message | None = None) -> View:
    """What has happened, newest first."""
    writer, notes = _begun(t, shown.loan, "timeline"), Notes()
    _name(t, writer, shown.loan, shown.name)
    if not shown.events:
        writer.line(t("Nothing has happened yet."))
    for event in shown.events:
        writer.bullets([_event(t, event, zone)])
        writer.quote(notes.fitted(event.note))
        _corrections(t, writer, event, notes, zone)
    writer.buttons(*_correct_buttons(t, shown.events, zone))
    _pages(t, writer, shown.loan, "timeline", offset=shown.offset, more=shown.more, page=PAGE)
    return _view(t, shown.loan, writer, above, "timeline", offset=shown.offset)


def documents(t: Translator, shown: DocumentsListed, zone: ZoneInfo, above: Message | None = None) -> View:
    """What was asked for, with a button for the next step of each."""
    writer = _begun(t, shown.loan, "documents")
    _name(t, writer, shown.loan, shown.name)
    writer.line(Bold(t.n("{n} document is open", "{n} documents are open", len(shown.open))))
    writer.bullets(item_line(t, item, zone) for item in shown.open[:SHOWN])
    _more(t, writer, len(shown.open) - SHOWN)
    writer.buttons(*item_buttons(t, shown.open[:SHOWN], act="card"))
    if shown.settled:
        writer.line(t("Settled:"))
        writer.bullets(item_line(t, item, zone) for item in shown.settled[:SHOWN])
        _more(t, writer, len(shown.settled) - SHOWN)
    writer.buttons(form_button(t("Request documents"), "documents", loan=shown.loan.id))
    return _view(t, shown.loan, writer, above, "documents")


def follow_ups(t: Translator, shown: PlannedCalls, above: Message | None = None) -> View:
    """What is planned, each with its buttons."""
    writer, notes = _begun(t, shown.loan, "follow_ups"), Notes()
    _name(t, writer, shown.loan, shown.name)
    loan_id = shown.loan.id
    if not shown.due:
        writer.line(Bold(t("Nothing is planned.")))
    for due in shown.due:
        n = due.follow_up.number
        writer.bullets([follow_up_line(t, due.follow_up)])
        writer.quote(notes.fitted(due.note))
        writer.buttons(
            form_button(t("Log {name}", name=f"/{n}"), "call", loan=loan_id, follow_up=n),
            Button(t("Finish {name}", name=f"/{n}"), "card.done", follow_up_value(due.follow_up)),
            form_button(t("Move {name}", name=f"/{n}"), "move", loan=loan_id, follow_up=n),
        )
    _pages(t, writer, shown.loan, "follow_ups", offset=shown.offset, more=shown.more > 0, page=PAGE)
    writer.buttons(form_button(t("Assign a follow-up"), "follow_up", loan=loan_id))
    return _view(t, shown.loan, writer, above, "follow_ups", offset=shown.offset)


def _begun(t: Translator, loan: LoanView, present: Tab) -> Writer:
    """The row of tabs; the present one is named by its mark, not by colour alone."""
    labels: Sequence[tuple[Tab, str]] = (
        ("contact", t("Contact")),
        ("timeline", t("Timeline")),
        ("documents", t("Documents")),
        ("follow_ups", t("Follow-ups")),
    )
    return Writer().buttons(
        *(
            Button(
                f"▸ {label}" if tab == present else label,
                "card.open",
                {"l": str(loan.id), "t": tab},
                style="primary" if tab == present else None,
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


def _name(t: Translator, writer: Writer, loan: LoanView, name: str) -> None:
    writer.line(Bold(loan.number), " · ", Bold(name), " · ", t("tail {digits}", digits=loan.tail))


def _event(t: Translator, event: Event, zone: ZoneInfo) -> list[Part]:
    words: list[Part] = [stamp(t, event.at, zone), " · "]
    match event.kind:
        case "call":
            words.append(Bold(outcome(t, event.code)))
            if event.purpose is not None:
                words += [" · ", purpose(t, event.purpose)]
            if event.minutes is not None:
                words += [" · ", t.n("{n} minute", "{n} minutes", event.minutes)]
        case "note":
            words.append(Bold(t("note")))
        case "stage":
            words += phrase(t, "stage: {stage}", stage=Bold(stage(t, event.code)))
        case "owner":
            words += phrase(t, "owner: {who}", who=Mention(event.code) if event.code else t("nobody"))
        case "handover":
            about = f"/{event.number} {purpose(t, event.purpose or '')}"
            words += phrase(t, "{follow_up} handed over to {who}", follow_up=Bold(about), who=Mention(event.code))
        case "document":
            now = t("asked for") if event.state == "requested" else state(t, event.state)
            words += [Bold(document(t, event.code, event.words)), " · ", now]
    return [*words, " · ", Mention(event.who)] if event.who else words


def _corrections(t: Translator, writer: Writer, event: Event, notes: Notes, zone: ZoneInfo) -> None:
    """How a call or a note was before it was corrected: at first, and last."""
    shown = event.was if len(event.was) <= _CORRECTIONS else (event.was[0], event.was[-1])
    for was in shown:
        when, who = stamp(t, was.at, zone), Mention(was.by)
        if was.outcome is None:
            writer.line(phrase(t, "corrected {when} by {who}; it said:", when=when, who=who))
        else:
            said = outcome(t, was.outcome)
            if was.minutes is not None:
                said += " · " + t.n("{n} minute", "{n} minutes", was.minutes)
            writer.line(phrase(t, "corrected {when} by {who}; was: {what}", when=when, who=who, what=said))
        writer.quote(notes.fitted(was.note))
    _more(t, writer, len(event.was) - len(shown))


def _correct_buttons(t: Translator, events: Sequence[Event], zone: ZoneInfo) -> list[Button]:
    return [_correct_button(t, event, zone) for event in events if event.may_correct]


def _correct_button(t: Translator, event: Event, zone: ZoneInfo) -> Button:
    when = stamp(t, event.at, zone)
    if event.kind == "note":
        return correct_note_button(t("Correct {name}", name=f"{when} {t('note')}"), event.id)
    return correct_button(t("Correct {name}", name=f"{when} {outcome(t, event.code)}"), event.id)


def _pages(t: Translator, writer: Writer, loan: LoanView, tab: Tab, *, offset: int, more: bool, page: int) -> None:
    value = {"l": str(loan.id), "t": tab}
    buttons: list[Button] = []
    if offset:
        buttons.append(Button(t("Back"), "card.open", {**value, "o": max(0, offset - page)}))
    if more:
        buttons.append(
            Button(t("Earlier") if tab == "timeline" else t("More"), "card.open", {**value, "o": offset + page})
        )
    writer.buttons(*buttons)


def _more(t: Translator, writer: Writer, n: int) -> None:
    if n > 0:
        writer.small(t.n("and {n} more", "and {n} more", n))
