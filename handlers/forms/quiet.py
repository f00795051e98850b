"""The form that says until when a loan needs no call, and why."""

from datetime import date

from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups import quiet_periods
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Private, Typed, View
from handlers.messages.follow_ups import nothing_needed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the date and the reason. `l` in `private` names the loan."""
    t = request.t
    usual = request.desk.workspace_today + quiet_periods.USUAL
    form, _chosen = await start_form(request, private, {"until": usual.isoformat(), **typed}, live=False)
    form.day("until", t("Until"))
    form.text("why", t("Why"), long=True, optional=True, limit=NOTE_LIMIT)
    form.small(
        t("From that day on the loan counts again as one with nothing planned, and its owner reads it in the digest.")
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Record it."""
    until = date.fromisoformat(request.one("until"))
    why = request.one("why").strip()
    result = await quiet_periods.record_quiet(request.desk, loan=loan_of(request), until=until, why=why)
    return nothing_needed(request.t, result)


FORM = Form(
    name="quiet",
    right="plan_offered",
    title=_("Nothing needed"),
    build=build,
    submit=submit,
    main="until",
    fields={**LOAN_REFUSALS, "quiet_past": "until", "quiet_too_long": "until", "note_too_long": "why"},
)
"""A loan that needs no call until a date."""
