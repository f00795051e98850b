"""Buttons of a loan's card in a modal: its tabs, and what is done in them."""

import contextlib
from uuid import UUID

from desk.core.errors import DeskError
from desk.documents import documents
from desk.documents.documents import Act
from desk.follow_ups import assigning
from desk.loans import timelines
from desk.loans.cards import loan_card_by_id, planned_calls
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Request, UpdateModal
from handlers.messages import cards
from handlers.messages import documents as render_documents
from handlers.messages import follow_ups as render_follow_ups
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import BENEATH, View
from handlers.messages.cards import CARD


async def show(request: Request) -> OpenModal | UpdateModal:
    """Open the card, or show another of its tabs."""
    value = request.value
    loan_id = UUID(value["l"])
    view = await _tab(request, loan_id, str(value.get("t", "contact")), offset=int(value.get("o", 0)))
    if request.form == CARD:
        return UpdateModal(view)
    otherwise = cards.card(request.t, await loan_card_by_id(request.desk, loan_id), request.zone)
    return OpenModal(view, otherwise)


async def parent(request: Request) -> View | None:
    """Return the present card under the modal in which something was changed, or None if the reader can no longer see it."""
    card = request.private[BENEATH]
    with contextlib.suppress(DeskError):
        return await _tab(request, UUID(card["l"]), str(card.get("t", "")), offset=int(card.get("o", 0)))
    return None


async def got(request: Request) -> UpdateModal:
    """Mark a document as received."""
    return await _document(request, "got")


async def accept(request: Request) -> UpdateModal:
    """Accept a document."""
    return await _document(request, "accept")


async def done(request: Request) -> UpdateModal:
    """Finish a follow-up."""
    closed = await assigning.done_pressed(request.desk, UUID(request.value["f"]), request.value["v"])
    answer = render_follow_ups.closed(request.t, closed, request.zone)
    return UpdateModal(await _tab(request, closed.loan.id, "follow_ups", above=answer))


async def _document(request: Request, act: Act) -> UpdateModal:
    result = await documents.change_document_on(request.desk, UUID(request.value["i"]), request.value["v"], act)
    answer = render_documents.changed(request.t, result, request.zone, brief=True)
    return UpdateModal(await _tab(request, result.loan.id, "documents", above=answer))


async def _tab(request: Request, loan_id: UUID, tab: str, *, offset: int = 0, above: Message | None = None) -> View:
    desk, t, zone = request.desk, request.t, request.zone
    match tab:
        case "timeline":
            return cards.timeline_tab(t, await timelines.timeline(desk, loan_id, offset=offset), zone, above)
        case "documents":
            return cards.documents_tab(t, await documents.documents_pressed(desk, loan_id), zone, above)
        case "follow_ups":
            return cards.follow_ups_tab(t, await planned_calls(desk, loan_id, offset=offset), above)
        case _:
            return cards.contact_tab(t, await loan_card_by_id(desk, loan_id), zone, above)


FAMILY = ButtonFamily(
    "card", {"open": show, "got": got, "accept": accept, "done": done}, opens_modal=frozenset({"open"})
)
