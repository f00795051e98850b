"""The form for moving a follow-up."""

from desk.calls.views import chosen_loan
from desk.follow_ups import assigning
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    follow_up_options,
    loan_field,
    loan_of,
    of_the_loan,
    read_due,
)
from handlers.forms.form import Form
from handlers.messages import follow_ups as render
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the follow-up and its new time. `l` and `n` in `private` name loan and follow-up."""
    t = request.t
    private, typed = of_the_loan(private, typed)
    number = str(typed.get("loan", ""))
    chosen = await chosen_loan(request.desk, number) if number else None
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    if chosen and chosen.open:
        form.choice("follow_up", t("Follow-up"), follow_up_options(t, chosen.open))
    due_field(t, form, "due", t("When"))
    if chosen:
        form.buttons(*due_buttons(t, chosen.offers, request.zone, "due"))
    return form.view(FORM.name, t(FORM.title), submit=t("Move"))


async def submit(request: Request) -> Message:
    """Move the follow-up, as the command does."""
    due = read_due(request, "due")
    assert due is not None  # Slack sends no form in which a field that must be filled is empty.
    loan = loan_of(request, follow_up=request.one("follow_up"))
    return render.assigned(request.t, await assigning.move_follow_up(request.desk, loan=loan, due=due))


FORM = Form(
    name="move",
    title=_("Move a follow-up"),
    build=build,
    submit=submit,
    main="loan",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "due"),
        "unknown_follow_up": "follow_up",
        "follow_up_closed": "follow_up",
        "others_may_act": "follow_up",
    },
)
"""`/loan-follow <loan>/n move` with the mouse."""
