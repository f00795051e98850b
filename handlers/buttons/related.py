"""Buttons about the people around a loan: show a number, remove a person, list them."""

from uuid import UUID

from desk.loans import related, related_views
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.related import people, revealed, saved


async def show_number(request: Request) -> Reply:
    """Show a number of a person to the sender."""
    return Reply(revealed(request.t, await related.reveal_phone(request.desk, UUID(request.value["p"])), request.zone))


async def remove(request: Request) -> Reply:
    """Remove a person from the loan."""
    value = request.value
    return Reply(saved(request.t, await related.remove_person(request.desk, UUID(value["p"]), value["v"])))


async def list_people(request: Request) -> Reply:
    """List the people around a loan."""
    return Reply(people(request.t, await related_views.list_people(request.desk, UUID(request.value["l"]))))


FAMILY = ButtonFamily("related", {"show_number": show_number, "remove": remove, "list": list_people})
