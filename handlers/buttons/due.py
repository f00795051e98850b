"""Buttons that turn the pages of a list of due calls."""

from typing import Any, Literal
from uuid import UUID

from desk.core.errors import NotFound
from desk.follow_ups.due_lists import DueList, list_due
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import due_lists as render
from storage.tables import Member


async def page(request: Request) -> Reply:
    """Show another page in the place of the first; or, below a digest, the full list."""
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
    shown = render.due_list(request.t, found, request.zone, page_value(found, whose))
    return Reply(shown, replaces="o" in value)


def page_value(found: DueList, whose: Member | Literal["team"] | None) -> dict[str, Any]:
    value: dict[str, Any] = {"p": found.period}
    if found.kind:
        value["k"] = found.kind
    if whose is not None:
        value["w"] = "team" if whose == "team" else str(whose.id)
    return value


FAMILY = ButtonFamily("due", {"list": page})
