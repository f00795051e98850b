"""Members, teams and their managers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, String, bindparam, func, literal_column, or_, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work
from storage.queries.core import rows
from storage.tables import Member, Team, TeamManager

_BY_SLACK_ID = select(Member).where(
    Member.workspace_id == bindparam("workspace"), Member.slack_user_id == bindparam("slack_id")
)

IS_PERSON = col(Member.kind) == literal_column("'person'", String)
"""The condition for people: programs that act with a token are members too."""

AT_DESK = (col(Member.removed_at).is_(None), col(Member.account_lost_at).is_(None), IS_PERSON)
"""The condition for people who may use the desk."""

_OTHER_BLANKS = ("\u3000", "\xa0", "\t")
"""The blanks that a name in Slack can have besides the usual one."""

MANAGES = col(TeamManager.removed_at).is_(None)
"""The condition for the present managers of a team."""

_OF_WORKSPACE = (Member.workspace_id == bindparam("workspace"), col(Member.removed_at).is_(None), IS_PERSON)

# Most members have one of a few combinations of roles: the index is asked for the first, then for each next one.
_roles = select(func.min(Member.roles).label("roles")).where(*_OF_WORKSPACE).cte("combination", recursive=True)
_after = (
    select(func.min(Member.roles)).where(*_OF_WORKSPACE, col(Member.roles) > _roles.c.roles).correlate(_roles)
).scalar_subquery()
_roles = _roles.union_all(select(_after).where(_roles.c.roles.is_not(None)))
_BLANK = literal_column("' '", String)
_WITH_ROLE = (
    select(Member)
    .where(
        *_OF_WORKSPACE,
        col(Member.account_lost_at).is_(None),
        col(Member.roles).in_(
            select(_roles.c.roles).where((_BLANK + _roles.c.roles + _BLANK).like(bindparam("role", type_=String)))
        ),
    )
    .order_by(col(Member.name_key))
)

_ADDRESSES = bindparam("addresses", type_=String, expanding=True)
_BY_ADDRESSES = (
    select(Member)
    .where(
        *_OF_WORKSPACE,
        or_(func.lower(col(Member.slack_user_id)).in_(_ADDRESSES), func.lower(col(Member.email)).in_(_ADDRESSES)),
    )
    .order_by(col(Member.name_key))
)

_COUNTS_BY_TEAM = select(Member.team_id, func.count()).where(*_OF_WORKSPACE).group_by(col(Member.team_id))

_PAGE = (
    select(Member)
    .where(*_OF_WORKSPACE)
    .order_by(col(Member.slack_user_id))
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("first", type_=Integer))
)
_PAGE_OF_TEAM = _PAGE.where(Member.team_id == bindparam("team"))
_PAGE_OF_NO_TEAM = _PAGE.where(col(Member.team_id).is_(None))


async def by_slack_id(session: Work, workspace_id: UUID, slack_user_id: str) -> Member | None:
    """Return the member with this Slack id, even if removed."""
    return (await session.exec(_BY_SLACK_ID, params={"workspace": workspace_id, "slack_id": slack_user_id})).first()


async def by_slack_ids(session: Work, workspace_id: UUID, slack_user_ids: Collection[str]) -> list[Member]:
    """Return the members with these Slack ids, even if removed."""
    statement = select(Member).where(Member.workspace_id == workspace_id, col(Member.slack_user_id).in_(slack_user_ids))
    return list((await session.exec(statement)).all())


async def by_word(session: Work, workspace_id: UUID, word: str) -> list[Member]:
    """Return the present members named `word`, with or without blanks, else those with a word in their name that begins so.

    Case is ignored.
    """
    key, name = word.casefold(), col(Member.name_key)
    # Of several thousand members only those are read whose name has the word in it, or begins and ends as the word does.
    contains = name.contains(key, autoescape=True)
    in_blanks = name.startswith(key[:1], autoescape=True) & name.endswith(key[-1:], autoescape=True)
    found = (await session.exec(present(workspace_id).where(contains | in_blanks))).all()
    exact = [m for m in found if m.name_key == key] or [m for m in found if one_word(m.name_key) == key]
    return exact or [m for m in found if any(part.startswith(key) for part in m.name_key.split())]


async def with_names_like(session: Work, workspace_id: UUID, slack_user_ids: Collection[str]) -> list[Member]:
    """Return the present members with these Slack ids, and those whose names without blanks are the same as one of theirs.

    No other row leaves the database, however many members there are.
    """
    asked = await session.exec(present(workspace_id).where(col(Member.slack_user_id).in_(slack_user_ids)))
    found = list(asked.all())
    words = {one_word(member.name_key) for member in found}
    key = func.replace(col(Member.name_key), " ", "")
    for blank in _OTHER_BLANKS:
        key = func.replace(key, blank, "")
    others = present(workspace_id).where(key.in_(words), col(Member.slack_user_id).not_in(slack_user_ids))
    return [*found, *(await session.exec(others)).all()] if found else []


def one_word(name: str) -> str:
    """Return the name without blanks, as it can be typed after `@`."""
    return "".join(name.split())


async def with_extension(session: Work, workspace_id: UUID, extension: str) -> list[Member]:
    """Return the present members with that extension of the phone system."""
    statement = select(Member).where(
        Member.workspace_id == workspace_id, Member.extension == extension, col(Member.removed_at).is_(None)
    )
    return list((await session.exec(statement)).all())


async def by_ids(session: Work, ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Return the members with these ids, even if removed."""
    return await rows.by_ids(session, Member, ids)


