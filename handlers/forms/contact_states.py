"""The forms for states of a borrower that bear on calls, and for consents."""

from datetime import date, time, timedelta
from uuid import UUID

from desk.core.permissions import has_role_for
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.contact_states import enter_consent, enter_state
from desk.rules.contact_packs import STATES
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, people, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Option, Private, Typed, View
from handlers.messages.contact import consent_changed, consent_words, state_changed

_BORROWER = "borrower"


async def build_state(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, the state, whom it concerns, and its last day. `l` in `private` names the loan."""
    t = request.t
    code = str(typed.get("state", ""))
    days = STATES[code].usual_days if code in STATES else None
    usual = {"until": (request.desk.workspace_today + timedelta(days=days)).isoformat()} if days else {}
    form, chosen = await start_form(request, private, {"who": _BORROWER, **usual, **typed})
    answers = has_role_for(request.desk.member, "answer_request")
    offered = [Option(each.word(t.language), each.code) for each in STATES.values() if answers or not each.by_request]
    form.choice("state", t("State"), offered, live=True)
    if code in STATES:
        form.small(STATES[code].says(t.language))
    if others := people(t, chosen):
        form.choice("who", t("Of whom"), [Option(t("the borrower"), _BORROWER), *others])
    form.day("until", t("Last day"), optional=True, hint=t("It ends by itself after this day."))
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    return form.view(STATE.name, t(STATE.title), submit=t("Save"))


async def submit_state(request: Request) -> Message:
    """Enter the state."""
    until, who = request.one("until"), request.one("who") or _BORROWER
    result = await enter_state(
        request.desk,
        loan=loan_of(request),
        code=request.one("state"),
        until_on=date.fromisoformat(until) if until else None,
        note=request.one("note").strip(),
        person_id=None if who == _BORROWER else UUID(who),
    )
    return state_changed(request.t, result, request.zone)


STATE = Form(
    name="contact_state",
    right="enter_contact_state",
    title=_("State of the borrower"),
    build=build_state,
    submit=submit_state,
    main="state",
    fields={
        **LOAN_REFUSALS,
        "state_end_missing": "until",
        "state_past": "until",
        "state_too_long": "until",
        "note_too_long": "note",
        "unknown_person": "who",
    },
)
"""A state of the borrower."""


async def build_consent(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, what the borrower agreed to, how, and for which days and hours."""
    t = request.t
    form, _chosen = await start_form(request, private, {"kind": "hours", "form": "oral", **typed}, live=False)
    kinds = [Option(consent_words(t, kind), kind) for kind in ("hours", "calls", "robots")]
    form.choice("kind", t("The borrower"), kinds, live=True)
    how = [
        Option(t("on a call"), "oral"),
        Option(t("on a recorded call"), "recorded"),
        Option(t("in writing"), "written"),
    ]
    form.choice("form", t("How"), how)
    if str(typed.get("kind", "hours")) == "hours":
        form.clock("from", t("From"), hint=t("In the borrower's time zone."))
        form.clock("until", t("Until"))
    form.day("first", t("First day"), optional=True)
    form.day("last", t("Last day"), optional=True)
    return form.view(CONSENT.name, t(CONSENT.title), submit=t("Save"))


async def submit_consent(request: Request) -> Message:
    """Enter the consent."""
    starts, ends = request.one("from"), request.one("until")
    first, last = request.one("first"), request.one("last")
    result = await enter_consent(
        request.desk,
        loan=loan_of(request),
        kind=request.one("kind"),
        form=request.one("form"),
        starts_on=date.fromisoformat(first) if first else None,
        ends_on=date.fromisoformat(last) if last else None,
        starts=time.fromisoformat(starts) if starts else None,
        ends=time.fromisoformat(ends) if ends else None,
    )
    return consent_changed(request.t, result, request.zone)


CONSENT = Form(
    name="contact_consent",
    right="enter_contact_state",
    title=_("Consent"),
    build=build_consent,
    submit=submit_consent,
    main="kind",
    fields={**LOAN_REFUSALS, "consent_hours_missing": "until", "consent_order": "until"},
)
"""What the borrower agreed to."""
