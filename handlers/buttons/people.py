"""Buttons about people: requests for access, the preview of a handover, and the list of members."""

from collections.abc import Mapping
from typing import get_args
from uuid import UUID

from desk.core.errors import Conflict, NotFound
from desk.core.permissions import allows, has_role_for
from desk.handover import plans, reassigning
from desk.handover.planned import PlanPreview
from desk.handover.planned_lists import Counted, planned_list
from desk.handover.reassigning import Preview
from desk.loans.lists import LoanList
from desk.people import access, calendars, views
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Reply, Request
from handlers.forms import member
from handlers.messages.block_kit.message import Message
from handlers.messages.due_lists import planned_follow_ups
from handlers.messages.handover import nothing_handed_over, plan, plan_done, preview, reassigned
from handlers.messages.loans import planned_loans
from handlers.messages.people.access import access_granted, request_sent
from handlers.messages.people.team import members
from storage.tables import Member


async def ask(request: Request) -> Reply:
    """Ask for access: the only button for people who are not members."""
    if request.desk.actor is not None:
        raise Conflict("member_already", slack_id=request.desk.actor.slack_user_id)
    (slack_id,) = request.entries.ids
    return Reply(request_sent(request.t, await access.ask(request.desk, request.entries.candidate(slack_id))))


async def grant(request: Request) -> OpenModal:
    """Grant access with the role of the button, which the message shows, and ask for the team and the channel."""
    value = request.value
    await access.grant(request.desk, UUID(value["r"]), value["role"], request.entries.candidate(value["who"]))
    view = await member.FORM.show(request, {"w": value["who"]}, {})
    return OpenModal(view, access_granted(request.t, value["who"], value["role"]))


async def decline(request: Request) -> None:
    """Decline access; the message shows it."""
    await access.decline(request.desk, UUID(request.value["r"]))


ACCESS = ButtonFamily("access", {"ask": ask, "grant": grant, "decline": decline}, for_non_members=frozenset({"ask"}))


async def confirm(request: Request) -> Reply:
    """Hand everything over if the preview is still correct; otherwise show it again."""
    value = request.value
    outgoing, to = await _member(request, value["f"]), await _member(request, value["t"])
    draft_id = UUID(value["d"]) if value.get("d") else None
    result = await reassigning.reassign_all(request.desk, outgoing, to, fingerprint=value["m"], draft_id=draft_id)
    shown = preview(request.t, result, request.zone) if isinstance(result, Preview) else reassigned(request.t, result)
    return Reply(shown, replaces=True)


async def carry_out(request: Request) -> Reply:
    """Carry out the form's plan if its preview is still correct; otherwise show it again."""
    result = await plans.carry_out(request.desk, UUID(request.value["d"]), request.value["m"])
    shown = plan(request.t, result, request.zone) if isinstance(result, PlanPreview) else plan_done(request.t, result)
    return Reply(shown, replaces=True)


async def list_planned(request: Request) -> Reply:
    """Show a page of what a count of the form's preview counts."""
    value = request.value
    found = await planned_list(
        request.desk, UUID(value["d"]), _COUNTED.get(str(value["x"]), "all"), offset=int(value.get("o", 0))
    )
    kept = {"d": value["d"], "x": value["x"]}
    if isinstance(found, LoanList):
        return Reply(planned_loans(request.t, found, kept), replaces="o" in value)
    return Reply(planned_follow_ups(request.t, found, kept), replaces="o" in value)


_COUNTED: Mapping[str, Counted] = {what: what for what in get_args(Counted)}


async def leave(request: Request) -> Reply:
    """Change nothing."""
    return Reply(nothing_handed_over(request.t), replaces=True)


async def _member(request: Request, member_id: str) -> Member:
    member = await request.desk.session.get(Member, UUID(member_id))
    if member is None or member.workspace_id != request.desk.workspace.id or member.removed_at is not None:
        raise NotFound("member_gone")
    return member


REASSIGN = ButtonFamily("reassign", {"confirm": confirm, "carry_out": carry_out, "leave": leave, "list": list_planned})


async def list_members(request: Request) -> Reply:
    """Show another page of the members instead of the present one."""
    return Reply(await team_list(request, offset=int(request.value.get("o", 0))), replaces=True)


async def team_list(request: Request, *, offset: int = 0) -> Message:
    """Return a page of the members, with what the acting member may set up."""
    desk = request.desk
    return members(
        request.t,
        await views.list_team(desk, offset=offset),
        sets_up=has_role_for(desk.member, "add_member"),
        admin=allows(desk.member, "change_admin_roles"),
        year_to_enter=await calendars.year_to_enter(desk),
    )


TEAM = ButtonFamily("team", {"list": list_members})