async def lock(session: Work, member_id: UUID) -> None:
    """Lock a member until the transaction ends; rows that refer to the member may still be written."""
    await session.exec(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))


async def everybody(session: Work, workspace_id: UUID) -> list[Member]:
    """Return the present members, by name, also those who have lost their account."""
    return list((await session.exec(present(workspace_id).order_by(col(Member.name_key)))).all())


async def of_team(session: Work, team_id: UUID) -> list[Member]:
    """Return the members of a team who may use the desk, by name."""
    statement = select(Member).where(Member.team_id == team_id, *AT_DESK)
    return list((await session.exec(statement.order_by(col(Member.name_key)))).all())


async def of_teams(session: Work, team_ids: Collection[UUID]) -> list[Member]:
    """Return the members of these teams, also those who were removed."""
    return list((await session.exec(select(Member).where(col(Member.team_id).in_(team_ids)))).all())


async def counts_by_team(session: Work, workspace_id: UUID) -> dict[UUID | None, int]:
    """Count the present members of each team, and under None those without one."""
    return dict((await session.exec(_COUNTS_BY_TEAM, params={"workspace": workspace_id})).all())


async def page_of_team(
    session: Work, workspace_id: UUID, team_id: UUID | None, *, limit: int, offset: int
) -> Sequence[Member]:
    """Return some of the present members of a team, or of those without one, by Slack id."""
    values = {"workspace": workspace_id, "most": limit, "first": offset} | ({"team": team_id} if team_id else {})
    return (await session.exec(_PAGE_OF_TEAM if team_id else _PAGE_OF_NO_TEAM, params=values)).all()


async def managers_of(session: Work, team_ids: Sequence[UUID]) -> list[Member]:
    """Return the managers of these teams who may use the desk, by name."""
    statement = (
        select(Member)
        .join(TeamManager, col(TeamManager.member_id) == col(Member.id))
        .where(col(TeamManager.team_id).in_(team_ids), *AT_DESK, MANAGES)
        .order_by(col(Member.name_key))
        .distinct()
    )
    return list((await session.exec(statement)).all())


async def managers_by_team(session: Work, team_ids: Collection[UUID]) -> dict[UUID, list[Member]]:
    """Return the managers of each of these teams who may use the desk, by name; a team without any is missing."""
    if not team_ids:
        return {}
    statement = (
        select(TeamManager.team_id, Member)
        .join(Member, col(Member.id) == col(TeamManager.member_id))
        .where(col(TeamManager.team_id).in_(team_ids), *AT_DESK, MANAGES)
        .order_by(col(Member.name_key))
    )
    found: dict[UUID, list[Member]] = {}
    for team_id, manager in (await session.exec(statement)).all():
        found.setdefault(team_id, []).append(manager)
    return found


