"""The form for a new inquiry."""

from desk.core.values import NAME_LIMIT
from desk.core.vocabulary import NOTE_LIMIT
from desk.loans import inquiries
from desk.loans.borrowers import read_phone, region_of
from desk.loans.inquiries import KnownPhone
from handlers.door.request import Request
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.loans import inquiry_opened, known_phone


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the borrower and a note."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.text("name", t("Borrower's name"), limit=NAME_LIMIT)
    form.text("phone", t("Phone number"), limit=40, placeholder="138 0013 8000")
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Open inquiry"))


async def submit(request: Request) -> Message:
    """Open the inquiry, as the command does; ask first if the phone number is known."""
    with field("phone"):
        phone = read_phone(request.one("phone"), region_of(request.desk))
    answer = await inquiries.open_inquiry(request.desk, name=request.one("name"), phone=phone, note=request.one("note"))
    if isinstance(answer, KnownPhone):
        return known_phone(request.t, answer)
    return inquiry_opened(request.t, answer, request.zone)


FORM = Form(
    name="inquiry",
    title=_("New inquiry"),
    build=build,
    submit=submit,
    main="name",
    fields={"name_too_long": "name", "note_too_long": "note"},
)
"""`/loan new` with the mouse."""
