"""Buttons about calls that the phone system reported: say how a conversation ended, list what fits nobody."""

from uuid import UUID

from desk.calls.views import CallLogged
from desk.telephony import answering
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.calls import corrected, logged
from handlers.messages.phone_calls import unchanged, unmatched


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


FAMILY = ButtonFamily("phone", {"log": log, "unmatched": list_unmatched})
