"""The form for finding a loan."""

from desk.loans.cards import loan_card
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_field, loan_of
from handlers.forms.form import Form
from handlers.messages import cards
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: a field that searches for loans."""
    form = FormWriter(request.t, private, typed)
    loan_field(request.t, form, None, live=False)
    return form.view(FORM.name, request.t(FORM.title), submit=request.t("Open card"))


async def submit(request: Request) -> Message:
    """Show the card."""
    return cards.card(request.t, await loan_card(request.desk, loan_of(request)), request.zone)


FORM = Form(
    name="find",
    title=_("Find a loan"),
    build=build,
    submit=submit,
    main="loan",
    fields=LOAN_REFUSALS,
    keeps_drafts=False,
)
"""`/loan find` with the mouse."""
