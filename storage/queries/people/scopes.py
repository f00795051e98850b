"""Whose rows a list has: those of some members, or of all that are in a team, in none, or at the desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, SQLColumnExpression, bindparam, exists, literal, or_
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work
from storage.queries.people.members import IS_PERSON
from storage.tables import Member

Scope = Literal["members", "teams", "no_team", "everybody"]


@dataclass(frozen=True, slots=True)
class People:
    """The members with these ids; or the present ones of these teams, of no team, or of the whole workspace."""

    scope: Scope
    ids: tuple[UUID, ...] = ()
    workspace_id: UUID | None = None

    @classmethod
    def of(cls, member_ids: Iterable[UUID]) -> "People":
        """Return the members with these ids."""
        return cls("members", tuple(member_ids))

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the parameters of `are_of`."""
        values: dict[str, Any] = {} if self.workspace_id is None else {"people_of": self.workspace_id}
        return values | ({"people": self.ids} if self.scope in ("members", "teams") else {})


_IDS: BindParameter[Any] = bindparam("people", expanding=True)

_IN_SCOPE: dict[Scope, tuple[ColumnElement[bool], ...]] = {
    "teams": (col(Member.team_id).in_(_IDS),),
    "no_team": (col(Member.team_id).is_(None),),
    "everybody": (),
}


def are_of(scope: Scope, member_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Return the condition that a column names one of the members of a `People` of that scope.

    For many members, each row is checked: reading all of them first would take longer than reading a page.
    """
    if scope == "members":
        return member_id.in_(_IDS)
    return exists().where(col(Member.id) == member_id, *_present_in(scope))


def one_of(scope: Scope, member_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Return the same condition where an index finds the rows of each member, and nothing else bounds what is read."""
    return member_id.in_(_IDS if scope == "members" else select(Member.id).where(*_present_in(scope)))


async def ids_of(session: Work, people: People, *, limit: int) -> Sequence[UUID]:
    """Return the ids of these members, at most `limit`."""
    return (await session.exec(_IDS_OF[people.scope], params=people.values | {"most": limit})).all()


async def ids_among(session: Work, people: People, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Return those of the ids that are of these members."""
    if people.scope == "members":
        return [each for each in ids if each in people.ids]
    statement = select(Member.id).where(*_present_in(people.scope), col(Member.id).in_(ids))
    return (await session.exec(statement, params=people.values)).all()


async def members_of(session: Work, people: People) -> Sequence[Member]:
    """Return these members, by name."""
    statement = select(Member).where(*_present_in(people.scope)).order_by(col(Member.name_key))
    return (await session.exec(statement, params=people.values)).all()


async def count_of(session: Work, people: People, roles: Iterable[str], *, but: UUID) -> int:
    """Count the present members of a team or workspace who have one of the roles, all but one member."""
    statement = _count_of(people.scope, tuple(sorted(roles)))
    return (await session.exec(statement, params=people.values | {"but": but})).one()


@cache
def _count_of(scope: Scope, roles: tuple[str, ...]) -> SelectOfScalar[int]:
    padded = literal(" ") + col(Member.roles) + literal(" ")
    have_one = or_(*(padded.contains(f" {role} ", autoescape=True) for role in roles))
    members = select(func.count()).select_from(Member)
    return members.where(*_present_in(scope), have_one, col(Member.id) != bindparam("but"))


def _present_in(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Member.workspace_id) == bindparam("people_of"),
        col(Member.removed_at).is_(None),
        IS_PERSON,
        *_IN_SCOPE[scope],
    )


_IDS_OF: dict[Scope, SelectOfScalar[UUID]] = {
    scope: select(Member.id).where(*_present_in(scope)).limit(bindparam("most")) for scope in _IN_SCOPE
}
