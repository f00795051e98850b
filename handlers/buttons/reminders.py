"""Buttons that snooze a reminder or hand its follow-up over."""

from uuid import UUID

from desk.messages import reminders
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import follow_ups as render


async def snooze(request: Request) -> Reply:
    """Remind again later."""
    value = request.value
    result = await reminders.snooze(request.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(render.snoozed(request.t, result, request.zone))


async def hand_over(request: Request) -> Reply:
    """Hand the follow-up over to the manager."""
    value = request.value
    return Reply(render.handed_over(request.t, await reminders.hand_over(request.desk, UUID(value["f"]), value["v"])))


FAMILY = ButtonFamily("reminder", {"snooze": snooze, "hand_over": hand_over})
