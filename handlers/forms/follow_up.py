"""The form for assigning a follow-up."""

from desk.calls.views import chosen_loan
from desk.core.values import PersonRef
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups import assigning
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    loan_field,
    loan_of,
    purposes,
    read_due,
)
from handlers.forms.form import Form
from handlers.messages import follow_ups as render
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the time, the purpose and the assignee. `l` in `private` names the loan."""
    t = request.t
    typed = {"loan": str(private.get("l", "")), **typed}
    chosen = await chosen_loan(request.desk, str(typed["loan"])) if typed["loan"] else None
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    due_field(t, form, "due", t("When"))
    if chosen:
        form.buttons(*due_buttons(t, chosen.offers, request.zone, "due"))
    form.choice("purpose", t("Purpose"), purposes(t), optional=True)
    form.person("who", t("Assignee"), optional=True)
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Assign"))


async def submit(request: Request) -> Message:
    """Plan the call, as the command does."""
    due = read_due(request, "due")
    assert due is not None  # Slack sends no form in which a field that must be filled is empty.
    who = request.one("who")
    planned = await assigning.assign_follow_up(
        request.desk,
        loan=loan_of(request),
        who=PersonRef(slack_id=who) if who else None,
        due=due,
        purpose=request.one("purpose") or None,
        note=request.one("note"),
    )
    return render.assigned(request.t, planned)


FORM = Form(
    name="follow_up",
    title=_("Assign a follow-up"),
    build=build,
    submit=submit,
    main="loan",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "due"),
        "cannot_take_calls": "who",
        "not_a_member_named": "who",
        "note_too_long": "note",
    },
)
"""`/loan-follow` with the mouse."""
