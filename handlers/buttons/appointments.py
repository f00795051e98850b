"""Buttons of appointments: say what became of one, and ask for its calendar file."""

from uuid import UUID

from desk.files.calendar_links import offer_calendar
from desk.follow_ups.appointments import settle_appointment
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.appointments import appointment_changed, calendar_offered


async def settle(request: Request) -> Reply:
    """Record that an appointment was confirmed, kept, missed or cancelled."""
    value = request.value
    result = await settle_appointment(request.desk, UUID(value["a"]), value["v"], str(value["s"]))
    # A reminder stays, and is rewritten; in a form the answer takes the place of what it answers.
    return Reply(appointment_changed(request.t, result, request.zone), replaces=bool(request.form))


async def offer_file(request: Request) -> Reply:
    """Show the sender a link to the calendar file of an appointment, with its code."""
    offer = await offer_calendar(request.desk, UUID(request.value["a"]))
    return Reply(calendar_offered(request.t, offer, request.zone))


FAMILY = ButtonFamily("appointment", {"settle": settle, "calendar": offer_file})
