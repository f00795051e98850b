"""A loan's card as a modal: its tabs, and what is done in them."""

import contextlib
from uuid import UUID

from desk.core.errors import DeskError
from desk.documents import documents
from desk.documents.documents import Act
from desk.follow_ups import assigning
from desk.loans import cards as loan_cards
from desk.loans import timelines
from handlers.door.request import Open, Rewrite, Visit
from handlers.messages import cards
from handlers.messages import documents as render_documents
from handlers.messages import follow_ups as render_follow_ups
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import BENEATH, View
from handlers.messages.cards import CARD


async def show(visit: Visit) -> Open | Rewrite:
    """Opens the card, or turns to another of its tabs."""
    value = visit.value
    loan_id = UUID(value["l"])
    view = await _tab(visit, loan_id, str(value.get("t", "contact")), offset=int(value.get("o", 0)))
    if visit.form == CARD:
        return Rewrite(view)
    otherwise = cards.card(visit.t, await loan_cards.card_pressed(visit.desk, loan_id), visit.zone)
    return Open(view, otherwise)


async def beneath(visit: Visit) -> View | None:
    """The card that lies under the modal in which something was done, as it is now. None where it can't be seen any more."""
    card = visit.private[BENEATH]
    with contextlib.suppress(DeskError):
        return await _tab(visit, UUID(card["l"]), str(card.get("t", "")), offset=int(card.get("o", 0)))
    return None


async def got(visit: Visit) -> Rewrite:
    """A document has come."""
    return await _document(visit, "got")


async def accept(visit: Visit) -> Rewrite:
    """A document is in order."""
    return await _document(visit, "accept")


async def done(visit: Visit) -> Rewrite:
    """A follow-up is finished."""
    closed = await assigning.done_pressed(visit.desk, UUID(visit.value["f"]), visit.value["v"])
    answer = render_follow_ups.closed(visit.t, closed, visit.zone)
    return Rewrite(await _tab(visit, closed.loan.id, "follow_ups", above=answer))


async def _document(visit: Visit, act: Act) -> Rewrite:
    result = await documents.change_document_on(visit.desk, UUID(visit.value["i"]), visit.value["v"], act)
    answer = render_documents.changed(visit.t, result, visit.zone, brief=True)
    return Rewrite(await _tab(visit, result.loan.id, "documents", above=answer))


async def _tab(visit: Visit, loan_id: UUID, tab: str, *, offset: int = 0, above: Message | None = None) -> View:
    desk, t, zone = visit.desk, visit.t, visit.zone
    match tab:
        case "timeline":
            return cards.timeline_tab(t, await timelines.timeline(desk, loan_id, offset=offset), zone, above)
        case "documents":
            return cards.documents_tab(t, await documents.documents_pressed(desk, loan_id), zone, above)
        case "follow_ups":
            return cards.follow_ups_tab(t, await loan_cards.planned_pressed(desk, loan_id, offset=offset), above)
        case _:
            return cards.contact_tab(t, await loan_cards.card_pressed(desk, loan_id), zone, above)
