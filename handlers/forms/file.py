"""The form that says which document of which loan files are: those of a message, or files chosen in the form itself."""

from uuid import UUID

from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY
from desk.documents.names import WORDS_LIMIT, DocumentName
from desk.files import filing, intake
from desk.files.batches import BatchView
from desk.files.intake import MOST_AT_ONCE, IncomingFile
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form, words
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import TICKS, Option, Private, Typed, View
from handlers.messages.files import expected, filed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form. `b` in `private` names the files of a message, `l` the loan."""
    t = request.t
    batch = await filing.own_batch(request.desk, UUID(private["b"])) if "b" in private else None
    if batch is not None:
        private, typed = {"l": batch.wished_loan, **private}, {**_wished(batch), **typed}
    form, _chosen = await start_form(request, private, typed, live=False)
    form.choice("document", t("Document"), words(t, VOCABULARY.documents))
    form.text("words", t("Which other document"), optional=True, limit=WORDS_LIMIT)
    if batch is None:
        form.files(t("Files"), most=MOST_AT_ONCE, hint=t("PDF, or photos of the pages"))
    elif len(batch.documents) > 1:
        files = [Option(file.name, str(file.id)) for file in batch.documents[:TICKS]]
        form.ticks("files", t("Files"), files)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """File what was sent, or have what was chosen fetched."""
    code = request.one("document")
    named = DocumentName(code, request.one("words").strip() if VOCABULARY.document(code).takes_words else "")
    if VOCABULARY.document(code).takes_words and not named.words:
        with field("words"):
            raise Invalid("document_words_missing")
    if "b" not in request.private:
        chosen = [IncomingFile(file_id, "") for file_id in request.several("files")]
        target = await intake.target_of(request.desk, loan_of(request), named)
        return expected(request.t, await intake.expect_files(request.desk, chosen, target=target))
    batch = await filing.own_batch(request.desk, UUID(request.private["b"]))
    ids = {UUID(file_id) for file_id in request.several("files")} or {file.id for file in batch.documents}
    result = await filing.file_batch(request.desk, batch.id, ids, loan=loan_of(request), document=named)
    return filed(request.t, result, request.zone)


def _wished(batch: BatchView) -> dict[str, str | tuple[str, ...]]:
    wished = batch.wished.document if batch.wished else None
    named = {"document": wished.code, "words": wished.words} if wished else {}
    return {**named, "files": tuple(str(file.id) for file in batch.documents)}


FORM = Form(
    name="file",
    right="send_file",
    title=_("Files of a document"),
    build=build,
    submit=submit,
    main="document",
    fields={**LOAN_REFUSALS, "document_words_too_long": "words", "too_many_files": "files"},
    keeps_drafts=False,
)
"""Which document the files are."""
