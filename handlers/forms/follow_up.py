"""The forms for assigning a follow-up, and for moving one."""

from desk.calls.views import chosen_loan
from desk.core.values import PersonRef
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups import assigning
from desk.follow_ups.assigning import SamePlan
from handlers.door.request import Request
from handlers.forms.fields import (
    DUE_REFUSALS,
    FOLLOW_UP_REFUSALS,
    LOAN_REFUSALS,
    due_buttons,
    due_field,
    follow_up_options,
    loan_field,
    loan_of,
    of_the_loan,
    purposes,
    read_due,
    start_form,
)
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.follow_ups import assigned, same_plan


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the time, the purpose and the assignee. `l` in `private` names the loan."""
    t = request.t
    form, chosen = await start_form(request, private, typed)
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
    planned = await assigning.assign_unless_there(
        request.desk,
        loan=loan_of(request),
        who=PersonRef(slack_id=who) if who else None,
        due=due,
        purpose=request.one("purpose") or None,
        note=request.one("note"),
    )
    if isinstance(planned, SamePlan):
        return same_plan(request.t, planned)
    return assigned(request.t, planned)


FORM = Form(
    name="follow_up",
    right="plan_follow_up",
    title=_("Assign a follow-up"),
    build=build,
    submit=submit,
    main="loan",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "due"),
        "cannot_take_calls": "who",
        "account_lost": "who",
        "not_a_member_named": "who",
        "note_too_long": "note",
    },
)
"""`/loan-follow` with the mouse."""


async def build_move(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the follow-up and its new time. `l` and `n` in `private` name loan and follow-up."""
    t = request.t
    private, typed = of_the_loan(private, typed)
    number = str(typed.get("loan", ""))
    chosen = await chosen_loan(request.desk, number, act="move_follow_up") if number else None
    form = FormWriter(t, private, typed)
    loan_field(t, form, chosen)
    if chosen and chosen.open:
        form.choice("follow_up", t("Follow-up"), follow_up_options(t, chosen.open))
    due_field(t, form, "due", t("When"))
    if chosen:
        form.buttons(*due_buttons(t, chosen.offers, request.zone, "due"))
    return form.view(MOVE.name, t(MOVE.title), submit=t("Move"))


async def submit_move(request: Request) -> Message:
    """Move the follow-up, as the command does."""
    due = read_due(request, "due")
    assert due is not None  # Slack sends no form in which a field that must be filled is empty.
    loan = loan_of(request, follow_up=request.one("follow_up"))
    return assigned(request.t, await assigning.move_follow_up(request.desk, loan=loan, due=due))


MOVE = Form(
    name="move",
    right="move_follow_up",
    title=_("Move a follow-up"),
    build=build_move,
    submit=submit_move,
    main="loan",
    fields={
        **LOAN_REFUSALS,
        **dict.fromkeys(DUE_REFUSALS, "due"),
        **FOLLOW_UP_REFUSALS,
    },
)
"""`/loan-follow <loan>/n move` with the mouse."""
