"""Buttons of the lists of what is due: other pages, other lists, and the list behind a count."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args
from uuid import UUID

from desk.core.errors import NotFound
from desk.follow_ups.due_lists import DueList, Kind, Period, list_due
from desk.messages.notice_views import waiting_on
from desk.messages.worked import worked_list
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.digests import worked
from handlers.messages.due_lists import due_list
from storage.tables import Member

_PERIODS: Mapping[str, Period] = {**{period: period for period in get_args(Period)}, "overdue": "late"}
"""The lists by what buttons carry; those of an earlier release say `overdue` for late calls."""

_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


async def page(request: Request) -> Reply:
    """Show another page or list instead of the present one; or, below a count, the list of what it counts."""
    desk, value = request.desk, request.value
    named = value.get("w")
    whose: Member | Literal["team"] | None = None
    if named is not None:
        whose = "team" if named == "team" else await member_of_button(request, named)
    of = await member_of_button(request, value["of"]) if "of" in value else None
    found = await list_due(
        desk,
        period=_PERIODS.get(str(value.get("p", "")), "today"),
        kind=_KINDS.get(str(value.get("k", ""))),
        whose=whose,
        of=of,
        reminded=await waiting_on(desk, UUID(value["n"])) if "n" in value else None,
        alone="a" in value,
        offset=int(value.get("o", 0)),
    )
    kept = page_value(found, whose, of) | {name: value[name] for name in ("n", "a") if name in value}
    return Reply(due_list(request.t, found, kept), replaces="o" in value)


def page_value(found: DueList, whose: Member | Literal["team"] | None, of: Member | None = None) -> dict[str, Any]:
    """Return what the buttons to other pages of a list carry besides their offset."""
    return list_value(found.period, found.kind, whose) | ({"of": str(of.id)} if of else {})


def list_value(period: Period, kind: Kind | None, whose: Member | Literal["team"] | None) -> dict[str, Any]:
    """Return what says which list of the reader's it is."""
    named = whose if whose is None or whose == "team" else str(whose.id)
    return {name: each for name, each in {"p": period, "k": kind, "w": named}.items() if each}


async def member_of_button(request: Request, member_id: str) -> Member:
    """Return the member that a button names. Raises NotFound (`member_gone`)."""
    member = await request.desk.session.get(Member, UUID(member_id))
    if member is None or member.workspace_id != request.desk.workspace.id:
        raise NotFound("member_gone")
    return member


async def list_worked(request: Request) -> Reply:
    """Show what a team did on a day: calls of one outcome, or what it finished."""
    value = request.value
    manager = await member_of_button(request, value["of"])
    on = date.fromisoformat(value["d"])
    found = await worked_list(request.desk, manager, on, value.get("x"), offset=int(value.get("o", 0)))
    return Reply(worked(request.t, found, request.zone), replaces="o" in value)


FAMILY = ButtonFamily("due", {"list": page, "worked": list_worked})
