"""Settings of a team (managers, channel for escalations, its language), and the desk's admins."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.people.team import Candidate, ReminderChannel, add_manager, check_channel, start_managing, stop_managing
from storage.queries.people import members
from storage.tables import Member, Team


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """A team's settings, and the desk's admins; people are Slack ids. `team_id` None: there is no team.

    `language` is the code of the channel's language; None: the workspace's.
    """

    team_id: UUID | None
    name: str
    managers: tuple[str, ...]
    channel: str | None
    language: str | None
    admins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Who is to join and who is to leave the managers or admins; those whom another admin added meanwhile stay."""

    joining: Sequence[Member] = ()
    leaving: Sequence[Member] = ()


class TeamUpdate(TypedDict, total=False):
    """The settings to change; missing ones stay. `channel` None: direct messages; `language` None: the workspace's."""

    managers: Difference
    channel: ReminderChannel | None
    language: str | None
    admins: Difference


@dataclass(frozen=True, slots=True)
class TeamChange:
    """The new settings and the keys of the update. `still_managers` no longer manage this team but keep the role."""

    now: TeamSettings
    changed: tuple[str, ...]
    still_managers: tuple[str, ...]
    undo_id: UUID
    channel_is_public: bool = False


async def team_settings(desk: Desk, team_id: UUID | None) -> TeamSettings:
    """Return the settings of that team, or else of the acting member's team, or else of the first team by name.

    Raises NotAllowed (`role_missing`), NotFound (`team_gone`).
    """
    require_role(desk, "manage_teams")
    return await _now(desk, await _team(desk, team_id))


async def change_team(desk: Desk, team_id: UUID | None, wanted: TeamUpdate) -> TeamChange:
    """Change the settings, all or none. New managers also get the role.

    Raises as `team_settings` does, Invalid (`nothing_changed_here`, `last_admin`, `only_role`, `team_missing`,
    `channel_shared_outside`, `channel_archived`, `channel_without_bot`).
    """
    require_role(desk, "manage_teams")
    if not wanted:
        raise Invalid("nothing_changed_here")
    team = await _team(desk, team_id) if team_id else None
    if team is None and wanted.keys() - {"admins"}:
        raise Invalid("team_missing")
    still: tuple[str, ...] = ()
    if team is not None and "managers" in wanted:
        still = await _set_managers(desk, team, wanted["managers"])
    if team is not None and "channel" in wanted:
        _set_channel(desk, team, wanted["channel"])
    if team is not None and "language" in wanted:
        track(desk, team).language = wanted["language"]
        desk.audit("set_channel_language", subject_id=team.id, language=team.language)
    if "admins" in wanted:
        await _set_admins(desk, wanted["admins"])
    await desk.session.flush()
    channel = wanted.get("channel")
    return TeamChange(
        now=await _now(desk, team),
        changed=tuple(wanted),
        still_managers=still,
        undo_id=offer_undo(desk, "team_settings"),
        channel_is_public=channel is not None and not channel.is_private,
    )


async def add_managers(desk: Desk, candidates: Sequence[Candidate]) -> None:
    """Add managers to the desk; members keep their other roles. Raises what `add_manager` raises."""
    require_role(desk, "manage_teams")
    for candidate in candidates:
        await add_manager(desk, candidate)


async def _set_managers(desk: Desk, team: Team, wanted: Difference) -> tuple[str, ...]:
    rows = await members.managing(desk.session, team.id)
    for member in wanted.joining:
        start_managing(desk, rows.get(member.id), team.id, member.id)
        _give_role(desk, member, "manager")
    gone = [member for member in wanted.leaving if member.id in rows and rows[member.id].removed_at is None]
    for member in gone:
        stop_managing(desk, rows[member.id])
    await desk.session.flush()
    now = await members.managers_of(desk.session, [team.id])
    desk.audit("set_managers", subject_id=team.id, managers=[str(member.id) for member in now])
    return tuple(m.slack_user_id for m in gone if m.removed_at is None and "manager" in roles_of(m))


def _set_channel(desk: Desk, team: Team, channel: ReminderChannel | None) -> None:
    if channel is not None:
        check_channel(channel)
    track(desk, team)
    team.manager_channel_id, team.channel_lost_at = channel.channel_id if channel else None, None
    desk.audit("set_manager_channel", subject_id=team.id, channel=team.manager_channel_id)


async def _set_admins(desk: Desk, wanted: Difference) -> None:
    for member in wanted.joining:
        _give_role(desk, member, "admin")
    for member in wanted.leaving:
        if "admin" not in roles_of(member):
            continue
        rest = [role for role in member.roles.split() if role != "admin"]
        if not rest:
            raise Invalid("only_role", who=member.slack_user_id)
        track(desk, member).roles = " ".join(rest)
        desk.audit("add_member", subject_id=member.id, roles=rest, again=True)
    await desk.session.flush()
    if not await members.with_role(desk.session, desk.workspace.id, "admin"):
        raise Invalid("last_admin")


def _give_role(desk: Desk, member: Member, role: str) -> None:
    if role not in roles_of(member):
        track(desk, member).roles = f"{member.roles} {role}"
        desk.audit("add_member", subject_id=member.id, roles=member.roles.split(), again=True)


async def _team(desk: Desk, team_id: UUID | None) -> Team | None:
    teams = {team.id: team for team in await members.teams(desk.session, desk.workspace.id)}
    if team_id is not None:
        if team_id not in teams:
            raise NotFound("team_gone")
        return teams[team_id]
    own = teams.get(desk.member.team_id) if desk.member.team_id else None
    return own or next(iter(teams.values()), None)


async def _now(desk: Desk, team: Team | None) -> TeamSettings:
    managers = await members.managers_of(desk.session, [team.id]) if team else []
    admins = await members.with_role(desk.session, desk.workspace.id, "admin")
    return TeamSettings(
        team_id=team.id if team else None,
        name=team.name if team else "",
        managers=tuple(sorted(member.slack_user_id for member in managers)),
        channel=team.manager_channel_id if team and team.channel_lost_at is None else None,
        language=team.language if team else None,
        admins=tuple(sorted(member.slack_user_id for member in admins)),
    )
