"""Stored requests for access: who decides them, their state, and the messages about them."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import is_away_today
from storage.queries.messages import notices
from storage.queries.people import access, members
from storage.tables import AccessRequest, Member


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as its message shows it. `by` is the name of the member who decided, or None while it is open."""

    id: UUID
    slack_user_id: str
    name: str = field(repr=False)
    state: str
    roles: tuple[str, ...]
    by: str | None
    at: datetime | None
    locale: str
    zone: str


async def view(desk: Desk, request_id: UUID) -> RequestView:
    """Return the present state of a request."""
    request = await desk.session.get_one(AccessRequest, request_id)
    by = await desk.session.get(Member, request.decided_by_id) if request.decided_by_id else None
    return RequestView(
        id=request.id,
        slack_user_id=request.slack_user_id,
        name=request.name,
        state=request.state,
        roles=tuple(request.roles.split()),
        by=by.name if by else None,
        at=request.decided_at,
        locale=request.locale,
        zone=request.zone,
    )


async def deciders(desk: Desk) -> list[Member]:
    """Return who decides about access: the admins at work today, else the managers at work, else all admins."""
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    managers = await members.with_role(desk.session, desk.workspace.id, "manager")
    at_work = [[member for member in group if not is_away_today(desk, member)] for group in (admins, managers)]
    return at_work[0] or at_work[1] or admins


async def announce(desk: Desk, request: AccessRequest, to: Sequence[Member]) -> None:
    """Send each of those who decide one message."""
    for member in to:
        key, facts = f"{_key(request)}:{member.id}", {"request": str(request.id)}
        await queue_notice(desk, kind=kinds.ACCESS_ASKED, key=key, to=member, facts=facts)


async def grant_open_requests(desk: Desk, member: Member) -> None:
    """Close the open requests of a new member, however they were added, and notify the member."""
    for request in await access.open_of(desk.session, desk.workspace.id, member.slack_user_id):
        request.roles = member.roles
        await close(desk, request, "granted")
        key, facts = f"access_granted:{member.id}:{desk.now.isoformat()}", {"request": str(request.id)}
        await queue_notice(desk, kind=kinds.ACCESS_GRANTED, key=key, to=member, facts=facts)


async def close(desk: Desk, request: AccessRequest, state: str) -> None:
    """Close an open request and update the messages about it."""
    request.state, request.decided_by_id, request.decided_at = state, desk.member.id, desk.now
    desk.add(request)
    told = await notices.ids_with_prefixes(desk.session, desk.workspace.id, [f"{_key(request)}:"])
    await notices.touch(desk.session, told, desk.now)


def _key(request: AccessRequest) -> str:
    return f"access:{request.id}"
