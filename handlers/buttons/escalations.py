"""Buttons of escalations: a manager takes one on, or hands it back."""

from uuid import UUID

from desk.follow_ups.escalations import hand_back_escalation, take_escalation
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.escalations import escalation_changed


async def take(request: Request) -> Reply:
    """Take it on. The message stays, and is rewritten."""
    value = request.value
    result = await take_escalation(request.desk, UUID(value["e"]), value["v"])
    return Reply(escalation_changed(request.t, result, request.zone))


async def hand_back(request: Request) -> Reply:
    """Hand it back, so that another manager can take it on."""
    value = request.value
    result = await hand_back_escalation(request.desk, UUID(value["e"]), value["v"])
    return Reply(escalation_changed(request.t, result, request.zone))


FAMILY = ButtonFamily("escalation", {"take": take, "hand_back": hand_back})
"""Escalations to the managers."""
