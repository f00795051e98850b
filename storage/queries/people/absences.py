"""Who is away, and whom others may stand in for: asked of indexes, whatever the number of members."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal, union
from sqlmodel import col, select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core.set_aside import is_set_aside
from storage.queries.people.members import MANAGES, present
from storage.tables import Member, PlannedAbsence, TeamManager

ABSENCES = "absences"
BEGINNINGS = "absences_ahead"

_AHEAD = (col(PlannedAbsence.ended_at).is_(None), col(PlannedAbsence.undone_at).is_(None))


def _away(member: type[Member]) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for present members who have an absence or have lost their account, as the index has it."""
    absent_or_lost = col(member.absent_until).is_not(None) | col(member.account_lost_at).is_not(None)
    return col(member.removed_at).is_(None), absent_or_lost


_COVERED = select(Member).where(Member.cover_id == bindparam("cover"), *_away(Member))

_behind = also(Member)
_members = select(col(Member.id), literal(0).label("links")).where(
    col(Member.id).in_(bindparam("people", expanding=True))
)
_reached = _members.cte("reached", recursive=True)
_reached = _reached.union(
    select(col(_behind.id), _reached.c.links + 1).where(
        col(_behind.cover_id) == _reached.c.id, *_away(_behind), _reached.c.links < bindparam("links")
    )
)
_managed = (
    select(col(TeamManager.team_id)).where(col(TeamManager.member_id).in_(select(_reached.c.id)), MANAGES)
).scalar_subquery()
_in_team = also(Member)
_found = union(
    select(_reached.c.id).where(_reached.c.links > 0),
    select(col(_in_team.id)).where(
        col(_in_team.workspace_id) == bindparam("workspace"), *_away(_in_team), col(_in_team.team_id).in_(_managed)
    ),
).subquery()

_LEFT_TO = select(Member).join(_found, _found.c.id == col(Member.id)).order_by(col(Member.name_key), col(Member.id))

_manager = also(Member)
_has_manager = (
    select(TeamManager.id)
    .join(_manager, col(_manager.id) == col(TeamManager.member_id))
    .where(
        col(TeamManager.team_id) == col(Member.team_id),
        MANAGES,
        col(_manager.removed_at).is_(None),
        col(_manager.account_lost_at).is_(None),
    )
    .exists()
)
_WITHOUT_MANAGER = (
    select(Member)
    .where(Member.workspace_id == bindparam("workspace"), *_away(Member), ~_has_manager)
    .order_by(col(Member.name_key), col(Member.id))
)


async def covered_by(session: Work, member_id: UUID) -> list[Member]:
    """Return the members who are or will be away and named this one as their cover."""
    return list((await session.exec(_COVERED, params={"cover": member_id})).all())


async def left_to(session: Work, workspace_id: UUID, people: Collection[UUID], *, links: int) -> list[Member]:
    """Return the members who are or will be away and whose cover is among `people`, or whose cover's cover is, over at most
    `links` such links; and those in a team that one of all these manages. By name."""
    values = {"workspace": workspace_id, "people": list(people), "links": links}
    return list((await session.exec(_LEFT_TO, params=values)).all())


async def without_manager(session: Work, workspace_id: UUID) -> list[Member]:
    """Return the members who are or will be away and whose team has no manager at the desk, or who have no team, by name."""
    return list((await session.exec(_WITHOUT_MANAGER, params={"workspace": workspace_id})).all())


async def planned_of(session: Work, member_ids: Collection[UUID]) -> list[PlannedAbsence]:
    """Return the absences of these members after those in their rows, in order."""
    statement = select(PlannedAbsence).where(col(PlannedAbsence.member_id).in_(member_ids), *_AHEAD)
    return list((await session.exec(statement.order_by(col(PlannedAbsence.absent_from)))).all())


async def planned_with_cover(session: Work, cover_id: UUID) -> list[PlannedAbsence]:
    """Return such absences for which this member is the cover."""
    statement = select(PlannedAbsence).where(PlannedAbsence.cover_id == cover_id, *_AHEAD)
    return list((await session.exec(statement)).all())


async def to_begin(session: Work, workspace_id: UUID, now: datetime) -> list[UUID]:
    """Return the present members whose planned absence begins, except those set aside."""
    return list((await session.exec(select(Member.id).where(*_to_begin(workspace_id, now)))).all())


async def lock_to_begin(
    session: Work, workspace_id: UUID, now: datetime, only: Collection[UUID] | None = None
) -> list[Member]:
    """Lock and return the present members whose planned absence begins (of `only` these, if given), except those that are
    locked already or set aside."""
    statement = present(workspace_id).where(*_to_begin(workspace_id, now))
    if only is not None:
        statement = statement.where(col(Member.id).in_(only))
    return list((await session.exec(statement.with_for_update(skip_locked=True, key_share=True))).all())


def _to_begin(workspace_id: UUID, now: datetime) -> list[ColumnElement[bool]]:
    return [
        col(Member.workspace_id) == workspace_id,
        col(Member.removed_at).is_(None),
        col(Member.absence_begins_at) <= now,
        ~is_set_aside(workspace_id, BEGINNINGS, col(Member.id), now),
    ]


async def absent_before(session: Work, workspace_id: UUID, day: date, now: datetime) -> list[UUID]:
    """Return the present members whose absence ended before `day`, except those set aside."""
    statement = select(Member.id).where(*_absent_before(workspace_id, day, now))
    return list((await session.exec(statement)).all())


async def lock_absent_before(
    session: Work, workspace_id: UUID, day: date, now: datetime, only: Collection[UUID] | None = None
) -> list[Member]:
    """Lock and return the present members whose absence ended before `day` (of `only` these, if given), except those that
    are locked already or set aside."""
    statement = present(workspace_id).where(*_absent_before(workspace_id, day, now))
    if only is not None:
        statement = statement.where(col(Member.id).in_(only))
    # Without `key_share` this would deadlock with a transaction that logs a call of this member and has locked its loan.
    return list((await session.exec(statement.with_for_update(skip_locked=True, key_share=True))).all())


def _absent_before(workspace_id: UUID, day: date, now: datetime) -> list[ColumnElement[bool]]:
    return [
        col(Member.workspace_id) == workspace_id,
        col(Member.removed_at).is_(None),
        col(Member.absent_until) < day,
        ~is_set_aside(workspace_id, ABSENCES, col(Member.id), now),
    ]
