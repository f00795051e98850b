"""The forms for booking an appointment with a borrower, and for moving one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.values import Due, PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.appointment_times import MINUTES, times_to_offer
from desk.follow_ups.appointments import PLACE_LIMIT, appointment_to_move, book_appointment, move_appointment
from desk.rules.working_time import local_date
from handlers.door.request import Request
from handlers.forms.fields import DUE_REFUSALS, LOAN_REFUSALS, due_field, loan_of, read_due, start_form, typed_due
from handlers.forms.form import Form, fill_button
from handlers.messages.appointments import appointment_changed, appointment_line
from handlers.messages.block_kit.elements import named_loan
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View

_LENGTHS = (30, MINUTES, 90, 120)


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, what for, when, with whom and where. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, {"minutes": str(MINUTES), **typed})
    form.choice(
        "kind", t("What for"), [Option(word.word(t.language), word.code) for word in VOCABULARY.choices["appointment"]]
    )
    due_field(t, form, "due", t("When"))
    who, minutes = str(typed.get("who", "")), int(str(typed.get("minutes", MINUTES)))
    free = await times_to_offer(request.desk, _person(who), minutes)
    form.buttons(*_times(t, free, request.zone))
    lengths = [Option(t.n("{n} minute", "{n} minutes", n), str(n)) for n in _LENGTHS]
    form.choice("minutes", t("How long"), lengths, live=True)
    form.person("who", t("Who attends"), optional=True, live=True, hint=t("Without one: you."))
    form.text("place", t("Place"), optional=True, limit=PLACE_LIMIT)
    form.text("link", t("Link to the video call"), optional=True, limit=PLACE_LIMIT, placeholder="https://")
    return form.view(FORM.name, t(FORM.title), submit=t("Book"))


async def submit(request: Request) -> Message:
    """Book it."""
    result = await book_appointment(
        request.desk,
        loan=loan_of(request),
        kind=request.one("kind"),
        due=_due(request),
        who=_person(request.one("who")),
        minutes=int(request.one("minutes")),
        place=request.one("place").strip(),
        link=request.one("link").strip(),
    )
    return appointment_changed(request.t, result, request.zone)


async def build_move(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the appointment and its new time. `a` in `private` names it; the form carries its version."""
    t = request.t
    loan, row, times = await appointment_to_move(request.desk, UUID(private["a"]))
    form = FormWriter(t, {"v": row.version, **private}, typed)
    form.line(named_loan(t, loan)).line(appointment_line(t, row, request.zone))
    due_field(t, form, "due", t("When"))
    form.buttons(*_times(t, times, request.zone))
    return form.view(MOVE.name, t(MOVE.title), submit=t("Move"))


async def submit_move(request: Request) -> Message:
    """Move it."""
    private = request.private
    result = await move_appointment(request.desk, UUID(private["a"]), private["v"], _due(request))
    return appointment_changed(request.t, result, request.zone)


def _person(slack_id: str) -> PersonRef | None:
    return PersonRef(slack_id=slack_id) if slack_id else None


def _due(request: Request) -> Due:
    due = read_due(request, "due")
    assert due is not None  # Slack sends no form in which a field that must be filled is empty.
    return due


def _times(t: Translator, times: Sequence[datetime], zone: ZoneInfo) -> list[Button]:
    return [fill_button(t.minute(at, zone), due=typed_due(Due(local_date(at, zone), at), zone)) for at in times]


_TIME_REFUSALS = {**dict.fromkeys((*DUE_REFUSALS, "appointment_needs_time", "appointment_clash"), "due")}

FORM = Form(
    name="appointment",
    right="book_appointment",
    title=_("Book an appointment"),
    build=build,
    submit=submit,
    main="loan",
    fields={
        **LOAN_REFUSALS,
        **_TIME_REFUSALS,
        "appointment_there": "kind",
        "appointment_too_long": "place",
        "link_unknown": "link",
        **dict.fromkeys(("cannot_take_calls", "not_a_member_named"), "who"),
    },
)
"""An appointment with a borrower."""

MOVE = Form(
    name="move_appointment",
    right="change_appointment",
    title=_("Move an appointment"),
    build=build_move,
    submit=submit_move,
    main="due",
    fields=_TIME_REFUSALS,
    about="a",
)
"""The form that moves the button's appointment."""
