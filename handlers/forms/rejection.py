"""The form for sending a document back, with the reason."""

from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.documents import documents, listing
from desk.documents.names import DocumentName
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import Option, Private, Typed, View
from handlers.messages.documents import changed, document


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the document and the reason. `l` in `private` names the loan."""
    t = request.t
    form, chosen = await start_form(request, private, typed)
    names: dict[str, DocumentName] = {}
    if chosen is not None:
        open_to = await listing.documents_open_to_reject(request.desk, loan_of(request, number=chosen.number))
        names = {_value(name): name for name in open_to}
    if given := str(typed.get("document", "")):
        names.setdefault(given, _named(given))
    names = names or {each.code: DocumentName(each.code) for each in VOCABULARY.documents}
    form.choice("document", t("Document"), _options(t, names))
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Send back"))


async def submit(request: Request) -> Message:
    """Send the document back, as the command does."""
    which = _named(request.one("document"))
    result = await documents.change_documents(
        request.desk, loan=loan_of(request), act="reject", which=[which], reason=request.one("reason")
    )
    return changed(request.t, result, request.zone)


def _options(t: Translator, names: dict[str, DocumentName]) -> list[Option]:
    return [Option(document(t, name.code, name.words), value) for value, name in names.items()]


def _value(name: DocumentName) -> str:
    return f"{name.code}:{name.words}" if name.words else name.code


def _named(value: str) -> DocumentName:
    code, _colon, words = value.partition(":")
    return DocumentName(code, words)


FORM = Form(
    name="rejection",
    right="change_documents",
    title=_("Send a document back"),
    build=build,
    submit=submit,
    main="document",
    fields={**LOAN_REFUSALS, "note_too_long": "reason"},
)
"""`/loan-docs <loan> reject` with the mouse."""
