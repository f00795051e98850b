"""Buttons about follow-ups: on reminders, on the answer to a plan, and on lists of what is due."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from desk.core.errors import NotFound
from desk.follow_ups.assigning import assign_another, move_to_fit
from desk.follow_ups.due_lists import DueList, list_due
from desk.handover.reassigning import hand_to_manager
from desk.messages import reminders
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.due_lists import due_list
from handlers.messages.follow_ups import assigned, fitted, handed_over, snoozed, taken_up
from storage.tables import Member


async def snooze(request: Request) -> Reply:
    """Remind again later."""
    value = request.value
    result = await reminders.snooze(request.desk, UUID(value["f"]), value["v"], value["k"])
    return Reply(snoozed(request.t, result, request.zone))


async def take_up(request: Request) -> Reply:
    """End a snooze before its time."""
    value = request.value
    return Reply(taken_up(request.t, await reminders.take_up(request.desk, UUID(value["f"]), value["v"])))


async def hand_over(request: Request) -> Reply:
    """Hand the follow-up over to the manager."""
    value = request.value
    return Reply(handed_over(request.t, await hand_to_manager(request.desk, UUID(value["f"]), value["v"])))


REMINDERS = ButtonFamily("reminder", {"snooze": snooze, "take_up": take_up, "hand_over": hand_over})


async def fit(request: Request) -> Reply:
    """Move a follow-up from a time that does not fit to one that does."""
    value = request.value
    moved = await move_to_fit(request.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(request.t, moved))


async def plan_another(request: Request) -> Reply:
    """Plan a follow-up although one with the same purpose is open for that day."""
    answer = await assign_another(request.desk, UUID(request.value["d"]))
    return Reply(assigned(request.t, answer), replaces=True)


FAMILY = ButtonFamily("follow_up", {"fit": fit, "another": plan_another})


async def page(request: Request) -> Reply:
    """Show another page instead of the present one; or, below a digest, the full list."""
    desk, value = request.desk, request.value
    named = value.get("w")
    whose: Member | Literal["team"] | None = None
    if named == "team":
        whose = "team"
    elif named is not None:
        whose = await desk.session.get(Member, UUID(named))
        if whose is None or whose.workspace_id != desk.workspace.id:
            raise NotFound("member_gone")
    offset = int(value.get("o", 0))
    found = await list_due(desk, period=value.get("p", "today"), kind=value.get("k"), whose=whose, offset=offset)
    return Reply(due_list(request.t, found, request.zone, page_value(found, whose)), replaces="o" in value)


def page_value(found: DueList, whose: Member | Literal["team"] | None) -> dict[str, Any]:
    """Return what the buttons to other pages of a list carry besides their offset."""
    owner = whose if whose is None or whose == "team" else str(whose.id)
    value = {"p": found.period, "k": found.kind, "w": owner}
    return {name: each for name, each in value.items() if each}


DUE_LISTS = ButtonFamily("due", {"list": page})
