"""Buttons of the requests of persons about their own data."""

from desk.rights.requests import list_requests
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.person_requests import request_list


async def show(request: Request) -> Reply:
    """Show a page of open or closed requests."""
    value = request.value
    found = await list_requests(request.desk, is_open=value.get("s") != "closed", offset=int(value.get("o", 0)))
    return Reply(request_list(request.t, found), replaces="o" in value)


FAMILY = ButtonFamily("person_request", {"list": show})
