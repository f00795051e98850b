"""The buttons of a reminder that put it off or hand it over."""

from datetime import datetime
from uuid import UUID

from desk.follow_ups.fitting import move_to_fit
from desk.handover.to_manager import hand_to_manager
from desk.messages import reminders
from handlers.door.request import Reply, Visit
from handlers.messages import follow_ups as render
from handlers.messages.follow_ups import fitted


async def snooze(visit: Visit) -> Reply:
    """Speaks of it again later."""
    value = visit.value
    result = await reminders.snooze(visit.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(render.snoozed(visit.t, result, visit.zone))


async def hand_over(visit: Visit) -> Reply:
    """Makes it the manager's."""
    value = visit.value
    return Reply(render.handed_over(visit.t, await hand_to_manager(visit.desk, UUID(value["f"]), value["v"])))


async def fit(visit: Visit) -> Reply:
    """Moves what was planned at an hour that does not fit."""
    value = visit.value
    moved = await move_to_fit(visit.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(visit.t, moved))
