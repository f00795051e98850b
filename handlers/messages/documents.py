"""Answers about the documents of a loan. Only the reader sees them."""

from collections.abc import Sequence
from dataclasses import field
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY
from desk.documents.documents import DocumentChangeResult, DocumentRequestResult, RedatedDocument
from desk.documents.listing import DocumentList
from desk.documents.views import ItemView
from desk.documents.waiting import PAGE, WaitingDocuments
from desk.follow_ups.chasing import Paper
from desk.loans.views import LoanView
from handlers.messages.block_kit.elements import (
    brief_when,
    fit_buttons,
    follow_up_name,
    form_button,
    masked_loan,
    pages,
    phone_ending,
    undo_button,
    write_cards,
    write_more,
    write_next,
    write_plan,
)
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.contact import states_words
from handlers.messages.exports import export_button
from handlers.messages.file_lines import file_line
from handlers.messages.follow_ups import offer_next

ROWS = 10
"""How many open and how many settled documents a list shows."""

FILES = 20
"""How many files a list shows."""

_BRIEF = 3
"""How many documents a row of a list names."""


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A line that a button sends: `draft_id` is where it is kept."""

    label: str = field(repr=False)
    text: str = field(repr=False)
    draft_id: UUID


@dataclass(frozen=True, slots=True)
class UnknownWords:
    """Words of a line that name no document that the desk knows, and the lines that may be meant."""

    given: str = field(repr=False)
    offers: tuple[OfferedLine, ...]


def document(t: Translator, code: str, words: str = "") -> str:
    """Return a document's name in the reader's language, or the words that say which other document it is."""
    return words or VOCABULARY.document(code).word(t.language)


def state(t: Translator, code: str) -> str:
    """Return the state of a document in the reader's language."""
    return {
        "requested": t("requested"),
        "received": t("received"),
        "accepted": t("accepted"),
        "rejected": t("sent back"),
        "cancelled": t("not needed"),
        "ended": t("closed with the loan"),
        "undone": t("undone"),
    }[code]


def item_line(t: Translator, item: ItemView, zone: ZoneInfo) -> list[Inline]:
    """Return a document as a row: name, state, last change, due time, and why it was sent back."""
    line: list[Inline] = [Bold(document(t, item.code, item.words)), " · ", state(t, item.state)]
    line.append(f" {t.minute(item.changed_at, zone)}")
    if item.changed_by:
        line += [" ", Mention(item.changed_by)]
    if item.by is not None and item.state in ("requested", "rejected"):
        line.append(" · " + t("by {when}", when=brief_when(t, item.by, zone)))
    if item.expired and item.valid_until is not None:
        line += [" · ", Bold(t("expired {day}", day=t.date(item.valid_until)))]
    elif item.valid_until is not None and item.state in ("received", "accepted"):
        line.append(" · " + t("valid until {day}", day=t.date(item.valid_until)))
    if item.late:
        line += [" · ", Bold(t("late"))]
    if item.reason:
        line.append(f" · {item.reason}")
    return line


def requested(
    t: Translator, result: DocumentRequestResult, zone: ZoneInfo, *, unknown: Sequence[UnknownWords] = ()
) -> Message:
    """Render the answer to a request for documents. `unknown` is what of the line was left out."""
    writer = Writer()
    write_loan(t, writer, result.loan, result.name)
    write_requested(t, writer, result, zone, unknown=unknown)
    return writer.message()


def write_requested(
    t: Translator,
    writer: Writer,
    result: DocumentRequestResult,
    zone: ZoneInfo,
    *,
    unknown: Sequence[UnknownWords] = (),
) -> None:
    """Write what `requested` renders, without the loan."""
    if result.asked:
        writer.phrase(t, "Requested: {documents}.", documents=Bold(_names(t, result.asked)))
    if result.redated:
        writer.line(t("New date:"))
        writer.bullets(_redated(t, each, zone) for each in result.redated)
    if result.already:
        writer.line(t("Already requested and still open:"))
        writer.bullets(item_line(t, item, zone) for item in result.already)
    if result.date_unused:
        writer.line(t("What has arrived takes no new date."))
    _write_unknown(t, writer, unknown)
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    elif result.existing is not None:
        write_next(t, writer, result.existing)
    if len(result.asks_for) > len(result.asked) or result.redated or result.already:
        write_papers(t, writer, result.asks_for, zone)
    buttons = [*_unknown_buttons(unknown), *fit_buttons(t, result.planned)]
    if result.undo_id is not None:
        buttons.append(undo_button(t, result.undo_id))
    writer.buttons(*buttons)


def changed(
    t: Translator,
    result: DocumentChangeResult,
    zone: ZoneInfo,
    *,
    brief: bool = False,
    unknown: Sequence[UnknownWords] = (),
) -> Message:
    """Render the new states of documents. `brief` leaves out the open ones, where the card below lists them; `unknown` is what
    of the line was left out."""
    writer = Writer()
    write_changed(t, writer, result, zone, brief=brief, unknown=unknown)
    return writer.message()


