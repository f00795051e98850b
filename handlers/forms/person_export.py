"""The form that has an export of one person's data made, for their request."""

from uuid import UUID

from desk.rights.exports import ask_person_export, export_choice
from desk.rights.subjects import Subject
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.person_exports import export_asked
from handlers.messages.person_requests import write_request
from handlers.messages.related_names import role

_FILES = "files"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the request, others that may be the same person, and files or not. `q` in `private` names the request."""
    t, choice = request.t, await export_choice(request.desk, UUID(private["q"]))
    form = FormWriter(t, private, typed)
    write_request(t, form, choice.request)
    if choice.others:
        options = [Option(_place(t, each), each.key) for each in choice.others]
        form.several("others", t("Also of this person (same name and phone)"), options, optional=True)
    form.ticks("parts", t("Besides the records"), [Option(t("The files of their loans"), _FILES)], optional=True)
    form.small(t("Other people are masked, members appear by their roles. Look through files before you choose them."))
    return form.view(FORM.name, t(FORM.title), submit=t("Export"))


def _place(t: Translator, subject: Subject) -> str:
    of = t("borrower") if subject.role is None else role(t, subject.role)
    numbers = t(", ").join(subject.numbers)
    return f"{of} · {numbers}"[:75]


async def submit(request: Request) -> Message:
    """Have it made."""
    asked = await ask_person_export(
        request.desk,
        UUID(request.private["q"]),
        others=request.several("others"),
        files=_FILES in request.several("parts"),
    )
    return export_asked(request.t, asked)


FORM = Form(
    name="export_person",
    right="export_person",
    title=_("Export of data"),
    build=build,
    submit=submit,
    main="parts",
    fields={},
    about="q",
)
"""All that is held of one person."""
