"""Buttons about recordings of calls: list those of a loan, listen to one."""

from uuid import UUID

from desk.files import call_recordings, links
from desk.files.waiting_recordings import waiting_recordings
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.files import link_offered
from handlers.messages.recordings import kept_elsewhere, recordings, waiting


async def list_recordings(request: Request) -> Reply:
    """List recordings of a loan: the latest, or those from number `o` on."""
    offset = int(request.value.get("o", 0))
    listed = await call_recordings.list_recordings(request.desk, UUID(request.value["l"]), offset)
    return Reply(recordings(request.t, listed, request.zone), replaces="o" in request.value)


async def list_waiting(request: Request) -> Reply:
    """List the recordings that wait for their loan or call."""
    return Reply(waiting(request.t, await waiting_recordings(request.desk), request.zone))


async def play(request: Request) -> Reply:
    """Show the sender a link to the page that plays a recording, with its code, or to where it is kept."""
    row = await call_recordings.require_playable(request.desk, UUID(request.value["r"]))
    if row.file_id is None:
        return Reply(kept_elsewhere(request.t, await call_recordings.show_link(request.desk, row.id)))
    return Reply(link_offered(request.t, await links.offer_link(request.desk, row.file_id), request.zone))


FAMILY = ButtonFamily("recording", {"list": list_recordings, "waiting": list_waiting, "play": play})
