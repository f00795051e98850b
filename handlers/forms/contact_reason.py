"""The form for the reason to call although contact rules speak against it; then the number is shown."""

from uuid import UUID

from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.contact_gate import allow
from desk.loans import cards, related
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.cards import phone_number
from handlers.messages.related import revealed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form. `loan` in `private` is the loan's id, `phone` that of another person's number."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.text("reason", t("Reason for the call"), long=True, limit=NOTE_LIMIT)
    form.small(t("It is kept in the timeline and in the access log."))
    return form.view(FORM.name, t(FORM.title), submit=t("Show number"))


async def submit(request: Request) -> Message:
    """Keep the reason, and show the number."""
    desk, private = request.desk, request.private
    loan_id = UUID(private["loan"])
    person_id = UUID(private["person"]) if "person" in private else None
    await allow(desk, loan_id, request.one("reason"), person_id)
    if "phone" in private:
        return revealed(request.t, await related.reveal_phone(desk, UUID(private["phone"])), request.zone)
    return phone_number(request.t, await cards.reveal_number(desk, loan_id), request.zone)


FORM = Form(
    name="contact_reason",
    right="explain_contact",
    title=_("Call all the same"),
    build=build,
    submit=submit,
    main="reason",
    fields={},
    about="loan",
)
"""Why a borrower is called although rules speak against it."""
