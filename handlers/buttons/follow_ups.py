"""Buttons about follow-ups: on reminders, and on the answer to a plan."""

from datetime import datetime
from uuid import UUID

from desk.follow_ups.assigning import assign_another, cancel_follow_up, move_to_fit
from desk.handover.reassigning import hand_to_manager
from desk.messages import held_bundles, reminders
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.follow_ups import assigned, closed, fitted, handed_over, held, held_together, snoozed, taken_up


async def snooze(request: Request) -> Reply:
    """Remind again later."""
    value = request.value
    result = await reminders.snooze(request.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(snoozed(request.t, result, request.zone))


async def hold(request: Request) -> Reply:
    """Hold the escalation: the presser is on it."""
    value = request.value
    return Reply(held(request.t, await reminders.hold(request.desk, UUID(value["f"]), value["v"]), request.zone))


async def hold_all(request: Request) -> Reply:
    """Hold the escalations of all reminders of a message: the presser is on them."""
    value = request.value
    result = await held_bundles.hold_all(request.desk, UUID(value["n"]), value["h"])
    return Reply(held_together(request.t, result, request.zone))


async def take_up(request: Request) -> Reply:
    """End a snooze before its time."""
    value = request.value
    return Reply(taken_up(request.t, await reminders.take_up(request.desk, UUID(value["f"]), value["v"])))


async def hand_over(request: Request) -> Reply:
    """Hand the follow-up over to the manager."""
    value = request.value
    return Reply(handed_over(request.t, await hand_to_manager(request.desk, UUID(value["f"]), value["v"])))


REMINDERS = ButtonFamily(
    "reminder", {"snooze": snooze, "hold": hold, "hold_all": hold_all, "take_up": take_up, "hand_over": hand_over}
)


async def fit(request: Request) -> Reply:
    """Move a follow-up from a time that does not fit to one that does."""
    value = request.value
    moved = await move_to_fit(request.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(request.t, moved))


async def plan_another(request: Request) -> Reply:
    """Plan a follow-up although one with the same purpose is open for that day."""
    answer = await assign_another(request.desk, UUID(request.value["d"]))
    return Reply(assigned(request.t, answer), replaces=True)


async def not_needed(request: Request) -> Reply:
    """Cancel a follow-up that a stage made unnecessary."""
    value = request.value
    result = await cancel_follow_up(request.desk, UUID(value["f"]), value["v"])
    return Reply(closed(request.t, result, request.zone))


FAMILY = ButtonFamily("follow_up", {"fit": fit, "another": plan_another, "not_needed": not_needed})
