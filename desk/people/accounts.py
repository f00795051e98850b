"""Members' Slack accounts: name, e-mail, time zone and language follow Slack. Of an account that is deactivated or becomes a
guest's, the cover or manager gets the work."""

from typing import Literal
from uuid import UUID

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups import rescheduling
from desk.messages import kinds
from desk.messages.digest_times import next_for
from desk.messages.notices import queue_notice
from desk.people.members import acting_for, today_of
from desk.people.team import Candidate
from storage.queries.messages import homes, notices
from storage.queries.people import members
from storage.tables import Member

Why = Literal["deactivated", "guest"]
"""Why an account may not use the desk: it was deactivated, or is a guest's, who must not see borrowers."""


@dataclass(frozen=True, slots=True)
class LostAccount:
    """What the admins are told of a lost account. `why` None: it is in use again. `acting` is the name of who acts now; None when
    nobody does."""

    slack_user_id: str
    member_id: UUID
    why: str | None
    acting: str | None
    is_member: bool


def differs(member: Member, account: Candidate) -> bool:
    """Return whether Slack says something else about a present member than their row does."""
    return bool(_changes(member, account)) or _why(account) != member.account_lost_why


async def follow(desk: Desk, account: Candidate) -> bool:
    """Bring a member's row to what Slack says now, and return whether that changed it; nothing for those who are no members."""
    member = await members.by_slack_id(desk.session, desk.workspace.id, account.newcomer.slack_user_id)
    if member is None or member.removed_at is not None or not differs(member, account):
        return False
    changes = _changes(member, account)
    if changes:
        track(desk, member)
        for name, value in changes.items():
            setattr(member, name, value)
        desk.audit("account_changed", subject_id=member.id, fields=sorted(changes))
    why = _why(account)
    if why != member.account_lost_why:
        await _set_lost(desk, member, why)
    if "zone" in changes:
        member.next_digest_at = await next_for(desk, member)
        await desk.session.flush()
        await rescheduling.for_members(desk, [member.id])
    return True


async def lose(desk: Desk, member: Member, why: Why = "deactivated") -> None:
    """Record that a member's account can no longer use the desk: their cover or manager is reminded at once, and the admins
    are told once."""
    if member.removed_at is None and member.account_lost_why != why:
        await _set_lost(desk, member, why)


async def lost_account(desk: Desk, member_id: UUID) -> LostAccount:
    """Return what is known now of an account of which the admins were told."""
    member = await desk.session.get_one(Member, member_id)
    acting = await acting_for(desk, member, today_of(desk, member))
    return LostAccount(
        slack_user_id=member.slack_user_id,
        member_id=member.id,
        why=member.account_lost_why,
        acting=acting.name if acting.id != member.id else None,
        is_member=member.removed_at is None,
    )


async def revise_notices(desk: Desk, member: Member) -> None:
    """Have what the admins were told of a member's account rewritten, after it changed or the member left."""
    told = await notices.ids_with_prefixes(desk.session, desk.workspace.id, [f"{_key(member)}:"])
    await notices.touch(desk.session, told, desk.now)


async def _set_lost(desk: Desk, member: Member, why: Why | None) -> None:
    track(desk, member)
    member.account_lost_at, member.account_lost_why = (desk.now if why else None), why
    desk.audit("account_lost" if why else "account_back", subject_id=member.id, why=why)
    await desk.session.flush()
    await homes.request_check(desk.session, member.id, desk.now)
    await rescheduling.for_members(desk, [member.id])
    await revise_notices(desk, member)
    if why:
        await _tell(desk, member)


async def _tell(desk: Desk, member: Member) -> None:
    readers = await members.with_role(desk.session, desk.workspace.id, "admin")
    readers = readers or await members.with_role(desk.session, desk.workspace.id, "manager")
    for reader in readers:
        key = f"{_key(member)}:{desk.now.isoformat()}:{reader.id}"
        await queue_notice(desk, kind=kinds.ACCOUNT_LOST, key=key, to=reader, about_member_id=member.id)


def _key(member: Member) -> str:
    return f"account_lost:{member.id}"


def _why(account: Candidate) -> Why | None:
    if account.is_gone:
        return "deactivated"
    return "guest" if account.is_guest or account.is_stranger else None


def _changes(member: Member, account: Candidate) -> dict[str, str | None]:
    """Return the columns that differ. Slack tells nothing more of a deactivated account; an e-mail may be withheld."""
    newcomer = account.newcomer
    if account.is_gone:
        return {}
    wanted: dict[str, str | None] = {"zone": newcomer.zone, "locale": newcomer.locale}
    if newcomer.name:
        wanted |= {"name": newcomer.name, "name_key": newcomer.name.casefold()}
    if newcomer.email:
        wanted["email"] = newcomer.email.casefold()
    return {name: value for name, value in wanted.items() if getattr(member, name) != value}
