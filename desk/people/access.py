"""Access to the desk: a person who is not a member asks, and an admin or manager answers with one click."""

from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.access_requests import announce, close, deciders
from desk.people.staffing import joinable_teams
from desk.people.team import Candidate, add_member, check_candidate
from storage.engine.types import new_id
from storage.queries.people import access, members
from storage.tables import AccessRequest, Member, Team

GRANTABLE = ("agent", "verifier", "collector")
"""The roles that one click can grant; `/loan-team add` grants the others."""


@dataclass(frozen=True, slots=True)
class RequestReceipt:
    """The Slack ids of the members who decide, and the state of an earlier request of the same day."""

    deciders: tuple[str, ...]
    earlier: Literal["open", "declined"] | None = None


async def ask(desk: Desk, candidate: Candidate) -> RequestReceipt:
    """Store a request for access, at most one a day. Raises Conflict (`member_already`), Invalid (`not_a_person`, `guest`)."""
    newcomer = candidate.newcomer
    await _refuse_member(desk, newcomer.slack_user_id)
    check_candidate(candidate)
    to = await deciders(desk)
    decide = tuple(member.slack_user_id for member in to)
    today = desk.now.astimezone(ZoneInfo(desk.workspace.zone)).date()
    request = AccessRequest(
        id=new_id(),
        workspace_id=desk.workspace.id,
        slack_user_id=newcomer.slack_user_id,
        name=newcomer.name,
        locale=newcomer.locale,
        zone=newcomer.zone,
        asked_on=today,
        asked_at=desk.now,
    )
    if not await access.insert(desk.session, request):
        earlier = await access.of_day(desk.session, desk.workspace.id, newcomer.slack_user_id, today)
        return RequestReceipt(decide, earlier="open" if earlier is not None and earlier.state == "open" else "declined")
    desk.audit("ask_access", subject_id=request.id)
    await announce(desk, request, to)
    return RequestReceipt(decide)


async def grant(desk: Desk, request_id: UUID, role: str, candidate: Candidate) -> None:
    """Make the requester a member with that role, as `/loan-team add` does, in the only team that the acting member may
    name, or else in their own. The form for a member, which shows it, asks for another team and a channel.

    Raises what `add_member` raises, NotFound (`access_unknown`), Conflict (`access_decided`, `member_already`).
    """
    require_role(desk, "answer_access_request")
    request = await _open(desk, request_id)
    if role not in GRANTABLE or candidate.newcomer.slack_user_id != request.slack_user_id:
        raise NotFound("access_unknown")
    await _refuse_member(desk, request.slack_user_id)
    await add_member(desk, candidate, roles=[role], channel=None, team_name=await _likely_team(desk))


async def decline(desk: Desk, request_id: UUID) -> None:
    """Decline the request and notify the requester. Raises NotAllowed, NotFound, Conflict as `grant` does."""
    require_role(desk, "answer_access_request")
    request = await _open(desk, request_id)
    await close(desk, request, "declined")
    key, facts = f"access_declined:{request.id}", {"request": str(request.id)}
    await queue_notice(desk, kind=kinds.ACCESS_DECLINED, key=key, to=request.slack_user_id, facts=facts)
    desk.audit("decline_access", subject_id=request.id)


async def _likely_team(desk: Desk) -> str:
    names = await joinable_teams(desk)
    own = await desk.session.get(Team, desk.member.team_id) if desk.member.team_id else None
    return next((name for name in names if len(names) == 1 or (own is not None and name == own.name)), "")


async def _open(desk: Desk, request_id: UUID) -> AccessRequest:
    request = await desk.session.get(AccessRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None or request.workspace_id != desk.workspace.id:
        raise NotFound("access_unknown")
    if request.state != "open":
        by = await desk.session.get_one(Member, request.decided_by_id)
        raise Conflict("access_decided", slack_id=request.slack_user_id, who=by.slack_user_id, at=request.decided_at)
    return request


async def _refuse_member(desk: Desk, slack_user_id: str) -> None:
    member = await members.by_slack_id(desk.session, desk.workspace.id, slack_user_id)
    if member is not None and member.removed_at is None:
        raise Conflict("member_already", slack_id=slack_user_id)