def write_changed(
    t: Translator,
    writer: Writer,
    result: DocumentChangeResult,
    zone: ZoneInfo,
    *,
    brief: bool = False,
    unknown: Sequence[UnknownWords] = (),
    undo: bool = True,
) -> None:
    """Write what `changed` renders, with the button for `undo`."""
    write_loan(t, writer, result.loan, result.name)
    for item in result.changed:
        name, now = Bold(document(t, item.code, item.words)), Bold(state(t, item.state))
        if item.id in result.unasked:
            writer.phrase(t, "{document}: {state}, without having been requested", document=name, state=now)
        else:
            writer.phrase(t, "{document}: {state}", document=name, state=now)
        writer.quote(item.reason)
    if any(item.state == "rejected" for item in result.changed):
        writer.line(t("It has been requested again."))
    _write_unknown(t, writer, unknown)
    if not brief and not result.still_open:
        writer.line(t("This loan has no open documents left."))
    elif not brief:
        writer.line(t("Still open:"))
        _write_items(t, writer, result.still_open, zone)
    for follow_up in result.done:
        name = Code(follow_up_name(follow_up))
        writer.phrase(t, "The follow-up for these documents is done ({name}).", name=name)
    for placed in result.placed:
        write_plan(t, writer, placed.planned)
        write_papers(t, writer, placed.asks_for, zone)
    offer_next(t, writer, result.next_steps, zone)
    if not brief:
        writer.buttons(*_item_buttons(t, result.still_open[:ROWS]))
    fits = [button for placed in result.placed for button in fit_buttons(t, placed.planned)]
    writer.buttons(*_unknown_buttons(unknown), *fits, *([undo_button(t, result.undo_id)] if undo else ()))


def listed(t: Translator, result: DocumentList, zone: ZoneInfo) -> Message:
    """Render the documents of a loan, each with a button for its next step."""
    writer = Writer()
    write_loan(t, writer, result.loan, result.name)
    if not result.open and not result.settled:
        example = t("/loan-docs {loan} id, bank by tomorrow", loan=result.loan.number)
        writer.line(t("No documents have been requested for this loan. To request some:")).preformatted(example)
        return writer.buttons(*_what_comes(t, result)).message()
    write_documents(t, writer, result, zone)
    return writer.message()


def waiting(t: Translator, view: WaitingDocuments, zone: ZoneInfo) -> Message:
    """Render a page of the documents that wait on the reader's own loans."""
    title = t("Documents to review") if view.waiting == "received" else t("Open documents on your loans")
    writer = Writer().line(Bold(title), f" · {view.total}")
    writer.bullets(
        [
            *(Code(row.number), f" {row.name} · ", phone_ending(t, row.tail), *states_words(t, row.states), " · "),
            *item_line(t, row.item, zone),
        ]
        for row in view.rows
    )
    write_more(t, writer, view.more)
    write_cards(t, writer, [(row.loan_id, row.number, row.name) for row in view.rows])
    value = {"s": view.waiting}
    found = pages(t, "documents.waiting", value, offset=view.offset, shown=len(view.rows), more=view.more, page=PAGE)
    export = [export_button(t, "documents", value)] if view.may_export and view.rows else []
    return writer.buttons(*found, *export).message()


def write_documents(
    t: Translator, writer: Writer, result: DocumentList, zone: ZoneInfo, *, act: str = "documents"
) -> None:
    """Write the open documents with a button each, and the closed ones; `act` is the family that handles the buttons."""
    writer.line(Bold(t.n("{n} open document", "{n} open documents", len(result.open))))
    _write_items(t, writer, result.open, zone)
    if result.offers.change_documents:
        writer.buttons(*_item_buttons(t, result.open[:ROWS], act=act))
    _write_missing(t, writer, result.missing)
    if result.settled:
        writer.line(t("Closed:"))
        _write_items(t, writer, result.settled, zone)
    write_files(t, writer, result)
    writer.buttons(*_what_comes(t, result))


def write_files(t: Translator, writer: Writer, result: DocumentList) -> None:
    """Write the files of the listed documents, with a button that opens each."""
    shown = [
        (document(t, item.code, item.words), file)
        for item in (*result.open[:ROWS], *result.settled[:ROWS])
        for file in result.files.get(item.id, ())
    ]
    if not shown:
        return
    writer.line(t("Files:"))
    writer.bullets([[Bold(name), " · ", *file_line(t, file)] for name, file in shown[:FILES]])
    write_more(t, writer, len(shown) - FILES)
    writer.buttons(
        *(
            Button(t("Open {name}", name=f"{name} · {file.name}"), "files.open", {"f": str(file.id)})
            for name, file in shown[:FILES]
        )
    )


