"""Buttons of appointments: say what became of one."""

from uuid import UUID

from desk.follow_ups.appointments import settle_appointment
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.appointments import appointment_changed


async def settle(request: Request) -> Reply:
    """Record that an appointment was confirmed, kept, missed or cancelled."""
    value = request.value
    result = await settle_appointment(request.desk, UUID(value["a"]), value["v"], str(value["s"]))
    # A reminder stays, and is rewritten; in a form the answer takes the place of what it answers.
    return Reply(appointment_changed(request.t, result, request.zone), replaces=bool(request.form))


FAMILY = ButtonFamily("appointment", {"settle": settle})
