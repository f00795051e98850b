"""Buttons of a reminder that put it off or hand it over."""

from uuid import UUID

from desk.handover.to_manager import hand_to_manager
from desk.messages import reminders
from handlers.door.declarations import ButtonFamily, Press
from handlers.door.request import Reply, Request
from handlers.messages import follow_ups as render


async def snooze(request: Request) -> Reply:
    """Speaks of it again later."""
    value = request.value
    result = await reminders.snooze(request.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(render.snoozed(request.t, result, request.zone))


async def hand_over(request: Request) -> Reply:
    """Makes it the manager's."""
    value = request.value
    return Reply(render.handed_over(request.t, await hand_to_manager(request.desk, UUID(value["f"]), value["v"])))


FAMILY = ButtonFamily(
    "reminder",
    {
        "snooze": Press(snooze),
        "hand_over": Press(hand_over),
    },
)
