"""Buttons about a loan: the tabs of its card, its documents, lists of loans, a new inquiry, the next step."""

import contextlib
from datetime import date, datetime
from functools import partial
from uuid import UUID

from desk.calls import checking
from desk.core.errors import DeskError
from desk.core.values import Due
from desk.documents import documents, listing
from desk.documents.documents import Act
from desk.documents.waiting import waiting_documents
from desk.follow_ups import assigning, quiet_periods
from desk.handover import reassigning
from desk.loans import cards, inquiries, lists, related_views, stages, timelines
from desk.repayment import pauses, payments
from desk.repayment.overview import repayment_page
from handlers.buttons.due_lists import member_of_button
from handlers.buttons.forms import refresh
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Reply, Request, UpdateModal
from handlers.forms.fields import suggest_loans
from handlers.messages import checks
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import BENEATH, View
from handlers.messages.card_tabs import (
    CARD,
    contact_tab,
    documents_tab,
    follow_ups_tab,
    people_tab,
    repayment_tab,
    timeline_tab,
)
from handlers.messages.cards import card, phone_number
from handlers.messages.documents import changed, listed, waiting
from handlers.messages.follow_ups import closed, next_planned, nothing_needed
from handlers.messages.loans import claimed, inquiry_opened, own_loans, pool
from handlers.messages.repayment import pause_set, payment_recorded
from handlers.messages.stages import not_moved, stage_answer


async def show_card(request: Request) -> Reply:
    """Show the card of a loan, from a reminder or a list."""
    return Reply(card(request.t, await cards.loan_card_by_id(request.desk, _loan(request)), request.zone))


async def show_number(request: Request) -> Reply:
    """Show the borrower's phone number to the sender."""
    return Reply(phone_number(request.t, await cards.reveal_number(request.desk, _loan(request)), request.zone))


async def show_checks(request: Request) -> Reply:
    """Show the checks of a loan, with who made them and when."""
    return Reply(checks.listed(request.t, await checking.checks_of_loan(request.desk, _loan(request)), request.zone))


async def mine(request: Request) -> Reply:
    """Show a page of the reader's own loans, or of a colleague's."""
    value = request.value
    whose = await member_of_button(request, value["w"]) if "w" in value else None
    found = await lists.mine(request.desk, value["s"] or None, whose=whose, offset=value["o"])
    return Reply(own_loans(request.t, found, {"w": value["w"]} if whose else {}))


async def show_pool(request: Request) -> Reply:
    """Show a page of the loans that are nobody's."""
    return Reply(pool(request.t, await lists.pool(request.desk, offset=int(request.value.get("o", 0)))))


async def claim(request: Request) -> Reply:
    """Make the sender the owner of a loan that is nobody's."""
    result = await reassigning.claim(request.desk, _loan(request), request.value["v"])
    return Reply(claimed(request.t, result))


async def new_anyway(request: Request) -> Reply:
    """Open the inquiry although its phone number is known."""
    answer = await inquiries.confirm_inquiry(request.desk, UUID(request.value["d"]))
    return Reply(inquiry_opened(request.t, answer, request.zone), replaces=True)


def offered_due(request: Request) -> Due:
    """Return the due time that the button offers."""
    value = request.value
    return Due(on=date.fromisoformat(value["o"]), at=datetime.fromisoformat(value["a"]) if value["a"] else None)


async def plan_next(request: Request) -> Reply:
    """Plan one of the offered next steps."""
    due, value = offered_due(request), request.value
    answer = await assigning.plan_offered(request.desk, _loan(request), due, value["p"], next_number=value["n"])
    return Reply(next_planned(request.t, answer))


async def plan_nothing(request: Request) -> Reply:
    """Record that the loan needs no call for the usual time."""
    return Reply(nothing_needed(request.t, await quiet_periods.record_usual_quiet(request.desk, _loan(request))))


def _loan(request: Request) -> UUID:
    return UUID(request.value["l"])


FAMILY = ButtonFamily(
    "loan",
    {
        "card": show_card,
        "show_number": show_number,
        "checks": show_checks,
        "mine": mine,
        "pool": show_pool,
        "claim": claim,
        "new_anyway": new_anyway,
        "plan_next": plan_next,
        "nothing_needed": plan_nothing,
        "search": refresh,
    },
    suggestions={"search": suggest_loans},
)


async def confirm_move(request: Request, *, writes_off: bool) -> Reply:
    """Write a loan off, or make an unusual move, once more pressed."""
    result = await stages.confirm_move(request.desk, UUID(request.value["d"]), writes_off=writes_off)
    return Reply(stage_answer(request.t, result, request.zone), replaces=True)


async def leave_stage(request: Request) -> Reply:
    """Leave a loan at its stage."""
    return Reply(not_moved(request.t), replaces=True)