def papers_arrived(t: Translator, loan: LoanView, codes: Sequence[str], *, name: str, by: str) -> Message:
    """Render the notice to who verifies that documents have arrived; without `codes` that was undone."""
    writer = Writer()
    if codes:
        names = t(", ").join(dict.fromkeys(document(t, code) for code in codes))
        writer.phrase(
            t, "{name}: documents have arrived, {by} received {documents}.", name=name, by=by, documents=Bold(names)
        )
    else:
        writer.line(t("{name}: {by} received documents.", name=name, by=by))
    writer.line(masked_loan(t, loan))
    if not codes:
        return writer.line(Bold(t("This was undone."))).message()
    value = {"l": str(loan.id)}
    buttons = (Button(t("Documents"), "documents.list", value), Button(t("Open card"), "loan.card", value))
    return writer.buttons(*buttons).message()


def write_papers(
    t: Translator, writer: Writer, papers: Sequence[Paper], zone: ZoneInfo, *, openly: bool = False
) -> None:
    """Write which documents a call asks for and by when. `openly`: where others read it, without words that a person typed."""
    if not papers:
        return
    names = [_paper(t, paper, zone, openly=openly) for paper in papers[:ROWS]]
    if more := len(papers) - ROWS:
        names += [t.n("and {n} more", "and {n} more", more)] if more > 0 else []
    writer.line(t("It asks for: {documents}.", documents=t(", ").join(names)))


def brief_papers(t: Translator, papers: Sequence[Paper]) -> str:
    """Return which documents a call asks for, for a row of a list that others may read: without dates and typed words."""
    names = dict.fromkeys(
        t("{document} (late)", document=document(t, paper.code)) if paper.late else document(t, paper.code)
        for paper in papers
    )
    return brief_names(t, list(names))


def brief_names(t: Translator, names: Sequence[str]) -> str:
    """Return the first of these names, and how many more there are."""
    more = len(names) - _BRIEF
    return t(", ").join([*names[:_BRIEF], t.n("and {n} more", "and {n} more", more)] if more > 0 else names)


def _write_missing(t: Translator, writer: Writer, missing: Sequence[str]) -> None:
    if missing:
        writer.line(t("Still missing: {documents}", documents=t(", ").join(document(t, code) for code in missing)))


def _write_unknown(t: Translator, writer: Writer, unknown: Sequence[UnknownWords]) -> None:
    for each in unknown:
        given = Bold(each.given)
        writer.phrase(t, "I don't know a document called {given}, so I left it out. What you may mean:", given=given)
        writer.bullets([Code(f"/loan-docs {offer.text}")] for offer in each.offers)


def _unknown_buttons(unknown: Sequence[UnknownWords]) -> list[Button]:
    return [Button(offer.label, "line.send", {"d": str(offer.draft_id)}) for each in unknown for offer in each.offers]


def _paper(t: Translator, paper: Paper, zone: ZoneInfo, *, openly: bool) -> str:
    name = document(t, paper.code, "" if openly else paper.words)
    if paper.by is None:
        return name
    when = brief_when(t, paper.by, zone)
    if paper.late:
        return t("{document} by {when} (late)", document=name, when=when)
    return t("{document} by {when}", document=name, when=when)


def _redated(t: Translator, each: RedatedDocument, zone: ZoneInfo) -> list[Inline]:
    name = Bold(document(t, each.item.code, each.item.words))
    after = brief_when(t, each.item.by, zone) if each.item.by else ""
    if each.before is None:
        return phrase(t, "{document} by {when}, had no date", document=name, when=after)
    before = brief_when(t, each.before, zone)
    return phrase(t, "{document} by {when}, was {before}", document=name, when=after, before=before)


def _write_items(t: Translator, writer: Writer, items: Sequence[ItemView], zone: ZoneInfo) -> None:
    writer.bullets(item_line(t, item, zone) for item in items[:ROWS])
    write_more(t, writer, len(items) - ROWS)


def write_loan(t: Translator, writer: Writer, loan: LoanView, name: str) -> None:
    """Write the line that names a loan and its borrower."""
    writer.line(Bold(loan.number), " · ", name, " · ", phone_ending(t, loan.tail))


def _names(t: Translator, items: Sequence[ItemView]) -> str:
    return t(", ").join(document(t, item.code, item.words) for item in items)


def _what_comes(t: Translator, result: DocumentList) -> list[Button]:
    """Return the buttons for documents and files that arrived, as far as the reader may use them."""
    came = [form_button(t("Documents arrived"), "arrival", loan=result.loan.id)]
    files = [form_button(t("Add files"), "file", loan=result.loan.id)]
    return (came if result.offers.change_documents else []) + (files if result.takes_files else [])


def _item_buttons(t: Translator, items: Sequence[ItemView], *, act: str = "documents") -> list[Button]:
    """Return a button for the next step of each document."""
    buttons: list[Button] = []
    for item in items:
        name, value = document(t, item.code, item.words), {"i": str(item.id), "v": item.version}
        if item.state == "received":
            buttons.append(Button(t("{document} accepted", document=name), f"{act}.accept", value))
        else:
            buttons.append(Button(t("{document} received", document=name), f"{act}.got", value))
    return buttons
