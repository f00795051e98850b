"""`/loan-due`: what is due, and the loans with nothing planned."""

from typing import Any, Literal
from uuid import UUID

from desk.core.errors import NotFound
from desk.core.values import PersonRef
from desk.follow_ups.due_lists import TABLE, DueList, list_due
from desk.messages.notices import takes_native
from desk.people.members import resolve
from handlers.door.request import Reply, Visit
from handlers.grammar import due_list as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import due_list as render
from handlers.messages.block_kit.message import Message
from handlers.messages.usage import usage
from storage.tables import Member


async def loan_due(visit: Visit) -> Message:
    """A list, as a table where Slack takes one."""
    desk = visit.desk
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    if isinstance(request, HelpRequest):
        return usage(visit.t, "/loan-due")
    whose = await resolve(desk, request.whose) if isinstance(request.whose, PersonRef) else request.whose
    if not await takes_native(desk):
        found = await list_due(desk, period=request.period, kind=request.kind, whose=whose)
        return render.due_list(visit.t, found, visit.zone, _value(found, whose))
    found = await list_due(desk, period=request.period, kind=request.kind, whose=whose, limit=TABLE)
    return render.with_table(visit.t, found, visit.zone, _value(found, whose))


async def page(visit: Visit) -> Reply:
    """Another page, in the place of the first; or, below a digest, the whole list."""
    desk, value = visit.desk, visit.value
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
    shown = render.due_list(visit.t, found, visit.zone, _value(found, whose))
    return Reply(shown, replaces="o" in value)


def _value(found: DueList, whose: Member | Literal["team"] | None) -> dict[str, Any]:
    value: dict[str, Any] = {"p": found.period}
    if found.kind:
        value["k"] = found.kind
    if whose is not None:
        value["w"] = "team" if whose == "team" else str(whose.id)
    return value
