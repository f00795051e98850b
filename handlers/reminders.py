"""The buttons of a reminder that put it off or hand it over."""

from uuid import UUID

from desk import reminders
from handlers.render import reminder_answers as render
from handlers.visit import Reply, Visit


async def snooze(visit: Visit) -> Reply:
    """Speaks of it again later."""
    value = visit.value
    result = await reminders.snooze(visit.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(render.snoozed(visit.t, result, visit.zone))


async def hand_over(visit: Visit) -> Reply:
    """Makes it the manager's."""
    value = visit.value
    return Reply(render.handed_over(visit.t, await reminders.hand_over(visit.desk, UUID(value["f"]), value["v"])))
