"""The form that has the case file of a loan made."""

from desk.cases import exports
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import Option, Private, Typed, View
from handlers.messages.cases import case_asked


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, what the case file is for, and what it contains. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, {"parts": ("files",), **typed}, live=False)
    form.text("purpose", t("What for? It will be on every page."), limit=exports.PURPOSE_LIMIT, optional=True)
    form.several("parts", t("Besides the records"), _parts(t), optional=True)
    form.small(t("It has everything that the desk knows of this loan. That you asked for it is recorded."))
    return form.view(FORM.name, t(FORM.title), submit=t("Make it"))


def _parts(t: Translator) -> list[Option]:
    return [Option(t("The files of its documents"), "files"), Option(t("The recordings of its calls"), "recordings")]


async def submit(request: Request) -> Message:
    """Have it made, as the command does."""
    wanted = request.several("parts")
    parts: list[exports.Part] = [part for part in exports.PARTS if part in wanted]
    asked = await exports.ask_case(request.desk, loan=loan_of(request), purpose=request.one("purpose"), parts=parts)
    return case_asked(request.t, asked)


FORM = Form(
    name="case",
    right="export_case",
    title=_("Case file"),
    build=build,
    submit=submit,
    main="loan",
    fields={**LOAN_REFUSALS, "purpose_too_long": "purpose"},
)
"""`/loan-case` with the mouse."""
