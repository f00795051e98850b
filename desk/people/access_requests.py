"""Requests for access on the books: whom they concern, and what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import owe_to_channel, owe_to_member
from desk.people.members import today_of
from storage.queries.messages import notices
from storage.queries.people import access, members
from storage.tables import AccessRequest, Member


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as its message shows it. `by` is the name of whoever decided, None while it is open."""

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
    """The request as it is now."""
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


async def concerned(desk: Desk) -> list[Member]:
    """Who is asked for access: the admins who are at work today, else the managers who are, else every admin."""
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    managers = await members.with_role(desk.session, desk.workspace.id, "manager")
    return _at_work(desk, admins) or _at_work(desk, managers) or admins


async def announce(desk: Desk, request: AccessRequest) -> None:
    """Owes each of those concerned one message."""
    for member in await concerned(desk):
        await owe_to_member(
            desk,
            kind=kinds.ACCESS_ASKED,
            key=f"{_key(request)}:{member.id}",
            member=member,
            facts={"request": str(request.id)},
        )


async def member_added(desk: Desk, member: Member) -> None:
    """What somebody had asked for is granted, by whichever door they were let in. They are told."""
    for request in await access.open_of(desk.session, desk.workspace.id, member.slack_user_id):
        request.roles = member.roles
        await settle(desk, request, "granted")
        await owe_to_member(
            desk,
            kind=kinds.ACCESS_GRANTED,
            key=f"access_granted:{member.id}:{desk.now.isoformat()}",
            member=member,
            facts={"request": str(request.id)},
        )


async def settle(desk: Desk, request: AccessRequest, state: str) -> None:
    """Ends an open request; the messages about it say so."""
    request.state, request.decided_by_id, request.decided_at = state, desk.member.id, desk.now
    desk.add(request)
    told = await notices.ids_with_prefix(desk.session, desk.workspace.id, f"{_key(request)}:")
    await notices.touch(desk.session, told, desk.now)


async def tell_declined(desk: Desk, request: AccessRequest) -> None:
    """Owes the asker, who is no member, a direct message."""
    await owe_to_channel(
        desk,
        kind=kinds.ACCESS_DECLINED,
        key=f"access_declined:{request.id}",
        channel=request.slack_user_id,
        facts={"request": str(request.id)},
    )


def _key(request: AccessRequest) -> str:
    return f"access:{request.id}"


def _at_work(desk: Desk, people: list[Member]) -> list[Member]:
    return [member for member in people if not _is_away(desk, member)]


def _is_away(desk: Desk, member: Member) -> bool:
    if member.absent_from is None or member.absent_until is None:
        return False
    return member.absent_from <= today_of(desk, member) <= member.absent_until
