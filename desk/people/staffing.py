"""Whom a manager may add, change and remove: the members of the teams that they manage. An admin may everywhere.

Otherwise a manager could join the team of another, and see its borrowers.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from desk.core.changes import decode
from desk.core.dataclass import dataclass
from desk.core.errors import NotAllowed
from desk.core.permissions import Relation, allows, has_role_for, require, require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.people.members import managers_for
from storage.queries.people import members
from storage.tables import Member, Team, TeamManager, Undo


@dataclass(frozen=True, slots=True)
class Place:
    """The team that a member is in, and the teams that they manage; None among them: the members without a team."""

    team_id: UUID | None = None
    manages: frozenset[UUID | None] = frozenset()


ELSEWHERE = Place()
"""The place of who is not at the desk."""


async def place_of(desk: Desk, member: Member | None, *, roles: Collection[str], team_id: UUID | None) -> Place:
    """Return the place that the member has, or would have, with these roles in that team. None: a person who is new."""
    if "manager" not in roles:
        return Place(team_id)
    rows = await members.managed_by(desk.session, member.id) if member else []
    return Place(team_id, frozenset({team_id, *(row.team_id for row in rows if row.removed_at is None)}))


async def present_place(desk: Desk, member: Member) -> Place:
    """Return the place that a member has now."""
    rows = await members.managed_by(desk.session, member.id) if "manager" in roles_of(member) else []
    managed = frozenset(row.team_id for row in rows if row.removed_at is None)
    is_alone = "manager" in roles_of(member) and member.team_id is None
    return Place(member.team_id, managed | {None} if is_alone else managed)


async def require_may_staff(desk: Desk, act: str, member: Member | None, was: Place, will: Place) -> None:
    """Raise NotAllowed unless the acting member may move a member from one place to another; `member` None: a new one.

    A manager may if they manage the member, or the member has no team and joins one of theirs, and if they manage each team that
    the member joins, manages from now on, or no longer manages. Nobody manages a team that has no manager, and everybody its
    members; who manages it is for admins to say. Raises NotAllowed (`role_missing`; `member_of_others`, with Slack ids;
    `team_of_others`, with the team; `team_needed`, with the teams that may be named; `manages_no_team`).
    """
    require_role(desk, act)
    if allows(desk.member, act):
        return
    own = await present_place(desk, desk.member)
    is_free = was == ELSEWHERE and will.team_id in own.manages - {None}
    if member is not None and not is_free:
        await _require_manages(desk, act, member)
    for team_id in (was.manages ^ will.manages) - own.manages:
        raise await _refusal(desk, team_id)
    is_moved = will.team_id != was.team_id or member is None
    if is_moved and not await _may_join(desk, own, will.team_id):
        raise await _refusal(desk, will.team_id)


async def require_may_leave(desk: Desk, member: Member) -> None:
    """Raise NotAllowed as `require_may_staff` does unless the acting member may remove this one."""
    was = await present_place(desk, member)
    await require_may_staff(desk, "remove_member", member, was, Place(was.team_id))


async def joinable_teams(desk: Desk) -> list[str]:
    """Return the names of the teams into which the acting member may take others, by name."""
    teams = await members.teams(desk.session, desk.workspace.id)
    if allows(desk.member, "add_member"):
        return [team.name for team in teams]
    if not has_role_for(desk.member, "add_member"):
        return []
    own = await present_place(desk, desk.member)
    managed = await members.managers_by_team(desk.session, [team.id for team in teams])
    return [team.name for team in teams if team.id in own.manages or team.id not in managed]


@corrects_after_undo(Member, TeamManager)
async def check_places(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed (`team_of_others`) if a manager no longer manages the teams whose members or managers the Undo changes."""
    if undo.act not in {"add_member", "drop_roles", "remove_member"} or allows(desk.member, "add_member"):
        return
    own = await present_place(desk, desk.member)
    concerned: set[UUID | None] = set()
    for each in rows:
        concerned |= {each.row.team_id, decode(each.replaced["team_id"])}
    for team_id in concerned - {None}:
        if not await _may_join(desk, own, team_id):
            raise await _refusal(desk, team_id)


async def _require_manages(desk: Desk, act: str, member: Member) -> None:
    """Raise NotAllowed (`member_of_others`) unless the acting member is the member or one of their managers: a wider sight of
    loans is none of members."""
    managers = await managers_for(desk, member)
    is_own = member.id == desk.member.id
    related: set[Relation] = {"own"} if is_own else {"managed"} if desk.member in managers else set()
    require(desk, act, related, who=tuple(each.slack_user_id for each in managers))


async def _may_join(desk: Desk, own: Place, team_id: UUID | None) -> bool:
    if team_id is None:
        with_role = await members.with_role(desk.session, desk.workspace.id, "manager")
        return None in own.manages or all(each.team_id for each in with_role)
    return team_id in own.manages or not await members.managers_of(desk.session, [team_id])


async def _refusal(desk: Desk, team_id: UUID | None) -> NotAllowed:
    if team_id is None:
        teams = tuple(await joinable_teams(desk))
        return NotAllowed("team_needed", teams=teams) if teams else NotAllowed("manages_no_team")
    return NotAllowed("team_of_others", team=(await desk.session.get_one(Team, team_id)).name)
