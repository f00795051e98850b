"""Buttons about when a borrower may be called."""

from uuid import UUID

from desk.follow_ups import contact_states
from desk.follow_ups.contact_pages import contact_page
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import contact


async def show(request: Request) -> Reply:
    """Show when the borrower may be called, and by which rules."""
    page = await contact_page(request.desk, UUID(request.value["l"]))
    return Reply(contact.contact_page(request.t, page, request.zone))


async def end_state(request: Request) -> Reply:
    """End a state of the borrower."""
    result = await contact_states.end_state(request.desk, UUID(request.value["s"]), request.value["v"])
    return Reply(contact.state_changed(request.t, result, request.zone))


async def withdraw(request: Request) -> Reply:
    """Record that the borrower has withdrawn a consent."""
    result = await contact_states.withdraw_consent(request.desk, UUID(request.value["k"]), request.value["v"])
    return Reply(contact.consent_changed(request.t, result, request.zone))


FAMILY = ButtonFamily("contact", {"show": show, "end_state": end_state, "withdraw": withdraw})