STAGES = ButtonFamily(
    "stage",
    {
        "write_off": partial(confirm_move, writes_off=True),
        "move": partial(confirm_move, writes_off=False),
        "leave": leave_stage,
    },
)


async def list_documents(request: Request) -> Reply:
    """List the documents of a loan."""
    found = await listing.list_documents_by_id(request.desk, _loan(request))
    return Reply(listed(request.t, found, request.zone))


async def list_waiting(request: Request) -> Reply:
    """List the documents that wait on the presser's own loans: what the counts of the Home stand for."""
    which = "received" if request.value["s"] == "received" else "open"
    found = await waiting_documents(request.desk, which, offset=int(request.value.get("o", 0)))
    return Reply(waiting(request.t, found, request.zone), replaces="o" in request.value)


async def change_document(request: Request, act: Act) -> Reply:
    """Mark a document as received, or accept it."""
    value = request.value
    result = await documents.change_document_on(request.desk, UUID(value["i"]), value["v"], act)
    return Reply(changed(request.t, result, request.zone), replaces=True)


DOCUMENTS = ButtonFamily(
    "documents",
    {
        "list": list_documents,
        "waiting": list_waiting,
        "got": partial(change_document, act="got"),
        "accept": partial(change_document, act="accept"),
    },
)


async def open_card(request: Request) -> OpenModal | UpdateModal:
    """Open the card in a modal, or show another of its tabs."""
    value, loan_id = request.value, _loan(request)
    view = await _tab(request, loan_id, str(value.get("t", "contact")), offset=int(value.get("o", 0)))
    if request.form == CARD:
        return UpdateModal(view)
    return OpenModal(view, card(request.t, await cards.loan_card_by_id(request.desk, loan_id), request.zone))


async def parent(request: Request) -> View | None:
    """Return the present card under the modal in which something was changed, or None if the reader can no longer see it."""
    beneath = request.private[BENEATH]
    with contextlib.suppress(DeskError):
        return await _tab(request, UUID(beneath["l"]), str(beneath.get("t", "")), offset=int(beneath.get("o", 0)))
    return None


async def finish_follow_up(request: Request) -> UpdateModal:
    """Finish a follow-up in its tab of the card."""
    result = await assigning.finish_follow_up(request.desk, UUID(request.value["f"]), request.value["v"])
    answer = closed(request.t, result, request.zone)
    return UpdateModal(await _tab(request, result.loan.id, "follow_ups", above=answer))


async def change_document_in_card(request: Request, act: Act) -> UpdateModal:
    """Mark a document as received, or accept it, in its tab of the card."""
    result = await documents.change_document_on(request.desk, UUID(request.value["i"]), request.value["v"], act)
    answer = changed(request.t, result, request.zone, brief=True)
    return UpdateModal(await _tab(request, result.loan.id, "documents", above=answer))


async def reverse_payment(request: Request) -> UpdateModal:
    """Reverse a payment in its tab of the card."""
    result = await payments.reverse_payment(request.desk, UUID(request.value["p"]), request.value["v"])
    answer = payment_recorded(request.t, result)
    return UpdateModal(await _tab(request, result.loan.id, "repayment", above=answer))


async def end_pause(request: Request) -> UpdateModal:
    """End a pause in its tab of the card."""
    result = await pauses.end_pause(request.desk, UUID(request.value["p"]), request.value["v"])
    return UpdateModal(await _tab(request, result.loan.id, "repayment", above=pause_set(request.t, result)))


async def _tab(request: Request, loan_id: UUID, tab: str, *, offset: int = 0, above: Message | None = None) -> View:
    desk, t, zone = request.desk, request.t, request.zone
    match tab:
        case "timeline":
            return timeline_tab(t, await timelines.timeline(desk, loan_id, offset=offset), zone, above)
        case "repayment":
            return repayment_tab(t, await repayment_page(desk, loan_id), above)
        case "people":
            return people_tab(t, await related_views.list_people(desk, loan_id), above)
        case "documents":
            return documents_tab(t, await listing.list_documents_by_id(desk, loan_id), zone, above)
        case "follow_ups":
            return follow_ups_tab(t, await cards.planned_calls(desk, loan_id, offset=offset), above)
        case _:
            return contact_tab(t, await cards.loan_card_by_id(desk, loan_id), zone, above)


CARDS = ButtonFamily(
    "card",
    {
        "open": open_card,
        "got": partial(change_document_in_card, act="got"),
        "accept": partial(change_document_in_card, act="accept"),
        "done": finish_follow_up,
        "reverse_payment": reverse_payment,
        "end_pause": end_pause,
    },
    opens_modal=frozenset({"open"}),
)