async def teams_managed_by(session: Work, member_id: UUID) -> list[Team]:
    """Return the teams that this member manages."""
    statement = select(Team).join(TeamManager, col(TeamManager.team_id) == col(Team.id))
    return list((await session.exec(statement.where(TeamManager.member_id == member_id, MANAGES))).all())


async def managing(session: Work, team_id: UUID) -> dict[UUID, TeamManager]:
    """Return the present and former managers of a team, by member id."""
    found = await session.exec(select(TeamManager).where(TeamManager.team_id == team_id))
    return {row.member_id: row for row in found}


async def managed_by(session: Work, member_id: UUID) -> list[TeamManager]:
    """Return the teams that the member manages or managed."""
    return list((await session.exec(select(TeamManager).where(TeamManager.member_id == member_id))).all())


async def managing_any(session: Work, member_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these members manage a team."""
    if not member_ids:
        return set()
    statement = select(TeamManager.member_id).where(col(TeamManager.member_id).in_(member_ids), MANAGES)
    return set((await session.exec(statement)).all())


async def by_addresses(session: Work, workspace_id: UUID, keys: Collection[str]) -> list[Member]:
    """Return the present members with one of these Slack ids or e-mail addresses, case-folded, by name; if one of them is
    nobody's as the database compares them, all members."""
    if not keys:
        return []
    values = {"workspace": workspace_id, "addresses": list(keys)}
    found = list((await session.exec(_BY_ADDRESSES, params=values)).all())
    known = {text.casefold() for member in found for text in (member.slack_user_id, member.email) if text}
    # SQLite folds the case of ASCII alone.
    return found if known.issuperset(keys) else await everybody(session, workspace_id)


async def with_role(session: Work, workspace_id: UUID, role: str) -> list[Member]:
    """Return the members with that role who may use the desk, by name."""
    values = {"workspace": workspace_id, "role": f"% {role} %"}
    return list((await session.exec(_WITH_ROLE, params=values)).all())


async def reminded_in(session: Work, workspace_id: UUID, channel_id: str) -> list[Member]:
    """Return the present members whose reminders go to that channel, by name."""
    statement = present(workspace_id).where(Member.reminder_channel_id == channel_id)
    return list((await session.exec(statement.order_by(col(Member.name_key)))).all())


async def lose_channel(session: Work, member: Member, channel_id: str, now: datetime) -> bool:
    """Record that the member's reminder channel failed. Return False if that was known or the channel has changed."""
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


async def teams(session: Work, workspace_id: UUID) -> list[Team]:
    """Return the workspace's teams, by name."""
    statement = select(Team).where(Team.workspace_id == workspace_id).order_by(col(Team.name_key))
    return list((await session.exec(statement)).all())


async def language_of_channel(session: Work, workspace_id: UUID, channel_id: str) -> str | None:
    """Return the language that a team chose for its managers' channel; of several teams, the first by name."""
    statement = select(Team.language).where(
        Team.workspace_id == workspace_id, Team.manager_channel_id == channel_id, col(Team.language).is_not(None)
    )
    return (await session.exec(statement.order_by(col(Team.name_key)).limit(1))).first()


async def is_channel_lost(session: Work, workspace_id: UUID, channel_id: str) -> bool:
    """Return whether the desk has stopped to write to that manager channel."""
    statement = select(Team.id).where(
        Team.workspace_id == workspace_id,
        Team.manager_channel_id == channel_id,
        col(Team.channel_lost_at).is_not(None),
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def team_of_name(session: Work, workspace_id: UUID, name: str) -> Team | None:
    """Return the team of that name. Case is ignored."""
    statement = select(Team).where(Team.workspace_id == workspace_id, Team.name_key == name.casefold())
    return (await session.exec(statement)).first()


def present(workspace_id: UUID) -> SelectOfScalar[Member]:
    """Return a query for the workspace's present people, also those who have lost their account."""
    return select(Member).where(Member.workspace_id == workspace_id, col(Member.removed_at).is_(None), IS_PERSON)
