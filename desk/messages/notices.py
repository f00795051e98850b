"""Queue notices, and decide where they go and in which language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from desk.core.transaction import Desk
from desk.messages import kinds
from desk.people.members import locale_of, managers_for
from storage.engine.types import new_id
from storage.queries.messages import notices
from storage.queries.people import members, workspaces
from storage.tables import FollowUp, Member, Notice, Team
from storage.upkeep.restoring import REVISIONS_LOST


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a notice goes: a channel id, or a member's Slack id for a direct message; `member` is None for a channel."""

    channel: str
    member: Member | None = field(repr=False)


class Fallback(Enum):
    """What to do with a notice whose channel is lost."""

    ELSEWHERE = "elsewhere"
    """Send it again: it goes to its reader directly."""
    REPLACED = "replaced"
    """Drop it: others get it instead."""
    NONE = "none"
    """Drop it: there is nowhere to send it."""


async def queue_notice(
    desk: Desk,
    *,
    kind: kinds.NoticeKind,
    key: str,
    to: Member | str,
    about_loan_id: UUID | None = None,
    about_member_id: UUID | None = None,
    local_date: date | None = None,
    items: Sequence[FollowUp] = (),
    facts: dict[str, Any] | None = None,
    arose_at: datetime | None = None,
) -> UUID | None:
    """Queue one message to a member or a channel id; return its id, or None when its `key` was queued before.

    `key` is unique in the workspace for what is announced. `items` are the follow-ups shown: the message is rewritten when
    they change. `facts` are codes, numbers and ids, never personal data. `arose_at` is when the notice first became due, if
    that may be long ago: delivery then looks for a message sent before the rows were restored from a backup.
    """
    member_id, channel = (to.id, None) if isinstance(to, Member) else (None, to)
    notice = Notice(
        id=new_id(),
        workspace_id=desk.workspace.id,
        key=key,
        kind=kind.name,
        urgent=kind.urgent,
        facts=facts or {},
        to_id=member_id,
        target=channel,
        about_loan_id=about_loan_id,
        about_member_id=about_member_id,
        local_date=local_date,
        owed_from=desk.now,
        created_at=desk.now,
    )
    if arose_at is not None and may_have_been_sent(desk, arose_at):
        expected = await destination(desk, notice)
        notice.tried_at, notice.channel_id = desk.workspace.restored_from, expected.channel if expected else None
        notice.wanted += REVISIONS_LOST
    if not await notices.insert(desk.session, notice):
        return None
    await notices.link(desk.session, notice, items)
    return notice.id


async def destination(desk: Desk, notice: Notice) -> Destination | None:
    """Return where the notice goes now: to its channel, or its reader's reminder channel, else to the reader directly.

    None when the reader has left the desk.
    """
    if notice.to_id is None:
        return Destination(channel=notice.target, member=None) if notice.target else None
    member = await desk.session.get_one(Member, notice.to_id)
    if member.removed_at is not None:
        return None
    own = member.reminder_channel_id if member.channel_lost_at is None else None
    return Destination(channel=own or member.slack_user_id, member=member)


async def locale_for(desk: Desk, notice: Notice, reader: Member | None) -> str:
    """Return the language of the notice: its reader's, else its channel's, else the workspace's."""
    if reader is not None:
        return locale_of(reader)
    channel = notice.target
    chosen = await members.language_of_channel(desk.session, desk.workspace.id, channel) if channel else None
    return chosen or desk.workspace.locale


async def handle_lost_channel(desk: Desk, notice: Notice, *, channel: str, error: str) -> Fallback:
    """Tell the admins once that Slack refused the channel with `error`, and return what to do with the notice.

    A member's notices go to them directly from now on; those of a manager channel go to each of its managers.
    """
    if notice.to_id is not None:
        member = await desk.session.get_one(Member, notice.to_id)
        if channel == member.slack_user_id or channel.startswith("D"):
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
    return Fallback.REPLACED if managers else Fallback.NONE


async def _tell_admins(
    desk: Desk, lost: str, channel: str, error: str, *, member: Member | None = None, team: Team | None = None
) -> None:
    facts = {"channel": channel, "error": error} | ({"team_id": str(team.id)} if team else {})
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        await queue_notice(
            desk,
            kind=kinds.CHANNEL_LOST,
            key=f"channel_lost:{lost}:{admin.id}",
            to=admin,
            about_member_id=member.id if member else None,
            facts=facts,
        )


def may_have_been_sent(desk: Desk, arose_at: datetime) -> bool:
    """Return whether a notice due since then may have been sent before the rows were restored from a backup."""
    restored_at = desk.workspace.restored_at
    return restored_at is not None and arose_at <= restored_at


REFUSED_FOR = timedelta(days=30)
"""How long a refusal counts: the workspace's Slack clients may be newer by then."""


async def accepts_tables(desk: Desk) -> bool:
    """Return whether Slack may be sent tables and charts: it refused none lately."""
    refused_at = await workspaces.tables_refused_at(desk.session, desk.workspace.id)
    return refused_at is None or desk.now - refused_at >= REFUSED_FOR


async def record_tables_refused(desk: Desk) -> None:
    """Record that Slack refused a table or chart now."""
    await workspaces.remember_tables_refused(desk.session, desk.workspace.id, desk.now)
