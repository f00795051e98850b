"""Buttons about calls that the phone system reported: say how a conversation ended, list what fits nobody."""

from uuid import UUID

from desk.calls.views import CallLogged
from desk.telephony import answering, ringing
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import phone_calls as messages
from handlers.messages.calls import corrected, logged
from handlers.messages.cards import phone_number
from handlers.messages.phone_calls import unchanged, unmatched
from handlers.messages.related import revealed


async def log(request: Request) -> Reply:
    """Log the conversation with the button's outcome."""
    value = request.value
    answer = await answering.answer_phone_call(request.desk, UUID(value["p"]), value["v"], value["o"])
    if answer is None:
        return Reply(unchanged(request.t))
    if isinstance(answer, CallLogged):
        return Reply(logged(request.t, answer, request.zone))
    return Reply(corrected(request.t, answer, request.zone))


async def list_unmatched(request: Request) -> Reply:
    """List the calls that fit nobody."""
    found = await answering.list_unmatched(request.desk, int(request.value.get("o", 0)))
    return Reply(unmatched(request.t, found, request.zone), replaces="o" in request.value)


async def call(request: Request) -> Reply:
    """Have the phone system ring the borrower, or (`p`) a person around the loan, for the sender, or show them the number."""
    if "p" in request.value:
        person = await ringing.ring_person(request.desk, UUID(request.value["p"]))
        if isinstance(person, ringing.RingAsked):
            return Reply(messages.ringing(request.t, person))
        return Reply(revealed(request.t, person, request.zone))
    result = await ringing.ring(request.desk, UUID(request.value["l"]))
    if isinstance(result, ringing.RingAsked):
        return Reply(messages.ringing(request.t, result))
    return Reply(phone_number(request.t, result, request.zone))


FAMILY = ButtonFamily("phone", {"call": call, "log": log, "unmatched": list_unmatched})
