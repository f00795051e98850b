"""The members of the desk: who may join, their roles, and the teams they manage."""

from collections.abc import Collection, Sequence
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import CALLERS, has_role_for, require, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo, takes_back
from desk.messages.digest_times import next_for
from desk.people import access_requests, onboarding
from desk.people.absences import end_all, forget_cover
from desk.people.installing import Newcomer, new_member
from desk.people.staffing import ELSEWHERE, place_of, present_place, require_may_staff
from desk.people.views import MemberView, view_of
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.messages import homes
from storage.queries.people import members
from storage.tables import Member, Team, TeamManager, Undo

TEAM_LIMIT = 60
"""The longest name of a team, in characters, because menus show it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who is to become a member, and what Slack tells about their account."""

    newcomer: Newcomer
    is_bot: bool = False
    is_gone: bool = False
    is_guest: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, slots=True)
class ReminderChannel:
    """A channel for reminders or escalations, and what Slack tells about it."""

    channel_id: str
    name: str
    is_private: bool
    is_shared_outside: bool
    is_archived: bool
    bot_is_in: bool


@dataclass(frozen=True, slots=True)
class MemberAddition:
    """An added or changed member. Warn if `channel_is_public`: everyone in the company can read it.

    `before` is a present member as they were. `team_is_new`: the act made the team. `asks_for_team`: the member makes calls, has
    no team and so sees only their own loans, and there are teams.
    """

    member: MemberView
    undo_id: UUID
    again: bool
    channel_is_public: bool = False
    before: MemberView | None = None
    team_is_new: bool = False
    asks_for_team: bool = False


async def team_names(desk: Desk) -> list[tuple[UUID, str]]:
    """Return ids and names of the teams, by name."""
    return [(team.id, team.name) for team in await members.teams(desk.session, desk.workspace.id)]


@dataclass(frozen=True, slots=True)
class MemberUpdate:
    """What to change of a member: roles to add and to take away; None keeps channel or team."""

    add: Collection[str] = ()
    drop: Collection[str] = ()
    channel: ReminderChannel | None = None
    team_name: str = ""


async def add_member(
    desk: Desk,
    candidate: Candidate,
    *,
    roles: Sequence[str],
    channel: ReminderChannel | None,
    team_name: str,
) -> MemberAddition:
    """Add a member, or add the roles to those of a present one and change their channel and team.

    A manager manages the named team; the channel of its first manager becomes the team's manager channel. Only admins
    grant and revoke the roles admin and compliance; managers change the members of their own teams, as `require_may_staff`
    says. Raises NotAllowed (`role_missing`, `admin_only`, and as `require_may_staff`), Invalid (`not_a_person`, `guest`,
    `channel_shared_outside`, `channel_archived`, `channel_without_bot`, `team_name_too_long`).
    """
    return await change_member(desk, candidate, MemberUpdate(add=roles, channel=channel, team_name=team_name))


async def change_member(desk: Desk, candidate: Candidate, wanted: MemberUpdate) -> MemberAddition:
    """Add a member, or change a present one. Raises as `add_member` and `drop_roles` do."""
    require_role(desk, "add_member")
    member = await members.by_slack_id(desk.session, desk.workspace.id, candidate.newcomer.slack_user_id)
    before = await view_of(desk, member) if member is not None and member.removed_at is None else None
    has = before.roles if before else ()
    roles = [role for role in dict.fromkeys([*has, *wanted.add]) if role not in wanted.drop]
    require_may_change_roles(desk, {*wanted.add, *has})
    check_candidate(candidate)
    if wanted.channel is not None:
        check_channel(wanted.channel)
    await _require_may_place(desk, member, before is not None, roles, wanted.team_name)
    if member is None:
        member = create(desk, new_member(desk, candidate.newcomer, roles=tuple(roles)))
    else:
        track(desk, member)
    if before is None:
        # Who comes back is at work, whatever was noted of them when they left.
        await end_all(desk, member)
        member.account_lost_at = member.account_lost_why = None
        member.removed_at = None
    team_is_new = False
    if wanted.team_name:
        team, team_is_new = await _team(desk, wanted.team_name)
        member.team_id = team.id
    if wanted.channel is not None:
        member.reminder_channel_id, member.channel_lost_at = wanted.channel.channel_id, None
    await _set_roles(desk, member, roles)
    await _manage(desk, member, wanted.channel)
    member.next_digest_at = await next_for(desk, member)
    desk.audit("add_member", subject_id=member.id, roles=list(roles), again=before is not None)
    await desk.session.flush()
    await access_requests.grant_open_requests(desk, member)
    await onboarding.refresh_welcome(desk)
    return MemberAddition(
        member=await view_of(desk, member),
        undo_id=offer_undo(desk, "add_member"),
        again=before is not None,
        channel_is_public=wanted.channel is not None and not wanted.channel.is_private,
        before=before,
        team_is_new=team_is_new,
        asks_for_team=await _lacks_team(desk, member),
    )


