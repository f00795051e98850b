"""The form in which a manager allows a call at a time at which contact rules refuse one."""

from desk.core.errors import Invalid
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.allowing_times import allow_time
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, due_field, loan_of, read_due, start_form
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Private, Typed, View
from handlers.messages.contact import time_allowed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the time, and why. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, typed, live=False)
    due_field(t, form, "at", t("When"))
    form.text("reason", t("Reason for the call"), long=True, limit=NOTE_LIMIT)
    form.small(t("It is kept in the timeline and in the access log."))
    return form.view(FORM.name, t(FORM.title), submit=t("Allow"))


async def submit(request: Request) -> Message:
    """Allow the time."""
    due = read_due(request, "at")
    if due is None or due.at is None:
        with field("at"):
            raise Invalid("time_of_day_missing")
    result = await allow_time(request.desk, loan=loan_of(request), at=due.at, reason=request.one("reason"))
    return time_allowed(request.t, result, request.zone)


FORM = Form(
    name="allow_time",
    right="override_contact",
    title=_("Allow a time"),
    build=build,
    submit=submit,
    main="at",
    fields={**LOAN_REFUSALS, "contact_reason_missing": "reason", "note_too_long": "reason"},
)
"""A call that contact rules refuse."""
