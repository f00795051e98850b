"""Next call: take the first of a queue, and give a borrower back."""

from uuid import UUID

from desk.calls.next_call import NobodyToCall, QueueKind, give_back, take_next
from desk.loans.cards import loan_card_by_id
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Reply, Request, UpdateModal
from handlers.messages.card_tabs import CARD, contact_tab
from handlers.messages.next_call import given_back, next_call, next_call_with_card, nobody_to_call


async def take(request: Request) -> OpenModal | UpdateModal | Reply:
    """Take the first of the queue, in place of the button's loan if it has one, and open the card."""
    value, t, zone = request.value, request.t, request.zone
    kind: QueueKind = "checks" if value["q"] == "checks" else "arrears"
    instead_of = (UUID(value["l"]), int(value["f"])) if "l" in value else None
    found = await take_next(request.desk, kind, instead_of=instead_of)
    if isinstance(found, NobodyToCall):
        return Reply(nobody_to_call(t, found, zone), replaces=bool(request.form))
    view = contact_tab(t, found.card, zone, next_call(t, found, zone))
    if request.form == CARD:
        return UpdateModal(view)
    return OpenModal(view, next_call_with_card(t, found, zone))


async def give(request: Request) -> UpdateModal | Reply:
    """Give the button's loan back."""
    t, loan_id = request.t, UUID(request.value["l"])
    answer = given_back(t, await give_back(request.desk, loan_id, int(request.value["f"])))
    if request.form == CARD:
        card = await loan_card_by_id(request.desk, loan_id)
        return UpdateModal(contact_tab(t, card, request.zone, answer))
    return Reply(answer, replaces=bool(request.form))


FAMILY = ButtonFamily("queue", {"next": take, "give_back": give}, opens_modal=frozenset({"next"}))
