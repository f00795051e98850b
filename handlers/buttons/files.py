"""Buttons about files: ask for the link that opens one, have one sent, say where files belong, discard them."""

from uuid import UUID

from desk.files import filing, links, slack_uploads
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.files import discarded, filed, link_offered
from handlers.messages.made_files import upload_asked


async def open_file(request: Request) -> Reply:
    """Show the sender a link to a file, with its code."""
    offer = await links.offer_link(request.desk, UUID(request.value["f"]))
    return Reply(link_offered(request.t, offer, request.zone))


async def send(request: Request) -> Reply:
    """Have a file that the desk made sent to the sender in Slack."""
    await slack_uploads.ask_upload(request.desk, UUID(request.value["f"]), request.channel_id)
    return Reply(upload_asked(request.t))


async def follow(_request: Request) -> None:
    """Slack reports that a button's link was opened; the page does the rest."""


async def take(request: Request) -> Reply:
    """File what waits of a message where its words said."""
    result = await filing.file_as_wished(request.desk, UUID(request.value["b"]))
    return Reply(filed(request.t, result, request.zone))


async def discard(request: Request) -> Reply:
    """Discard what waits of a message."""
    return Reply(discarded(request.t, await filing.discard_batch(request.desk, UUID(request.value["b"]))))


FAMILY = ButtonFamily("files", {"open": open_file, "send": send, "follow": follow, "take": take, "discard": discard})
