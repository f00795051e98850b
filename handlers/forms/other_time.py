"""The forms behind “Other time…”: a date and a time of day for the next call, or for the end of a snooze."""

from datetime import UTC, datetime
from uuid import UUID

from desk.calls import additions
from desk.core.values import Due
from desk.follow_ups import assigning
from desk.messages import reminders
from handlers.door.request import Request
from handlers.forms.fields import purposes
from handlers.forms.form import Build, Form, Submit
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.calls import logged
from handlers.messages.follow_ups import next_planned, snoozed

_REFUSALS = {
    "offer_past": "at",
    "snooze_too_long": "at",
    "due_after_work": "at",
    "no_working_day": "at",
    "due_barred": "at",
}


async def build_next(request: Request, private: Private, typed: Typed) -> View:
    """Write the time and the purpose of the next call. `c` in `private` names the logged call."""
    return _build(request, private, typed, CALL)


async def build_step(request: Request, private: Private, typed: Typed) -> View:
    """Write the time and the purpose of the next call. `l` in `private` names the loan."""
    return _build(request, private, typed, STEP)


async def submit_next(request: Request) -> Message:
    """Plan the next step after a call, as one of the offered times does."""
    value = request.private
    answer = await additions.plan_next(
        request.desk, UUID(value["c"]), _due(request), request.one("purpose") or value["p"], next_number=value["n"]
    )
    call_undo = UUID(value["u"]) if "u" in value else None
    return logged(request.t, answer, request.zone, call_undo=call_undo)


async def submit_step(request: Request) -> Message:
    """Plan the next step of a loan, as one of the offered times does."""
    value = request.private
    purpose = request.one("purpose") or value["p"]
    answer = await assigning.plan_offered(
        request.desk, UUID(value["l"]), _due(request), purpose, next_number=value["n"]
    )
    return next_planned(request.t, answer)


async def build_snooze(request: Request, private: Private, typed: Typed) -> View:
    """Write the time of the next reminder. `f` and `v` in `private` are the follow-up and its version."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.moment("at", t("Remind again"))
    form.small(t("The due time stays the same."))
    return form.view(SNOOZE.name, t(SNOOZE.title), submit=t("Snooze"))


async def submit_snooze(request: Request) -> Message:
    """Snooze the reminder until the chosen time."""
    value = request.private
    result = await reminders.snooze_until(request.desk, UUID(value["f"]), value["v"], _instant(request))
    return snoozed(request.t, result, request.zone)


def _build(request: Request, private: Private, typed: Typed, of: Form) -> View:
    t = request.t
    form = FormWriter(t, private, {"purpose": str(private.get("p", "")), **typed})
    form.moment("at", t("When"))
    form.choice("purpose", t("Purpose"), purposes(t))
    return form.view(of.name, t(of.title), submit=t("Assign"))


def _due(request: Request) -> Due:
    at = _instant(request)
    return Due(on=at.astimezone(request.zone).date(), at=at)


def _instant(request: Request) -> datetime:
    return datetime.fromtimestamp(int(request.one("at")), UTC)


def _form(name: str, right: str, title: str, build: Build, submit: Submit) -> Form:
    return Form(name, right, title, build, submit, main="at", fields=_REFUSALS, keeps_drafts=False)


CALL = _form("next_call", "add_to_call", _("Other time"), build_next, submit_next)
"""The next step after a call."""

STEP = _form("next_step", "plan_offered", _("Other time"), build_step, submit_step)
"""The next step of a loan with nothing planned."""

SNOOZE = _form("snooze", "snooze", _("Remind me later"), build_snooze, submit_snooze)
"""A snooze until a chosen time."""
