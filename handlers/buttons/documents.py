"""Buttons that list documents and tick them off."""

from uuid import UUID

from desk.documents import documents
from desk.documents.documents import Act
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import documents as render


async def show(request: Request) -> Reply:
    """List the documents of a loan."""
    listed = await documents.list_documents_by_id(request.desk, UUID(request.value["l"]))
    return Reply(render.listed(request.t, listed, request.zone))


async def got(request: Request) -> Reply:
    """Mark a document as received."""
    return await _change(request, "got")


async def accept(request: Request) -> Reply:
    """Accept a document."""
    return await _change(request, "accept")


async def _change(request: Request, act: Act) -> Reply:
    value = request.value
    result = await documents.change_document_on(request.desk, UUID(value["i"]), value["v"], act)
    return Reply(render.changed(request.t, result, request.zone), replaces=True)


FAMILY = ButtonFamily("documents", {"list": show, "got": got, "accept": accept})
