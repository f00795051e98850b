"""A loan's card. Only whoever asked sees it: it shows the name in full, the phone number behind a button."""

from zoneinfo import ZoneInfo

from desk.loans.cards import DueCall, LoanCard, PastCall, PastStage, ShownNumber
from desk.loans.lookup import LinkedLoan
from desk.loans.notes import PastNote
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import follow_up_line, form_button, outcome, purpose, stage, stamp
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Mention, Part, Writer, clipped, phrase
from handlers.messages.documents import item_line

_NOTES = 6000
"""Characters of notes that one card shows in full; what is beyond is cut."""

_CUT_NOTE = 200


def card(t: Translator, shown: LoanCard, zone: ZoneInfo) -> Message:
    """All that somebody needs before they call."""
    writer, notes = Writer(), Notes()
    head(t, writer, shown, zone)
    _due(t, writer, shown, notes)
    _calls(t, writer, shown, zone, notes)
    _notes(t, writer, shown, zone, notes)
    _documents(t, writer, shown, zone)
    _stages(t, writer, shown, zone, notes)
    value = {"l": str(shown.loan.id)}
    loan_id = shown.loan.id
    writer.buttons(
        Button(t("Open"), "card.open", value),
        form_button(t("Log a call"), "call", loan=loan_id),
        form_button(t("Assign a follow-up"), "follow_up", loan=loan_id),
        Button(t("Show number"), "loan.show_number", value),
        Button(t("Documents"), "documents.list", value),
        form_button(t("Request documents"), "documents", loan=loan_id),
        form_button(t("Add a note"), "note", loan=loan_id),
        form_button(t("Correct"), "edit", loan=loan_id),
    )
    return writer.message()


def number(t: Translator, shown: ShownNumber) -> Message:
    """The borrower's phone number."""
    writer = Writer()
    writer.line(Bold(shown.loan.number), " · ", shown.name, " · ", Code(shown.phone))
    if shown.is_wrong:
        writer.line(Bold(t("This number is marked as wrong.")))
    writer.small(t("That you looked at it is written down."))
    return writer.message()


class Notes:
    """Gives notes in full while there is room for them in one answer."""

    def __init__(self) -> None:
        self._left = _NOTES

    def fitted(self, note: str) -> str:
        """The note, or the beginning of it."""
        shown = note if len(note) <= max(self._left, _CUT_NOTE) else clipped(note, max(self._left, _CUT_NOTE))
        self._left -= len(shown)
        return shown


def head(t: Translator, writer: Writer, shown: LoanCard, zone: ZoneInfo) -> None:
    """Who it is about, where the loan stands, and what is paid."""
    loan = shown.loan
    writer.line(Bold(loan.number), " · ", Bold(shown.name), " · ", t("tail {digits}", digits=loan.tail))
    if shown.phone_is_wrong:
        writer.line(
            phrase(
                t,
                "Careful: this number is marked as wrong. To correct it: {line}",
                line=Code(t("/loan edit {loan} phone 138 0013 8000", loan=loan.number)),
            )
        )
    since = t.date(shown.stage_since.astimezone(zone).date())
    owner: Part = Mention(loan.owner) if loan.owner else t("nobody")
    writer.line(
        phrase(t, "{stage} since {date} · owner: {owner}", stage=Bold(stage(t, loan.stage)), date=since, owner=owner)
    )
    money = _money(t, shown)
    if money:
        writer.line(" · ".join(money))
    if shown.unpaid_since is not None:
        writer.line(Bold(t("Unpaid since {date}", date=t.date(shown.unpaid_since))))


def _money(t: Translator, shown: LoanCard) -> list[str]:
    pieces: list[str] = []
    if shown.amount is not None:
        pieces.append(t.money(shown.amount, shown.currency))
    if shown.due_day is not None:
        pieces.append(t("instalment on day {day} of the month", day=shown.due_day))
    if shown.autopay:
        pieces.append(t("collected automatically"))
    if shown.paid_through is not None:
        pieces.append(t("paid through {date}", date=t.short_date(shown.paid_through)))
    return pieces


def _due(t: Translator, writer: Writer, shown: LoanCard, notes: Notes) -> None:
    if not shown.due:
        writer.line(Bold(t("Nothing is planned.")))
        return
    writer.line(Bold(t("Planned:")))
    for due in shown.due:
        _due_row(t, writer, due, notes)
    _more(t, writer, shown.more_due)


def _due_row(t: Translator, writer: Writer, due: DueCall, notes: Notes) -> None:
    writer.bullets([follow_up_line(t, due.follow_up)])
    writer.quote(notes.fitted(due.note))


def _calls(t: Translator, writer: Writer, shown: LoanCard, zone: ZoneInfo, notes: Notes) -> None:
    if not shown.calls:
        writer.line(t("No call was logged yet."))
        return
    writer.line(Bold(t("Last calls:")))
    for call in shown.calls:
        writer.bullets([_call_line(t, call, zone)])
        writer.quote(notes.fitted(call.note))
    _more(t, writer, shown.more_calls)


def _call_line(t: Translator, call: PastCall, zone: ZoneInfo) -> list[Part]:
    parts: list[Part] = [stamp(t, call.at, zone), " · ", Bold(outcome(t, call.outcome))]
    if call.purpose is not None:
        parts += [" · ", purpose(t, call.purpose)]
    return [*parts, " · ", Mention(call.caller)]


def _notes(t: Translator, writer: Writer, shown: LoanCard, zone: ZoneInfo, notes: Notes) -> None:
    if shown.notes:
        writer.line(Bold(t("Notes:")))
    for note in shown.notes:
        writer.bullets([_note_line(t, note, zone)])
        writer.quote(notes.fitted(note.text))
    _more(t, writer, shown.more_notes)


def _note_line(t: Translator, note: PastNote, zone: ZoneInfo) -> list[Part]:
    return [stamp(t, note.at, zone), " · ", Mention(note.who)]


def _documents(t: Translator, writer: Writer, shown: LoanCard, zone: ZoneInfo) -> None:
    if shown.documents:
        writer.line(Bold(t("Open documents:")))
        writer.bullets(item_line(t, item, zone) for item in shown.documents)
        _more(t, writer, shown.more_documents)


def _stages(t: Translator, writer: Writer, shown: LoanCard, zone: ZoneInfo, notes: Notes) -> None:
    told = [past for past in shown.stages if past.reason]
    if told:
        writer.line(Bold(t("Why it is where it is:")))
    for past in told:
        writer.bullets([_stage_line(t, past, zone)])
        writer.quote(notes.fitted(past.reason))


def _stage_line(t: Translator, past: PastStage, zone: ZoneInfo) -> list[Part]:
    parts: list[Part] = [stamp(t, past.at, zone), " · ", stage(t, past.stage)]
    return [*parts, " · ", Mention(past.by)] if past.by else parts


def _more(t: Translator, writer: Writer, n: int) -> None:
    if n > 0:
        writer.small(t.n("and {n} more", "and {n} more", n))


def linked_loan(t: Translator, loan: LinkedLoan) -> Message:
    """Number and stage: whoever may see more presses for it."""
    writer = Writer().line(Bold(loan.number), " · ", stage(t, loan.stage))
    return writer.buttons(Button(t("Open card"), "loan.card", {"l": str(loan.id)})).message()
