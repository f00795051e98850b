"""Which loans a member sees: a condition on each loan, so that finding one reads neither colleagues nor their loans."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_
from sqlmodel import col

from storage.queries.core.literals import IS_OPEN
from storage.tables import FollowUp, Loan, Member

Sight = Literal["all", "own", "standing_in"]
"""All loans of the workspace; those of a member; or those and what others whom the member stands in for have."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks for a loan: `condition` is one of three constants, and `values` are those of its parameters."""

    sight: Sight
    values: dict[str, Any]

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition for the loans that this one sees."""
        return SEEN[self.sight]


def viewer(member: Member, *, sees_all: bool, stands_in_for: frozenset[UUID] = frozenset()) -> Viewer:
    """Return how a member sees loans: with `sees_all` the workspace's; else those of their team, those without an owner, those
    on which they hold a follow-up, and the loans and follow-ups of `stands_in_for`."""
    values: dict[str, Any] = {"viewer_workspace": member.workspace_id}
    if sees_all:
        return Viewer("all", values)
    values |= {"viewer": member.id, "viewer_team": member.team_id}
    if not stands_in_for:
        return Viewer("own", values)
    return Viewer("standing_in", values | {"viewer_for": sorted(stands_in_for)})


_IN_WORKSPACE = col(Loan.workspace_id) == bindparam("viewer_workspace")
_ME: BindParameter[Any] = bindparam("viewer")
_FOR: BindParameter[Any] = bindparam("viewer_for", expanding=True)

_OWNED = (
    col(Loan.owner_id).is_(None),
    col(Loan.owner_id) == _ME,
    exists().where(
        col(Member.id) == col(Loan.owner_id),
        col(Member.workspace_id) == bindparam("viewer_workspace"),
        col(Member.team_id).is_not_distinct_from(bindparam("viewer_team")),
    ),
)


def _holds(assignee: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(col(FollowUp.loan_id) == col(Loan.id), IS_OPEN, assignee)


_ASSIGNEE = col(FollowUp.assignee_id)

SEEN: dict[Sight, ColumnElement[bool]] = {
    "all": _IN_WORKSPACE,
    "own": and_(_IN_WORKSPACE, or_(*_OWNED, _holds(_ASSIGNEE == _ME))),
    "standing_in": and_(
        _IN_WORKSPACE,
        or_(*_OWNED, col(Loan.owner_id).in_(_FOR), _holds(_ASSIGNEE == _ME), _holds(_ASSIGNEE.in_(_FOR))),
    ),
}
"""The condition of each sight."""
