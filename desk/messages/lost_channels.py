"""Channels and accounts that can no longer be written to: who hears of it, and who gets the messages instead."""

from collections.abc import Sequence
from enum import Enum

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people import accounts
from desk.people.members import managers_for
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Member, Notice, Team

SHARED_OUTSIDE = "shared_outside"
"""The error of a channel that another company can read. Slack would accept the message; the desk does not send it."""

_ACCOUNT_GONE = frozenset({"user_disabled", "user_not_found"})
"""Slack's errors for a direct message to an account that was deactivated."""


class Fallback(Enum):
    """What to do with a notice whose channel is lost."""

    ELSEWHERE = "elsewhere"
    """Send it again: it goes to its reader directly."""
    REPLACED = "replaced"
    """Drop it: others get it instead."""
    NONE = "none"
    """Drop it: there is nowhere to send it."""


async def handle_lost_channel(desk: Desk, notice: Notice, *, channel: str, error: str) -> Fallback:
    """Tell the admins once that Slack refused the channel with `error`, and return what to do with the notice.

    A member's notices go to them directly from now on; those of a manager channel go to each of its managers.
    """
    if notice.to_id is not None:
        member = await desk.session.get_one(Member, notice.to_id)
        if channel == member.slack_user_id or channel.startswith("D"):
            if error in _ACCOUNT_GONE:
                await accounts.lose(desk, member)
            return Fallback.NONE
        if await members.lose_channel(desk.session, member, channel, desk.now):
            desk.audit("channel_lost", subject_id=member.id, channel=channel, error=error)
            await _tell_admins(desk, f"{member.id}:{channel}:{desk.now.isoformat()}", channel, error, member=member)
        return Fallback.ELSEWHERE
    if channel.startswith(("U", "W", "D")):
        return Fallback.NONE
    return await _manager_channel_lost(desk, notice, channel, error)


async def _manager_channel_lost(desk: Desk, notice: Notice, channel: str, error: str) -> Fallback:
    teams = [t for t in await members.teams(desk.session, desk.workspace.id) if t.manager_channel_id == channel]
    await _tell_admins(desk, channel, channel, error, team=teams[0] if teams else None)
    if notice.ts is not None:
        return Fallback.NONE  # its readers have seen it: a new message would only repeat the change
    return Fallback.REPLACED if await _send_to_managers(desk, notice, teams) else Fallback.NONE


async def lose_channel(desk: Desk, channel: str, error: str) -> bool:
    """Stop writing to a channel that Slack still accepts but that the desk must not use any more, or that the bot has left: its
    messages go to their readers directly, those of a manager channel to each manager. Return whether that was new.

    The admins are told once for all who used it.
    """
    readers = await members.reminded_in(desk.session, desk.workspace.id, channel)
    lost = [m for m in readers if await members.lose_channel(desk.session, m, channel, desk.now)]
    for member in lost:
        desk.audit("channel_lost", subject_id=member.id, channel=channel, error=error)
    in_use = [t for t in await members.teams(desk.session, desk.workspace.id) if t.manager_channel_id == channel]
    teams = [team for team in in_use if team.channel_lost_at is None]
    for team in teams:
        team.channel_lost_at = desk.now
        desk.add(team)
        desk.audit("channel_lost", subject_id=team.id, channel=channel, error=error)
    for notice in await notices.unsent_to(desk.session, desk.workspace.id, channel):
        await _send_to_managers(desk, notice, in_use)
    if not lost and not teams:
        return False
    one = lost[0] if len(lost) == 1 and not teams else None
    await _tell_admins(
        desk,
        f"{channel}:{desk.now.isoformat()}",
        channel,
        error,
        member=one,
        team=teams[0] if teams else None,
        more=len(lost),
    )
    return True


async def _send_to_managers(desk: Desk, notice: Notice, teams: Sequence[Team]) -> bool:
    """Queue the notice of a manager channel for each manager it is for, and return whether there was any."""
    about = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    managers = await (
        managers_for(desk, about) if about else members.managers_of(desk.session, [team.id for team in teams])
    )
    shown = await notices.items(desk.session, notice.id)
    for manager in managers:
        await queue_notice(
            desk,
            kind=kinds.KINDS[notice.kind],
            key=f"{notice.key}:{manager.id}",
            to=manager,
            about_loan_id=notice.about_loan_id,
            about_member_id=notice.about_member_id,
            local_date=notice.local_date,
            items=shown,
            facts=notice.facts,
        )
    return bool(managers)


async def _tell_admins(
    desk: Desk,
    lost: str,
    channel: str,
    error: str,
    *,
    member: Member | None = None,
    team: Team | None = None,
    more: int = 0,
) -> None:
    facts = {"channel": channel, "error": error} | ({"team_id": str(team.id)} if team else {})
    facts |= {"members": str(more)} if more > 1 else {}
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        await queue_notice(
            desk,
            kind=kinds.CHANNEL_LOST,
            key=f"channel_lost:{lost}:{admin.id}",
            to=admin,
            about_member_id=member.id if member else None,
            facts=facts,
        )
