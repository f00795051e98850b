"""The events of a loan, as the timeline of its card shows them, and the room that one answer has for notes."""

from datetime import date
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.events import Event
from handlers.messages.appointments import appointment_kind, appointment_state
from handlers.messages.block_kit.elements import (
    outcome,
    outcome_and_amount,
    phone_ending,
    purpose,
    stage,
    write_more,
)
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, clipped, phrase
from handlers.messages.calls import correct_button
from handlers.messages.checks import DECISIONS
from handlers.messages.collection_steps import step_event
from handlers.messages.contact import contact_event
from handlers.messages.documents import document, state
from handlers.messages.escalations import raised_event
from handlers.messages.file_lines import length
from handlers.messages.notes import correct_note_button
from handlers.messages.playbooks import playbook_shown
from handlers.messages.related_names import named_role, role
from handlers.messages.repayment import repayment_event
from handlers.messages.terms import change_line

_CORRECTIONS = 2
"""How many earlier versions of a call are listed: a view has at most a hundred blocks."""


_NOTES, _CUT_NOTE = 6000, 200
"""How many characters of notes a card shows in full, and to how many it then cuts each further note."""


class NoteBudget:
    """Shares the room that one answer has for notes."""

    def __init__(self) -> None:
        self._left = _NOTES

    def fit(self, note: str) -> str:
        """Return the note, cut when the answer has too little room left for all of it."""
        limit = max(self._left, _CUT_NOTE)
        text = note if len(note) <= limit else clipped(note, limit)
        self._left -= len(text)
        return text


def event_line(t: Translator, event: Event, currency: str, zone: ZoneInfo) -> list[Inline]:
    words: list[Inline] = [t.minute(event.at, zone), " · "]
    match event.kind:
        case "call":
            words += _call_event(t, event, currency)
        case "note" | "quiet" | "stage" | "owner":
            words += _plain_event(t, event)
        case "handover":
            about = f"/{event.number} {purpose(t, event.purpose or '')}"
            words += phrase(t, "{follow_up} handed over to {who}", follow_up=Bold(about), who=Mention(event.code))
        case "correction":
            words += _correction(t, event) if event.change is None else change_line(t, event.change, currency)
        case "check":
            words += phrase(
                t,
                "{what} failed; decided: {decision}",
                what=Bold(purpose(t, event.purpose or "")),
                decision=Bold(t(DECISIONS[event.code])),
            )
        case "appointment":
            at = t.minute(event.when, zone) if event.when else ""
            words += [Bold(appointment_kind(t, event.code)), f" · {at} · ", appointment_state(t, event.state)]
        case "step":
            words += step_event(t, event.code, event.state, event.day)
        case "document":
            now = t("requested from the borrower") if event.state == "requested" else state(t, event.state)
            words += [Bold(document(t, event.code, event.words)), " · ", now]
        case "escalation":
            words += raised_event(t, event.code, resolved=event.state == "resolved", by_rule=event.who is None)
        case "contact":
            words += contact_event(t, event, zone)
        case "payment" | "schedule" | "pause":
            words.append(Bold(repayment_event(t, event, currency)))
    return [*words, " · ", Mention(event.who)] if event.who else words


def _plain_event(t: Translator, event: Event) -> list[Inline]:
    match event.kind:
        case "quiet":
            return phrase(t, "nothing needed until {date}", date=Bold(t.date(date.fromisoformat(event.code))))
        case "stage":
            return phrase(t, "stage: {stage}", stage=Bold(stage(t, event.code)))
        case "owner":
            return phrase(t, "owner: {who}", who=Mention(event.code) if event.code else t("nobody"))
        case _:
            return [Bold(t("note"))]


def _call_event(t: Translator, event: Event, currency: str) -> list[Inline]:
    words: list[Inline] = [Bold(outcome_and_amount(t, event.code, event.amount, currency, event.share))]
    if event.party is not None:
        words += [" · ", named_role(t, event.party)]
    if event.purpose is not None:
        words += [" · ", purpose(t, event.purpose)]
    if event.minutes is not None:
        words += [" · ", t.n("{n} minute", "{n} minutes", event.minutes)]
    words += [" · " + t("recording {length}", length=length(t, seconds)) for seconds in event.recordings]
    return [*words, *(f" · {playbook_shown(t, *book)}" for book in event.playbooks)]


def _correction(t: Translator, event: Event) -> list[Inline]:
    before = Bold(phone_ending(t, event.words) if event.code == "phone" else event.words)
    match event.code, bool(event.words):
        case str() as act, True if act.startswith("person."):
            return _person_event(t, act, event.words)
        case "name", True:
            return phrase(t, "borrower's name corrected; before: {before}", before=before)
        case "phone", True:
            return phrase(t, "phone number corrected; before: {before}", before=before)
        case "number", True:
            return phrase(t, "loan number corrected; before: {before}", before=before)
        case "zone", True:
            return phrase(t, "borrower's time zone changed; before: {before}", before=before)
        case "zone", _:
            return [t("borrower's time zone stated")]
        case "name", _:
            return [t("borrower's name corrected")]
        case "phone", _:
            return [t("phone number corrected")]
        case _:
            return [t("loan number corrected")]


def _person_event(t: Translator, act: str, words: str) -> list[Inline]:
    """Return what became of a person around the loan; the words are their role's code and their name."""
    code, _blank, name = words.partition(" ")
    known = any(each.code == code for each in VOCABULARY.related_roles)
    who = Bold(f"{role(t, code)} {name}" if known else words)
    match act:
        case "person.added":
            return phrase(t, "{who} added", who=who)
        case "person.changed":
            return phrase(t, "{who} changed", who=who)
        case _:
            return phrase(t, "{who} removed", who=who)


def write_corrections(
    t: Translator, writer: Writer, event: Event, currency: str, notes: NoteBudget, zone: ZoneInfo
) -> None:
    """Write the first and the latest earlier version of a corrected call or note."""
    versions = event.earlier if len(event.earlier) <= _CORRECTIONS else (event.earlier[0], event.earlier[-1])
    for version in versions:
        when, who = t.minute(version.at, zone), Mention(version.by)
        if version.outcome is None:
            writer.phrase(t, "corrected {when} by {who}; before:", when=when, who=who)
        else:
            what = outcome_and_amount(t, version.outcome, version.amount, currency)
            if version.party is not None:
                what += f" · {named_role(t, version.party)}"
            if version.minutes is not None:
                what += " · " + t.n("{n} minute", "{n} minutes", version.minutes)
            writer.phrase(t, "corrected {when} by {who}; before: {what}", when=when, who=who, what=what)
        writer.quote(notes.fit(version.note))
    write_more(t, writer, len(event.earlier) - len(versions))


def correct_button_of(t: Translator, event: Event, zone: ZoneInfo) -> Button:
    when = t.minute(event.at, zone)
    if event.kind == "note":
        return correct_note_button(t("Correct {name}", name=f"{when} {t('note')}"), event.id)
    return correct_button(t("Correct {name}", name=f"{when} {outcome(t, event.code)}"), event.id)
