"""Installation in a workspace: its row, and the first admin, who adds the other members."""

from datetime import time
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.releases import LATEST
from desk.core.transaction import Desk, Office
from desk.messages.digest_times import next_for
from desk.messages.news import plan_news
from desk.people.app_manifest import AppManifest, announce
from desk.people.onboarding import send_welcome
from storage.queries.follow_ups import replanning
from storage.queries.people import members, workspaces
from storage.tables import Member, Workspace

DIGEST_TIME = time(8, 30)
"""When new members get their digest, until they choose another time."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person who is to become a member, with their Slack profile."""

    slack_user_id: str
    name: str
    email: str | None
    zone: str
    locale: str


@dataclass(frozen=True, slots=True)
class Installation:
    """The Slack team, the defaults of a new workspace, and the app manifest of this release."""

    slack_team_id: str
    name: str
    bot_user_id: str
    zone: str
    country: str | None
    locale: str
    manifest: AppManifest


class AnotherTeamsDatabaseError(Exception):
    """The database is the desk of another Slack team."""

    def __init__(self, owner: Workspace) -> None:
        super().__init__(owner.slack_team_id)
        self.team = f"{owner.name} ({owner.slack_team_id})" if owner.name else owner.slack_team_id


async def install(
    office: Office, installation: Installation, first_admin: Newcomer | None, *, among_others: bool = False
) -> Workspace:
    """Return the workspace of a Slack team, created if new, and add the first admin unless they ever were a member.

    Unless it may be one `among_others`, raises AnotherTeamsDatabaseError for a database that is another team's: a process with
    one token would write to channels that the token does not reach.
    """
    async with office.database.transaction() as session:
        found = await workspaces.every(session)
        if not found:  # another process may be installing now, with the token of another team
            await workspaces.lock_table(session)
            found = await workspaces.every(session)
        if not among_others and found and found[0].slack_team_id != installation.slack_team_id:
            raise AnotherTeamsDatabaseError(found[0])
        new = Workspace(
            slack_team_id=installation.slack_team_id,
            zone=installation.zone,
            country=installation.country,
            locale=installation.locale,
            app_manifest=installation.manifest.stored(),
            release=LATEST,
            created_at=office.clock.now(),
        )
        workspace = await workspaces.of_slack_team(session, new)
        if workspace.id == new.id:
            today = new.created_at.astimezone(ZoneInfo(new.zone)).date()
            await replanning.begin_day(session, new.id, today)
        workspace.name, workspace.bot_user_id = installation.name, installation.bot_user_id
    await follow_release(office, workspace, installation.manifest)
    if first_admin is not None:
        async with office.desk(workspace) as desk:
            await workspaces.locked(desk.session, workspace.id)
            # Who installs the app again, or takes part in several teams, is not for that an admin of a desk that has one.
            if not (among_others and await members.with_role(desk.session, workspace.id, "admin")):
                await _add_first_admin(desk, first_admin)
    return workspace


async def follow_release(office: Office, workspace: Workspace, manifest: AppManifest) -> None:
    """Tell the people of a workspace what is new in the release that runs now, if they were not told yet."""
    if workspace.app_manifest != manifest.stored():
        async with office.desk(workspace) as desk:
            await announce(desk, manifest)
    if workspace.release < LATEST:
        async with office.desk(workspace) as desk:
            await plan_news(desk)


async def _add_first_admin(desk: Desk, first_admin: Newcomer) -> None:
    if await members.by_slack_id(desk.session, desk.workspace.id, first_admin.slack_user_id) is not None:
        return
    member = new_member(desk, first_admin, roles=("admin",))
    member.next_digest_at = await next_for(desk, member)
    desk.add(member)
    desk.audit("add_member", subject_id=member.id, roles=["admin"])
    await desk.session.flush()
    await send_welcome(desk, member)


def new_member(desk: Desk, newcomer: Newcomer, *, roles: tuple[str, ...]) -> Member:
    """Return a member with the defaults: 09:00-18:00, Monday to Friday, in the time zone of their Slack profile."""
    return Member(
        workspace_id=desk.workspace.id,
        slack_user_id=newcomer.slack_user_id,
        name=newcomer.name,
        name_key=newcomer.name.casefold(),
        email=newcomer.email.casefold() if newcomer.email else None,
        roles=" ".join(roles),
        zone=newcomer.zone,
        locale=newcomer.locale,
        digest_time=DIGEST_TIME,
        created_at=desk.now,
    )
