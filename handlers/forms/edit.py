"""The form for correcting a borrower's name or phone number, or a loan's number."""

from desk.calls.views import chosen_loan
from desk.core.errors import Invalid
from desk.core.values import NAME_LIMIT, NUMBER_LIMIT
from desk.loans import edits
from desk.loans.borrowers import read_phone, region_of
from desk.loans.edits import Field
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_field, loan_of
from handlers.forms.form import Form, field
from handlers.messages import loans as render
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and the corrected values. `l` in `private` names the loan; the phone number is never shown."""
    t = request.t
    typed = {"loan": str(private.get("l", "")), **typed}
    chosen = await chosen_loan(request.desk, str(typed["loan"])) if typed["loan"] else None
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    form.text("name", t("Borrower's name"), optional=True, limit=NAME_LIMIT, placeholder=chosen.name if chosen else "")
    form.text("phone", t("New phone number"), optional=True, limit=40, placeholder="138 0013 8000")
    form.text(
        "number", t("Loan number"), optional=True, limit=NUMBER_LIMIT, placeholder=chosen.number if chosen else ""
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Correct what was filled in, as the command does."""
    changes: dict[Field, str] = {}
    if request.one("name"):
        changes["name"] = request.one("name")
    if request.one("phone"):
        with field("phone"):
            changes["phone"] = read_phone(request.one("phone"), region_of(request.desk))
    if request.one("number"):
        changes["number"] = request.one("number")
    if not changes:
        raise Invalid("nothing_filled_in")
    return render.corrected(request.t, await edits.edit_loan(request.desk, loan=loan_of(request), changes=changes))


FORM = Form(
    name="edit",
    title=_("Correct loan details"),
    build=build,
    submit=submit,
    main="name",
    fields={
        **LOAN_REFUSALS,
        "name_too_long": "name",
        "number_taken": "number",
        "number_separated": "number",
        "number_too_long": "number",
        "number_not_minted": "number",
    },
)
"""`/loan edit` with the mouse."""
