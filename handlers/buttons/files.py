"""Buttons about files: ask for the link that opens one."""

from uuid import UUID

from desk.files import links
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.files import link_offered


async def open_file(request: Request) -> Reply:
    """Show the sender a link to a file, with its code."""
    offer = await links.offer_link(request.desk, UUID(request.value["f"]))
    return Reply(link_offered(request.t, offer, request.zone))


async def follow(_request: Request) -> None:
    """Slack reports that a button's link was opened; the page does the rest."""


FAMILY = ButtonFamily("files", {"open": open_file, "follow": follow})
