"""Members, teams and their managers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from storage.queries.core import rows
from storage.tables import Member, Team, TeamManager

rows.cache(Member)

_BY_SLACK_ID = select(Member).where(
    Member.workspace_id == bindparam("workspace"), Member.slack_user_id == bindparam("slack_id")
)

_MANAGES = col(TeamManager.removed_at).is_(None)


async def by_slack_id(session: AsyncSession, workspace_id: UUID, slack_user_id: str) -> Member | None:
    """The member of that Slack id, removed ones included."""
    return (await session.exec(_BY_SLACK_ID, params={"workspace": workspace_id, "slack_id": slack_user_id})).first()


async def by_word(session: AsyncSession, workspace_id: UUID, word: str) -> list[Member]:
    """The present members whose name is `word` or has it as a beginning of one of its words. Case does not count."""
    key = word.casefold()
    present = (await session.exec(_present(workspace_id))).all()
    exact = [m for m in present if m.name_key == key]
    return exact or [m for m in present if any(part.startswith(key) for part in m.name_key.split())]


async def by_ids(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Member]:
    """The members of those ids, removed ones included."""
    return await rows.by_ids(session, Member, ids)


async def everybody(session: AsyncSession, workspace_id: UUID) -> list[Member]:
    """The present members, by name."""
    return list((await session.exec(_present(workspace_id).order_by(col(Member.name_key)))).all())


async def of_team(session: AsyncSession, team_id: UUID) -> list[Member]:
    """The present members of a team, by name."""
    statement = select(Member).where(Member.team_id == team_id, col(Member.removed_at).is_(None))
    return list((await session.exec(statement.order_by(col(Member.name_key)))).all())


async def managers_of(session: AsyncSession, team_ids: Sequence[UUID]) -> list[Member]:
    """The present managers of those teams, by name."""
    statement = (
        select(Member)
        .join(TeamManager, col(TeamManager.member_id) == col(Member.id))
        .where(col(TeamManager.team_id).in_(team_ids), col(Member.removed_at).is_(None), _MANAGES)
        .order_by(col(Member.name_key))
        .distinct()
    )
    return list((await session.exec(statement)).all())


async def managers_by_team(session: AsyncSession, team_ids: Collection[UUID]) -> dict[UUID, list[Member]]:
    """The present managers of each of those teams, by name; a team without any is missing."""
    if not team_ids:
        return {}
    statement = (
        select(TeamManager.team_id, Member)
        .join(Member, col(Member.id) == col(TeamManager.member_id))
        .where(col(TeamManager.team_id).in_(team_ids), col(Member.removed_at).is_(None), _MANAGES)
        .order_by(col(Member.name_key))
    )
    found: dict[UUID, list[Member]] = {}
    for team_id, manager in (await session.exec(statement)).all():
        found.setdefault(team_id, []).append(manager)
    return found


async def teams_managed_by(session: AsyncSession, member_id: UUID) -> list[Team]:
    """The teams that this member manages."""
    statement = select(Team).join(TeamManager, col(TeamManager.team_id) == col(Team.id))
    return list((await session.exec(statement.where(TeamManager.member_id == member_id, _MANAGES))).all())


async def managing(session: AsyncSession, team_id: UUID) -> dict[UUID, TeamManager]:
    """Who manages a team or did so, by the members' ids."""
    found = await session.exec(select(TeamManager).where(TeamManager.team_id == team_id))
    return {row.member_id: row for row in found}


async def managed_by(session: AsyncSession, member_id: UUID) -> list[TeamManager]:
    """What says that the member manages a team, or did so."""
    return list((await session.exec(select(TeamManager).where(TeamManager.member_id == member_id))).all())


async def with_role(session: AsyncSession, workspace_id: UUID, role: str) -> list[Member]:
    """The present members who have that role, by name."""
    return [m for m in await everybody(session, workspace_id) if role in m.roles.split()]


async def covered_by_any(session: AsyncSession, member_ids: Sequence[UUID]) -> list[Member]:
    """Those who named one of these members as their cover."""
    return list((await session.exec(select(Member).where(col(Member.cover_id).in_(member_ids)))).all())


async def lock_absent_before(session: AsyncSession, workspace_id: UUID, day: date) -> list[Member]:
    """The present members whose last day of absence is earlier than `day`, without those whom another transaction holds."""
    statement = _present(workspace_id).where(col(Member.absent_until) < day)
    # Without `key_share` this would deadlock with a call that is being logged as this member, which has locked its loan.
    return list((await session.exec(statement.with_for_update(skip_locked=True, key_share=True))).all())


async def lose_channel(session: AsyncSession, member: Member, channel_id: str, now: datetime) -> bool:
    """Remembers that the member's reminder channel failed. False when that was known, or they have another one by now."""
    statement = (
        update(Member)
        .where(
            col(Member.id) == member.id,
            col(Member.reminder_channel_id) == channel_id,
            col(Member.channel_lost_at).is_(None),
        )
        .values(channel_lost_at=now)
        .returning(col(Member.id))
    )
    return (await session.exec(statement)).first() is not None


async def teams(session: AsyncSession, workspace_id: UUID) -> list[Team]:
    """The workspace's teams, by name."""
    statement = select(Team).where(Team.workspace_id == workspace_id).order_by(col(Team.name_key))
    return list((await session.exec(statement)).all())


async def language_of_channel(session: AsyncSession, workspace_id: UUID, channel_id: str) -> str | None:
    """The language that a team has chosen for its managers' channel; of several teams there, the first by name."""
    statement = select(Team.language).where(
        Team.workspace_id == workspace_id, Team.manager_channel_id == channel_id, col(Team.language).is_not(None)
    )
    return (await session.exec(statement.order_by(col(Team.name_key)).limit(1))).first()


async def team_of_name(session: AsyncSession, workspace_id: UUID, name: str) -> Team | None:
    """The team of that name. Case does not count."""
    statement = select(Team).where(Team.workspace_id == workspace_id, Team.name_key == name.casefold())
    return (await session.exec(statement)).first()


def _present(workspace_id: UUID) -> SelectOfScalar[Member]:
    return select(Member).where(Member.workspace_id == workspace_id, col(Member.removed_at).is_(None))