async def _require_may_place(
    desk: Desk, member: Member | None, is_present: bool, roles: Collection[str], team_name: str
) -> None:
    team_id = member.team_id if member else None
    if team_name:
        team = await members.team_of_name(desk.session, desk.workspace.id, team_name)
        team_id = team.id if team else new_id()
        # A team that the act is to make has no members whom its manager could see.
        roles = roles if team else [role for role in roles if role != "manager"]
    was = await present_place(desk, member) if member and is_present else ELSEWHERE
    will = await place_of(desk, member, roles=roles, team_id=team_id)
    await require_may_staff(desk, "add_member", member if is_present else None, was, will)


async def drop_roles(desk: Desk, member: Member, roles: Collection[str]) -> MemberAddition:
    """Take roles away from a member.

    Raises NotAllowed (`role_missing`, `admin_only`, `member_of_others`, `team_of_others`), Invalid (`role_not_held`,
    `only_role`, `last_admin`), Conflict
    (`roles_leave_loans`: without these roles the member makes no calls, but still has loans or follow-ups;
    `handover_under_way`: they still give or get some).
    """
    require_role(desk, "add_member")
    before = await view_of(desk, member)
    require_may_change_roles(desk, {*roles, *before.roles})
    if missing := [role for role in roles if role not in before.roles]:
        raise Invalid("role_not_held", who=member.slack_user_id, roles=tuple(missing))
    left = [role for role in before.roles if role not in roles]
    was = await present_place(desk, member)
    will = await place_of(desk, member, roles=left, team_id=member.team_id)
    await require_may_staff(desk, "add_member", member, was, will)
    track(desk, member)
    await _set_roles(desk, member, left)
    await _manage(desk, member, None)
    member.next_digest_at = await next_for(desk, member)
    desk.audit("drop_roles", subject_id=member.id, roles=sorted(roles))
    await desk.session.flush()
    await onboarding.refresh_welcome(desk)
    return MemberAddition(await view_of(desk, member), offer_undo(desk, "drop_roles"), again=True, before=before)


async def _set_roles(desk: Desk, member: Member, roles: Sequence[str]) -> None:
    had = roles_of(member)
    if not roles:
        raise Invalid("only_role", who=member.slack_user_id)
    if "admin" in had - set(roles):
        await require_other_admin(desk, member)
    member.roles = " ".join(roles)
    if not had & set(CALLERS) or roles_of(member) & set(CALLERS):
        return
    await _require_nothing_held(desk, member, "roles_leave_loans")
    await forget_cover(desk, member)


async def require_settled(desk: Desk, member: Member) -> None:
    """Raise Conflict (`handover_under_way`) while the worker still hands over what the member gives or gets."""
    if await holdings.is_under_way(desk.session, member.id):
        raise Conflict("handover_under_way", who=member.slack_user_id)


async def _require_nothing_held(desk: Desk, member: Member, refusal: str) -> None:
    await require_settled(desk, member)
    if any(await holdings.outline_of_member(desk.session, member.id)):
        raise Conflict(refusal, who=member.slack_user_id)


async def _lacks_team(desk: Desk, member: Member) -> bool:
    if member.team_id is not None or not roles_of(member) & {"agent", "verifier", "collector"}:
        return False
    return bool(await members.teams(desk.session, desk.workspace.id))


async def add_manager(desk: Desk, candidate: Candidate) -> MemberAddition:
    """Add a manager, or give a member that role in addition. Raises what `add_member` raises."""
    return await add_member(desk, candidate, roles=["manager"], channel=None, team_name="")


@takes_back(Member)
async def take_back_membership(desk: Desk, member: Member) -> None:
    """End a membership when Undo takes back the act that began it."""
    member.removed_at, member.next_digest_at = desk.now, None


@takes_back(TeamManager)
async def take_back_managing(desk: Desk, row: TeamManager) -> None:
    """Stop a member managing a team when Undo takes back the act that began it."""
    row.removed_at = desk.now


