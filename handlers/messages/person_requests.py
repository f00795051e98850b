"""Requests of persons about their own data."""

from desk.messages.person_requests import PersonRequestView, RequestNotice
from desk.rights.requests import PAGE, RequestChanged, RequestPage
from desk.rules.person_requests import request_rules
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.elements import form_button, undo_button
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def request_list(t: Translator, page: RequestPage) -> Message:
    """Render a page of requests. Only compliance sees it."""
    writer = Writer().line(Bold(t("Data requests") if page.is_open else t("Closed data requests")))
    if not page.rows:
        writer.line(t("There is nothing here."))
    for row in page.rows:
        write_request(t, writer, row)
        if row.state == "open":
            buttons = [Button(t("Decide"), "form.open", {"form": "decide_request", "q": str(row.id)})]
            if row.loan_id is not None and page.exports:
                buttons.append(Button(t("Export data"), "form.open", {"form": "export_person", "q": str(row.id)}))
            if row.kind == "erasure" and row.member is None:
                buttons.append(Button(t("Erase"), "form.open", {"form": "erase_person", "q": str(row.id)}))
            writer.buttons(*buttons)
    state = "open" if page.is_open else "closed"
    other = Button(t("Closed"), "person_request.list", {"s": "closed"})
    if not page.is_open:
        other = Button(t("Open"), "person_request.list", {"s": "open"})
    turns = elements.pages(
        t,
        "person_request.list",
        {"s": state},
        offset=page.offset,
        shown=len(page.rows),
        more=int(page.more),
        page=PAGE,
    )
    return writer.buttons(*turns, form_button(t("Enter a request"), "person_request"), other).message()


def write_request(t: Translator, writer: Writer, row: PersonRequestView) -> None:
    """Write a request: what, of whom, by when, and what became of it."""
    rules = request_rules()
    writer.line(*_subject(t, row), " · ", rules.kinds[row.kind].word(t.language), *_state(t, row))
    way, proof = rules.ways[row.way].word(t.language), rules.proofs[row.proof].word(t.language)
    received = t("received {date}", date=t.date(row.received_on))
    writer.line(f"{received} · {way} · {proof} · ", t("entered by"), " ", Mention(row.by))
    law = rules.laws[row.law]
    article = rules.kinds[row.kind].source.get(row.law, "")
    writer.small(" ".join(each for each in (law.word(t.language), article) if each))
    writer.quote(row.words)
    writer.quote(row.extension)
    if row.ground is not None:
        ground = rules.grounds[row.ground]
        writer.line(t("Ground: {ground} ({article})", ground=ground.word(t.language), article=ground.article))
    writer.quote(row.answer)
    if row.exported_on is not None:
        writer.small(t("exported {date}", date=t.date(row.exported_on)))


def request_changed(t: Translator, result: RequestChanged) -> Message:
    """Render what was entered or decided. What a person is told is up to compliance; the desk sends nothing."""
    acts = {
        "entered": t("The request is entered."),
        "extended": t("The answer is put off. Tell the person, and why."),
        "answered": t("The request is answered."),
        "refused": t("The request is refused. Tell the person the ground, and where they can complain."),
    }
    writer = Writer().line(Bold(acts[result.act]))
    if result.settled and result.request.kind == "withdrawal":
        writer.line(t.n("{n} consent is ended.", "{n} consents are ended.", result.settled))
    elif result.settled and result.request.kind == "restriction":
        writer.line(t.n("Contact is barred on {n} loan.", "Contact is barred on {n} loans.", result.settled))
    write_request(t, writer, result.request)
    if result.act == "entered":
        writer.small(t("Compliance was told."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def request_told(t: Translator, view: RequestNotice) -> Message:
    """Render what compliance is told of a request. It names no person."""
    kind = request_rules().kinds[view.kind].word(t.language)
    writer = Writer()
    if view.days_left < 0:
        writer.line(Bold(t("A data request is late")))
    elif view.stage == "entered":
        writer.line(Bold(t("A new data request")))
    else:
        writer.line(Bold(t("A data request is to be answered")))
    number: list[Inline] = [" · ", view.number] if view.number else []
    writer.line(kind, *number, " · ", t("answer by {date}", date=t.date(view.due_on)))
    return writer.buttons(Button(t("Data requests"), "person_request.list", {"s": "open"})).message()


def request_settled(t: Translator) -> Message:
    """Render the message about a request that was answered, refused or taken back."""
    return Writer().line(t("This data request is closed.")).message()


def _subject(t: Translator, row: PersonRequestView) -> list[Inline]:
    parts: list[Inline] = []
    if row.number:
        parts = [Bold(row.number)]
    elif row.member is not None:
        parts = [Mention(row.member)]
    if row.of_other:
        parts.append(f" · {t('another person on the loan')}")
    if row.name:
        parts.append(f" · {row.name}" if parts else row.name)
    return parts or [t("A person who is no longer on file")]


def _state(t: Translator, row: PersonRequestView) -> list[Inline]:
    if row.state == "open":
        if row.is_late:
            return [" · ", Bold(t("late: answer was due {date}", date=t.date(row.due_on)))]
        due = t("answer by {date}", date=t.date(row.due_on))
        return [" · ", Bold(f"{due} ({t('put off')})" if row.extended else due)]
    words = t("answered") if row.state == "answered" else t("refused")
    return [" · ", f"{words} · {t.date(row.closed_on)}" if row.closed_on else words]
