"""The form for documents that arrived: several at once, by hand or as files, and the last day for what is still missing."""

from datetime import date
from uuid import UUID

from desk.core.permissions import allows, has_role_for
from desk.core.vocabulary import VOCABULARY
from desk.documents import listing
from desk.documents.names import WORDS_LIMIT, DocumentName
from desk.documents.views import ItemView
from desk.files import arrivals
from desk.files.intake import MOST_AT_ONCE, IncomingFile
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    loan_of,
    read_documents,
    read_due,
    start_form,
    words,
)
from handlers.forms.form import Form
from handlers.messages.block_kit.elements import brief_when
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import GENERATION, TICKS, Option, Private, Typed, View
from handlers.messages.documents import document
from handlers.messages.files import arrivals_recorded

_OF = "of"
"""In what the form carries: the loan whose documents it was last built with."""

_PLAIN = [each for each in VOCABULARY.documents if not each.takes_words]


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, its documents to be brought, others, and the last day. `l` in `private` names the loan."""
    t, desk = request.t, request.desk
    private, typed = _of_the_loan(private, typed)
    form, chosen = await start_form(request, private, typed)
    found = None
    if chosen is not None:
        found = await listing.list_documents(desk, loan_of(request, number=chosen.number))
        to_bring = [item for item in found.open if item.state in listing.TO_BRING]
        if to_bring:
            options = [_option(t, item, request) for item in to_bring]
            add = form.ticks if len(options) <= TICKS else form.several
            add("came", t("Which of these arrived"), options, optional=True)
    form.several("rest", t("Other documents that arrived"), words(t, _PLAIN), optional=True)
    form.text("other", t("Not on the list"), optional=True, limit=WORDS_LIMIT)
    form.day("valid", t("Valid until"), optional=True, hint=t("Left empty, it follows from the kind of document."))
    if desk.files is not None and allows(desk.member, "send_file"):
        hint = t("Of one document: choose only that one above. PDF, or photos of the pages.")
        form.files(t("Files"), most=MOST_AT_ONCE, optional=True, hint=hint)
    if has_role_for(desk.member, "request_documents"):
        due_field(t, form, "by", t("Last day for what is still missing"), optional=True)
        if found is not None and found.missing:
            needed = t(", ").join(document(t, code) for code in found.missing)
            form.small(t("It also applies to what the stage needs besides: {documents}.", documents=needed))
        form.buttons(*due_buttons(t, chosen.offers if chosen else (), request.zone, "by"))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Receive the documents, as the command does."""
    others = [*(DocumentName(code) for code in request.several("rest")), *read_documents(request, "other")]
    result = await arrivals.record_arrivals(
        request.desk,
        loan=loan_of(request),
        items=[UUID(item) for item in request.several("came")],
        others=others,
        valid_until=date.fromisoformat(valid) if (valid := request.one("valid")) else None,
        by=read_due(request, "by", limit=True),
        incoming=[IncomingFile(file_id, "") for file_id in request.several("files")],
    )
    return arrivals_recorded(request.t, result, request.zone)


def _option(t: Translator, item: ItemView, request: Request) -> Option:
    name = document(t, item.code, item.words)
    if item.by is None:
        return Option(name, str(item.id))
    by = t("by {when}", when=brief_when(t, item.by, request.zone))
    return Option(f"{name} · {by}" + (f" · {t('late')}" if item.late else ""), str(item.id))


def _of_the_loan(private: Private, typed: Typed) -> tuple[Private, Typed]:
    """Return what the form carries, and its values without the documents of another loan than the chosen one."""
    number = str(typed.get("loan", private.get("l", "")))
    if number == private.get(_OF, number):
        return {**private, _OF: number}, typed
    kept = {name: value for name, value in typed.items() if name != "came"}
    return {**private, _OF: number, GENERATION: int(private.get(GENERATION, 0)) + 1}, kept


FORM = Form(
    name="arrival",
    right="change_documents",
    title=_("Documents that arrived"),
    build=build,
    submit=submit,
    main="rest",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "by"),
        "document_words_too_long": "other",
        "document_expired": "valid",
        "files_of_one_document": "files",
        "too_many_files": "files",
    },
)
"""`/loan-docs <loan> got` with the mouse."""