@corrects_after_undo(Member)
async def check_roles(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed (`admin_only`) if the acting member may no longer grant or revoke the roles that the Undo changes."""
    for each in rows:
        member: Member = each.row
        were = frozenset[str](each.replaced["roles"].split())
        joins_or_leaves = each.before is None or "removed_at" in each.before
        require_may_change_roles(desk, roles_of(member) | were if joins_or_leaves else roles_of(member) ^ were)


@corrects_after_undo(Member)
async def check_who_left(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Empty the home of each member whom the Undo removed.

    Raises Conflict (`undo_leaves_loans`, `handover_under_way`) if one still has or gets loans or follow-ups, which would then
    appear in no list.
    """
    for each in rows:
        member: Member = each.row
        if member.removed_at is None:
            continue
        await _require_nothing_held(desk, member, "undo_leaves_loans")
        await homes.request_check(desk.session, member.id, desk.now)


def start_managing(desk: Desk, row: TeamManager | None, team_id: UUID, member_id: UUID) -> None:
    """Make a member a manager of a team; `row` is their earlier row for that team, if any."""
    if row is None:
        create(desk, TeamManager(team_id=team_id, member_id=member_id, workspace_id=desk.workspace.id))
    elif row.removed_at is not None:
        track(desk, row).removed_at = None


def stop_managing(desk: Desk, row: TeamManager) -> None:
    """Stop the member of this row managing its team."""
    if row.removed_at is None:
        track(desk, row).removed_at = desk.now


def check_candidate(candidate: Candidate) -> None:
    """Raise Invalid (`not_a_person`, `guest`) for a person who cannot be a member."""
    slack_id = candidate.newcomer.slack_user_id
    if candidate.is_bot or candidate.is_gone:
        raise Invalid("not_a_person", slack_id=slack_id)
    if candidate.is_guest or candidate.is_stranger:
        raise Invalid("guest", slack_id=slack_id)


def check_channel(channel: ReminderChannel) -> None:
    """Raise Invalid (`channel_shared_outside`, `channel_archived`, `channel_without_bot`) for an unsuitable channel."""
    if channel.is_shared_outside:
        raise Invalid("channel_shared_outside", channel=channel.channel_id)
    if channel.is_archived:
        raise Invalid("channel_archived", channel=channel.channel_id)
    if not channel.bot_is_in:
        raise Invalid("channel_without_bot", channel=channel.channel_id)


async def _team(desk: Desk, name: str) -> tuple[Team, bool]:
    """Return the team of that name, and whether it was made for it."""
    known = await members.team_of_name(desk.session, desk.workspace.id, name)
    if known is not None:
        return known, False
    if len(name) > TEAM_LIMIT:
        raise Invalid("team_name_too_long", length=len(name), limit=TEAM_LIMIT)
    team = Team(workspace_id=desk.workspace.id, name=name, name_key=name.casefold(), created_at=desk.now)
    desk.add(team)
    await desk.session.flush()
    return team, True


ADMINS_ROLES = ("admin", "compliance")
"""The roles that only admins grant and revoke."""


def may_grant(desk: Desk, role: str) -> bool:
    """Return whether the acting member may grant that role."""
    return has_role_for(desk.member, "change_admin_roles" if role in ADMINS_ROLES else "add_member")


def require_may_change_roles(desk: Desk, roles: Collection[str]) -> None:
    """Raise NotAllowed (`admin_only`) if only admins may grant and revoke one of the roles."""
    if not set(ADMINS_ROLES).isdisjoint(roles):
        require(desk, "change_admin_roles")


async def require_other_admin(desk: Desk, member: Member) -> None:
    """Raise Invalid (`last_admin`) if no other member is an admin."""
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    if [admin.id for admin in admins] == [member.id]:
        raise Invalid("last_admin")


async def _manage(desk: Desk, member: Member, channel: ReminderChannel | None) -> None:
    if "manager" not in roles_of(member):
        for managed in await members.managed_by(desk.session, member.id):
            stop_managing(desk, managed)
        return
    if member.team_id is None:
        return
    row = (await members.managing(desk.session, member.team_id)).get(member.id)
    start_managing(desk, row, member.team_id, member.id)
    team = await desk.session.get_one(Team, member.team_id)
    if channel is not None and (team.manager_channel_id is None or team.channel_lost_at is not None):
        track(desk, team)
        team.manager_channel_id, team.channel_lost_at = channel.channel_id, None
