"""The forms for escalating a loan to the managers, and for resolving an escalation."""

from uuid import UUID

from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.escalations import escalation_to_resolve, raise_escalation, resolve_escalation
from desk.rules.escalations import chosen_kinds
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.elements import named_loan
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.escalations import escalation_changed, escalation_kind, situation_button


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the reason with what to do about it, and a note. `i` in `private` names the loan."""
    t = request.t
    form, loan = await start_form(request, private, typed)
    kinds = [Option(kind.word(t.language), code) for code, kind in chosen_kinds().items()]
    form.choice("kind", t("Reason"), kinds, live=True)
    kind = str(typed.get("kind", ""))
    if loan is not None and kind in chosen_kinds():
        form.buttons(*situation_button(t, loan.id, kind))
    form.text("note", t("What happened"), long=True, optional=True, limit=NOTE_LIMIT)
    form.small(t("The managers' channel hears the reason and the loan. What happened is on the loan's card only."))
    return form.view(FORM.name, t(FORM.title), submit=t("Escalate"))


async def submit(request: Request) -> Message:
    """Raise it."""
    note = request.one("note").strip()
    result = await raise_escalation(request.desk, loan=loan_of(request), kind=request.one("kind"), note=note)
    return escalation_changed(request.t, result, request.zone)


async def build_resolution(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the escalation and what was decided. `e` in `private` names it, `v` is its version on display."""
    t = request.t
    view = await escalation_to_resolve(request.desk, UUID(private["e"]))
    form = FormWriter(t, private, typed)
    form.line(named_loan(t, view.loan)).line(Bold(escalation_kind(t, view.kind)))
    form.text("note", t("What was decided"), long=True, limit=NOTE_LIMIT)
    return form.view(RESOLUTION.name, t(RESOLUTION.title), submit=t("Resolve"))


async def submit_resolution(request: Request) -> Message:
    """Resolve it."""
    private = request.private
    result = await resolve_escalation(request.desk, UUID(private["e"]), private["v"], request.one("note").strip())
    return escalation_changed(request.t, result, request.zone)


FORM = Form(
    name="escalation",
    right="raise_escalation",
    title=_("Escalate a loan"),
    build=build,
    submit=submit,
    main="kind",
    fields={**LOAN_REFUSALS, "escalation_unknown": "kind", "escalation_there": "kind", "note_too_long": "note"},
)
"""A loan that the managers are to decide about."""

RESOLUTION = Form(
    name="resolve_escalation",
    right="take_escalation",
    title=_("Resolve an escalation"),
    build=build_resolution,
    submit=submit_resolution,
    main="note",
    fields={},
    about="e",
)
"""The form that resolves the button's escalation."""
