"""The form that takes a lender's file to import."""

from desk.files.intake import IncomingFile, expect_imports
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.files import expected

MOST = 5
"""How many files the form takes."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.files(
        t("Files"),
        most=MOST,
        hint=t("Loans, payments, schedules, past calls, notes or follow-ups: CSV, XLSX, XLS or ODS"),
    )
    form.small(t("I try every row first and tell you what would happen. Nothing is saved before you say so."))
    return form.view(FORM.name, t(FORM.title), submit=t("Check the file"))


async def submit(request: Request) -> Message:
    """Have the files fetched and tried."""
    chosen = [IncomingFile(file_id, "") for file_id in request.several("files")]
    return expected(request.t, await expect_imports(request.desk, chosen))


FORM = Form(
    name="import",
    right="import_file",
    title=_("Import"),
    build=build,
    submit=submit,
    main="files",
    fields={"too_many_files": "files"},
    keeps_drafts=False,
)
"""Files to import."""
