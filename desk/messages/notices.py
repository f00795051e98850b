"""Notices: the messages that the desk owes somebody, and where they go."""

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
    """Where a notice goes: `channel` is the id of a channel, or a person's Slack id for a direct message.

    `member` is its reader; None where a whole channel reads it.
    """

    channel: str
    member: Member | None = field(repr=False)


class Fallback(Enum):
    """What becomes of a notice whose channel is gone."""

    ELSEWHERE = "elsewhere"
    """It goes to its reader directly: send it again."""
    REPLACED = "replaced"
    """Others are owed it instead: drop this one."""
    NONE = "none"
    """There is nowhere left to send it."""


async def owe_to_member(
    desk: Desk,
    *,
    kind: kinds.NoticeKind,
    key: str,
    member: Member,
    about_loan_id: UUID | None = None,
    about_member_id: UUID | None = None,
    local_date: date | None = None,
    items: Sequence[FollowUp] = (),
    facts: dict[str, Any] | None = None,
    arose_at: datetime | None = None,
) -> UUID | None:
    """Owes a member one message of that `kind`; `key` is unique in the workspace for what it announces.

    `items` are the follow-ups it shows: when they change, it is rewritten. `facts` are codes, numbers and ids, never
    personal data. `arose_at` is from when on it could be owed, where that may be long ago: what could have been sent before
    the desk's rows were restored is looked for first. Gives the notice's id, or None when that `key` has been owed before.
    """
    notice = _notice(desk, kind=kind, key=key, facts=facts)
    notice.to_id, notice.local_date = member.id, local_date
    notice.about_loan_id, notice.about_member_id = about_loan_id, about_member_id
    return await _owe(desk, notice, items, arose_at)


async def owe_to_channel(
    desk: Desk,
    *,
    kind: kinds.NoticeKind,
    key: str,
    channel: str,
    about_loan_id: UUID | None = None,
    about_member_id: UUID | None = None,
    local_date: date | None = None,
    items: Sequence[FollowUp] = (),
    facts: dict[str, Any] | None = None,
    arose_at: datetime | None = None,
) -> UUID | None:
    """Owes a channel one message, as `owe_to_member` does a person."""
    notice = _notice(desk, kind=kind, key=key, facts=facts)
    notice.target, notice.local_date = channel, local_date
    notice.about_loan_id, notice.about_member_id = about_loan_id, about_member_id
    return await _owe(desk, notice, items, arose_at)


async def destination(desk: Desk, notice: Notice) -> Destination | None:
    """Where the notice goes now; None when its reader has left the desk.

    A person reads in their reminder channel, or directly when they have none or it was lost.
    """
    if notice.to_id is None:
        return Destination(channel=notice.target, member=None) if notice.target else None
    member = await desk.session.get_one(Member, notice.to_id)
    if member.removed_at is not None:
        return None
    own = member.reminder_channel_id if member.channel_lost_at is None else None
    return Destination(channel=own or member.slack_user_id, member=member)


async def locale_for(desk: Desk, notice: Notice, reader: Member | None) -> str:
    """The language in which the notice is written: its reader's, else its channel's, else the workspace's."""
    if reader is not None:
        return locale_of(reader)
    chosen = (
        await members.language_of_channel(desk.session, desk.workspace.id, notice.target) if notice.target else None
    )
    return chosen or desk.workspace.locale


async def channel_lost(desk: Desk, notice: Notice, *, channel: str, error: str) -> Fallback:
    """Slack said (`error`) that nothing can be sent to `channel`. Tells the admins once, and says who reads the notice now.

    A member's notices go to them directly from now on. What a team's manager channel should have read, its managers get,
    each for themselves.
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
        return Fallback.NONE  # its readers have had it: nobody is owed the rewriting as a new message
    about = await desk.session.get(Member, notice.about_member_id) if notice.about_member_id else None
    if about is not None:
        managers = await managers_for(desk, about)
    else:
        managers = await members.managers_of(desk.session, [team.id for team in teams])
    shown = await notices.items(desk.session, notice.id)
    for manager in managers:
        await owe_to_member(
            desk,
            kind=kinds.KINDS[notice.kind],
            key=f"{notice.key}:{manager.id}",
            member=manager,
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
    facts = {"channel": channel, "error": error}
    if team is not None:
        facts["team_id"] = str(team.id)
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        await owe_to_member(
            desk,
            kind=kinds.CHANNEL_LOST,
            key=f"channel_lost:{lost}:{admin.id}",
            member=admin,
            about_member_id=member.id if member else None,
            facts=facts,
        )


def may_have_been_sent(desk: Desk, arose_at: datetime) -> bool:
    """Whether something owed since then may have been sent before the desk's rows were restored from a backup."""
    restored_at = desk.workspace.restored_at
    return restored_at is not None and arose_at <= restored_at


def _notice(desk: Desk, *, kind: kinds.NoticeKind, key: str, facts: dict[str, Any] | None) -> Notice:
    return Notice(
        id=new_id(),
        workspace_id=desk.workspace.id,
        key=key,
        kind=kind.name,
        urgent=kind.urgent,
        facts=facts or {},
        owed_from=desk.now,
        created_at=desk.now,
    )


async def _owe(desk: Desk, notice: Notice, items: Sequence[FollowUp], arose_at: datetime | None) -> UUID | None:
    if arose_at is not None and may_have_been_sent(desk, arose_at):
        to = await destination(desk, notice)
        notice.tried_at, notice.channel_id = desk.workspace.restored_from, to.channel if to else None
        notice.wanted += REVISIONS_LOST
    if not await notices.insert(desk.session, notice):
        return None
    await notices.link(desk.session, notice, items)
    return notice.id


REFUSED_FOR = timedelta(days=30)
"""How long a refusal counts: what draws messages there may be newer by then."""


async def takes_native(desk: Desk) -> bool:
    """Whether none was refused lately."""
    refused_at = await workspaces.tables_refused_at(desk.session, desk.workspace.id)
    return refused_at is None or desk.now - refused_at >= REFUSED_FOR


async def native_refused(desk: Desk) -> None:
    """One was refused just now."""
    await workspaces.remember_tables_refused(desk.session, desk.workspace.id, desk.now)
