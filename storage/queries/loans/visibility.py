"""Which loans a member sees: a condition on each loan, so that finding one reads neither colleagues nor their loans."""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BindParameter, Boolean, ColumnElement, String, and_, bindparam, exists, literal_column, or_
from sqlmodel import col

from storage.engine.rows import also
from storage.queries.core.literals import IS_OPEN
from storage.queries.people.members import MANAGES
from storage.tables import Escalation, FollowUp, Loan, Member, TeamManager

Sight = Literal["all", "held", "team_only", "team", "managed"]
"""All loans of the workspace; those that a member has; also those of their team; also those of nobody; also those that the
teams have which they manage. A member has the loans that they own, and those on which they hold a follow-up; of a team, it is its
owners who count."""


@dataclass(frozen=True, slots=True)
class Deputy:
    """What a member sees today besides their own: the loans and follow-ups of the members whom they stand in `for_ids`; with
    `for_teamless` the loans that members without a team have, who have no manager of their own; and the loans with an escalation
    of `from_level` or above that nobody has resolved."""

    for_ids: frozenset[UUID] = frozenset()
    for_teamless: bool = False
    from_level: int | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks for a loan: `condition` is one of a few constants, and `values` are those of its parameters."""

    sight: str
    values: dict[str, Any] = field(repr=False)

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition for the loans that this one sees."""
        return SEEN[self.sight]


def viewer(member: Member, sight: Sight, deputy: Deputy | None = None) -> Viewer:
    """Return how a member with this sight sees loans, and with `deputy` also what they see for others today."""
    values: dict[str, Any] = {"viewer_workspace": member.workspace_id}
    if sight == "all":
        return Viewer(sight, values)
    values["viewer"] = member.id
    if sight != "held":
        values["viewer_team"] = member.team_id
    if deputy is None or deputy == Deputy():
        return Viewer(sight, values)
    values["viewer_for"] = sorted(deputy.for_ids)
    values["viewer_for_teamless"] = deputy.for_teamless
    values["viewer_level"] = _NO_LEVEL if deputy.from_level is None else deputy.from_level
    return Viewer(_as_deputy(sight), values)


_NO_LEVEL = 100
"""Above each level of an escalation."""

IS_THERE = col(Loan.removed_at).is_(None)
"""The loan is not being deleted. `SEEN` includes it; every other query that lists loans adds it."""

_IN_WORKSPACE = and_(col(Loan.workspace_id) == bindparam("viewer_workspace"), IS_THERE)
_OWNER = col(Loan.owner_id)
_ME: BindParameter[Any] = bindparam("viewer")
_TEAM: BindParameter[Any] = bindparam("viewer_team")
_FOR: BindParameter[Any] = bindparam("viewer_for", expanding=True)
_MANAGES_TEAM = (col(TeamManager.team_id) == col(Member.team_id), MANAGES)


def _owner_is(*such: ColumnElement[bool]) -> ColumnElement[bool]:
    in_workspace = col(Member.workspace_id) == bindparam("viewer_workspace")
    return exists().where(col(Member.id) == _OWNER, in_workspace, *such)


def _holds(assignee: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(col(FollowUp.loan_id) == col(Loan.id), IS_OPEN, assignee)


def _holder_is(*such: ColumnElement[bool]) -> ColumnElement[bool]:
    return _holds(and_(col(Member.id) == col(FollowUp.assignee_id), *such))


_OF_TEAM = _owner_is(col(Member.team_id).is_not_distinct_from(_TEAM))
_MANAGER = also(Member)
_HAS_MANAGER = exists().where(
    *_MANAGES_TEAM,
    col(_MANAGER.id) == col(TeamManager.member_id),
    col(_MANAGER.removed_at).is_(None),
    col(_MANAGER.account_lost_at).is_(None),
)
_IN_MANAGED_TEAM = (
    col(Member.team_id).is_not(None),
    or_(exists().where(*_MANAGES_TEAM, col(TeamManager.member_id) == _ME), ~_HAS_MANAGER),
)
_OF_MANAGED_TEAM = _owner_is(*_IN_MANAGED_TEAM)
_ESCALATED = exists().where(
    col(Escalation.loan_id) == col(Loan.id),
    col(Escalation.state) != literal_column("'resolved'", String),
    col(Escalation.undone_at).is_(None),
    col(Escalation.level) >= bindparam("viewer_level"),
)

_ASSIGNEE = col(FollowUp.assignee_id)

_SIGHTS: dict[Sight, tuple[ColumnElement[bool], ...]] = {
    "held": (_OWNER == _ME, _holds(_ASSIGNEE == _ME)),
    "team_only": (_OWNER == _ME, _OF_TEAM, _holds(_ASSIGNEE == _ME)),
    "team": (_OWNER.is_(None), _OWNER == _ME, _OF_TEAM, _holds(_ASSIGNEE == _ME)),
    "managed": (
        _OWNER.is_(None),
        _OWNER == _ME,
        _OF_TEAM,
        _OF_MANAGED_TEAM,
        _holds(_ASSIGNEE == _ME),
        _holder_is(*_IN_MANAGED_TEAM),
    ),
}

_AS_DEPUTY = (
    _OWNER.in_(_FOR),
    _holds(_ASSIGNEE.in_(_FOR)),
    and_(
        bindparam("viewer_for_teamless", type_=Boolean),
        or_(_owner_is(col(Member.team_id).is_(None)), _holder_is(col(Member.team_id).is_(None))),
    ),
    _ESCALATED,
)


def _as_deputy(sight: Sight) -> str:
    return f"{sight}_as_deputy"


SEEN: dict[str, ColumnElement[bool]] = (
    {"all": _IN_WORKSPACE}
    | {sight: and_(_IN_WORKSPACE, or_(*ways)) for sight, ways in _SIGHTS.items()}
    | {_as_deputy(sight): and_(_IN_WORKSPACE, or_(*ways, *_AS_DEPUTY)) for sight, ways in _SIGHTS.items()}
)
"""The condition of each sight, alone and as a deputy."""
