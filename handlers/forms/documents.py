"""The form for requesting documents: a checklist of those that the loan's stage still lacks."""

from desk.calls.views import chosen_loan
from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY
from desk.documents import documents, listing
from desk.documents.names import WORDS_LIMIT, DocumentName
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    loan_field,
    loan_of,
    read_documents,
    read_due,
    words,
)
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import TICKS, FormWriter, Private, Typed, View
from handlers.messages.documents import requested

_PLAIN = [document for document in VOCABULARY.documents if not document.takes_words]


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the documents and the due time. `l` in `private` names the loan."""
    t = request.t
    typed = {"loan": str(private.get("l", "")), **typed}
    number = str(typed["loan"])
    chosen = await chosen_loan(request.desk, number) if number else None
    lacking = await listing.missing_documents(request.desk, loan_of(request, number=number)) if number else ()
    lacking = lacking[:TICKS]
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    if lacking:
        form.ticks("lacking", t("Still missing"), words(t, map(VOCABULARY.document, lacking)), optional=True)
    others = [document for document in _PLAIN if document.code not in lacking]
    form.several("rest", t("Other documents") if lacking else t("Documents"), words(t, others), optional=True)
    form.text("other", t("Not on the list"), optional=True, limit=WORDS_LIMIT)
    due_field(t, form, "by", t("By when"), optional=True)
    form.buttons(*due_buttons(t, chosen.offers if chosen else (), request.zone, "by"))
    return form.view(FORM.name, t(FORM.title), submit=t("Request"))


async def submit(request: Request) -> Message:
    """Request the documents, as the command does."""
    chosen = (DocumentName(code) for code in (*request.several("lacking"), *request.several("rest")))
    wanted = list(dict.fromkeys((*chosen, *read_documents(request, "other"))))
    if not wanted:
        raise Invalid("nothing_chosen")
    asked = await documents.request_documents(
        request.desk, loan=loan_of(request), wanted=wanted, by=read_due(request, "by", limit=True)
    )
    return requested(request.t, asked, request.zone)


FORM = Form(
    name="documents",
    right="request_documents",
    title=_("Request documents"),
    build=build,
    submit=submit,
    main="rest",
    fields={**LOAN_REFUSALS, **dict.fromkeys(DUE_REFUSALS, "by"), "document_words_too_long": "other"},
)
"""`/loan-docs` with the mouse."""
