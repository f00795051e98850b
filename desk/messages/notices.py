"""Queue notices, and decide where they go and in which language."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.people.members import is_at_desk, locale_of, stand_ins_for, today_of
from storage.engine.types import new_id
from storage.queries.messages import notices
from storage.queries.people import members, workspaces
from storage.tables import FollowUp, Member, Notice
from storage.upkeep.restoring import REVISIONS_LOST


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a notice goes: a channel id, or a member's Slack id for a direct message; `member` is None for a channel."""

    channel: str
    member: Member | None = field(repr=False)


class Announcement(TypedDict):
    """What a notice announces, and to whom: to a member or a channel id.

    `key` is unique in the workspace for what is announced. `facts` are codes, numbers and ids, never personal data. `arose_at` is
    when the notice first became due, if that may be long ago: delivery then looks for a message sent before the rows were
    restored from a backup.
    """

    kind: kinds.NoticeKind
    key: str
    to: Member | str
    about_loan_id: NotRequired[UUID | None]
    about_member_id: NotRequired[UUID | None]
    local_date: NotRequired[date | None]
    facts: NotRequired[dict[str, Any] | None]
    arose_at: NotRequired[datetime | None]


async def queue_notice(desk: Desk, *, items: Sequence[FollowUp] = (), **about: Unpack[Announcement]) -> UUID | None:
    """Queue one message; return its id, or None when its `key` was queued before.

    `items` are the follow-ups shown: the message is rewritten when they change.
    """
    notice = await new_notice(desk, **about)
    if not await notices.insert(desk.session, notice):
        return None
    await notices.link(desk.session, notice, items)
    return notice.id


async def remind_acting(desk: Desk, reminders: Sequence[Announcement]) -> None:
    """Queue messages to members, each about the member whom it names as `to`: it goes to who acts for them today."""
    members_of = [about["to"] for about in reminders if isinstance(about["to"], Member)]
    stand_ins = await stand_ins_for(desk, members_of)
    queued: list[tuple[Notice, Sequence[FollowUp]]] = []
    for member, about in zip(members_of, reminders, strict=True):
        about["about_member_id"] = member.id
        about["to"] = stand_ins.acting(member, today_of(desk, member))
        queued.append((await new_notice(desk, **about), ()))
    await notices.insert_all(desk.session, queued)


async def new_notice(desk: Desk, **about: Unpack[Announcement]) -> Notice:
    """Return a notice to be queued with others."""
    kind, to = about["kind"], about["to"]
    member_id, channel = (to.id, None) if isinstance(to, Member) else (None, to)
    notice = Notice(
        id=new_id(),
        workspace_id=desk.workspace.id,
        key=about["key"],
        kind=kind.name,
        urgent=kind.urgent,
        facts=about.get("facts") or {},
        to_id=member_id,
        target=channel,
        about_loan_id=about.get("about_loan_id"),
        about_member_id=about.get("about_member_id"),
        local_date=about.get("local_date"),
        owed_from=desk.now,
        created_at=desk.now,
    )
    arose_at = about.get("arose_at")
    if arose_at is not None and may_have_been_sent(desk, arose_at):
        expected = await destination(desk, notice)
        notice.tried_at, notice.channel_id = desk.workspace.restored_from, expected.channel if expected else None
        notice.wanted += REVISIONS_LOST
    return notice


async def destination(desk: Desk, notice: Notice) -> Destination | None:
    """Return where the notice goes now: to its channel, or its reader's reminder channel, else to the reader directly, as what
    others should not read always does.

    None when the reader has left the desk, or may no longer use it, and for a manager channel that was lost.
    """
    if notice.to_id is None:
        lost = notice.target is None or await members.is_channel_lost(desk.session, desk.workspace.id, notice.target)
        return None if lost else Destination(channel=notice.target or "", member=None)
    member = await desk.session.get_one(Member, notice.to_id)
    if not is_at_desk(member):
        return None
    channel = None if kinds.is_direct(notice.kind) else own_channel(member)
    return Destination(channel=channel or member.slack_user_id, member=member)


def own_channel(member: Member) -> str | None:
    """Return the channel for the member's notices, which others may read too; None: they come as direct messages."""
    return member.reminder_channel_id if member.channel_lost_at is None else None


async def locale_for(desk: Desk, notice: Notice, reader: Member | None) -> str:
    """Return the language of the notice: its reader's, else its channel's, else the workspace's."""
    if reader is not None:
        return locale_of(reader)
    channel = notice.target
    chosen = await members.language_of_channel(desk.session, desk.workspace.id, channel) if channel else None
    return chosen or desk.workspace.locale


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


async def accepts_entities(desk: Desk) -> bool:
    """Return whether links to loans are shown as Work Objects: an admin chose it, and Slack refused none lately."""
    wanted, refused_at = await workspaces.work_objects(desk.session, desk.workspace.id)
    return wanted and (refused_at is None or desk.now - refused_at >= REFUSED_FOR)


async def record_entities_refused(desk: Desk) -> None:
    """Record that Slack refused a Work Object now."""
    await workspaces.remember_entities_refused(desk.session, desk.workspace.id, desk.now)


async def record_tables_refused(desk: Desk) -> None:
    """Record that Slack refused a table or chart now."""
    await workspaces.remember_tables_refused(desk.session, desk.workspace.id, desk.now)
