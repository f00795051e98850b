"""The form that asks the audit trail: by member, loan, act and days."""

from datetime import date

from desk.core.values import PersonRef
from desk.messages.audit_trail import ACTS, About, Kind, filtered_trail
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_field, loan_of
from handlers.forms.form import Form
from handlers.messages.audit_trail import audit_trail, kind_words
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: each field narrows what is shown."""
    t = request.t
    form = FormWriter(t, private, {"what": "all", **typed})
    form.person("who", t("Member"), optional=True)
    loan_field(t, form, None, live=False, optional=True)
    form.choice("what", t("What"), [Option(kind_words(t, kind), kind) for kind in ACTS])
    form.day("since", t("From"), optional=True)
    form.day("until", t("Until"), optional=True)
    return form.view(FORM.name, t(FORM.title), submit=t("Show"))


async def submit(request: Request) -> Message:
    """Show the first page of the entries."""
    kinds: dict[str, Kind] = {kind: kind for kind in ACTS}
    about = About(
        kind=kinds.get(request.one("what"), "all"), since=_day(request, "since"), until=_day(request, "until")
    )
    who = PersonRef(slack_id=request.one("who")) if request.one("who") else None
    found = await filtered_trail(request.desk, about, loan=loan_of(request) if request.one("loan") else None, who=who)
    return audit_trail(request.t, found, request.zone)


def _day(request: Request, name: str) -> date | None:
    typed = request.one(name)
    return date.fromisoformat(typed) if typed else None


FORM = Form(
    name="audit_filter",
    right="see_audit",
    title=_("Audit trail"),
    build=build,
    submit=submit,
    main="who",
    fields={**LOAN_REFUSALS, "trail_days_order": "until"},
)
"""`/loan-audit` with the mouse."""
