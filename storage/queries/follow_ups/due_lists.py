"""Lists of due follow-ups, of unplanned loans and of loans in arrears, and the counts of a team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, Uuid, bindparam, case, exists, literal_column, union
from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from storage.engine.rows import also
from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core.dates import DaysBetween
from storage.queries.core.keyset import Key, is_beyond
from storage.queries.core.literals import IS_OPEN
from storage.queries.follow_ups import quiet_periods
from storage.queries.loans.loans import LIVE_STAGES
from storage.queries.people.scopes import People, Scope, are_of, one_of
from storage.tables import Borrower, FollowUp, Loan, RepaymentSchedule


@dataclass(frozen=True, slots=True)
class Window:
    """The open follow-ups of these members, and of these purposes and among `only` if given, with `late_at` in (`after`,
    `until`]; in their order only those behind the key `beyond`.

    None is no bound.
    """

    people: People
    after: datetime | None
    until: datetime | None
    purposes: Sequence[str] | None = None
    only: Sequence[UUID] | None = None
    beyond: Key | None = None

    @property
    def shape(self) -> "Shape":
        """Return what of the statement depends on it."""
        return self.people.scope, frozenset(self._bounds)

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the statement's parameters."""
        return self.people.values | self._bounds

    @property
    def _bounds(self) -> dict[str, Any]:
        at, row_id = self.beyond or (None, None)
        values = (self.after, self.until, self.purposes, self.only, at, row_id)
        return {name: value for name, value in zip(_BOUNDS, values, strict=True) if value is not None}


Shape = tuple[Scope, frozenset[str]]
"""Of a window: whose it is, and which bounds it has."""

_BOUNDS = ("after", "until", "purposes", "only", "beyond_at", "beyond_id")


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose loans: those of these members, and with `nobodys_of` those without an owner of that workspace."""

    people: People
    nobodys_of: UUID | None = None

    @property
    def shape(self) -> "Owners":
        """Return what of the statement depends on it."""
        return self.people.scope, self.nobodys_of is not None

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the statement's parameters."""
        return self.people.values | ({"nobodys_of": self.nobodys_of} if self.nobodys_of else {})


Owners = tuple[Scope, bool]
"""Whose loans, and whether those without an owner are among them."""

Row = tuple[FollowUp, Loan, Borrower]
LoanRow = tuple[Loan, Borrower]


async def due(session: Work, window: Window, *, limit: int, offset: int = 0) -> Sequence[Row]:
    """Return the follow-ups with their loans and borrowers, most urgent first."""
    values = window.values | {"most": limit, "first": offset}
    return (await session.exec(_due(*window.shape), params=values)).all()


async def count_by_purpose(session: Work, window: Window) -> dict[str, int]:
    """Count the follow-ups by purpose."""
    return dict((await session.exec(_by_purpose(*window.shape), params=window.values)).all())


async def count_due(session: Work, window: Window, *, limit: int) -> int:
    """Count the follow-ups, up to `limit`."""
    return (await session.exec(_count_due(*window.shape), params=window.values | {"most": limit})).one()


async def unplanned(
    session: Work, whose: Whose, today: date, *, limit: int, offset: int = 0, beyond: Key | None = None
) -> Sequence[LoanRow]:
    """Return the live loans of these owners that need a call and have no open follow-up, the longest in its stage first; only
    those behind the key `beyond`, if given.

    None is needed while that is recorded, while payments are paused, nor by a loan on autopay that is paid up.
    """
    values = whose.values | {"today": today, "most": limit, "first": offset}
    statement = _unplanned_loans(*whose.shape)
    if beyond is not None:
        statement = statement.where(is_beyond(beyond, col(Loan.stage_since), col(Loan.id)))
    return (await session.exec(statement, params=values)).all()


async def count_unplanned(session: Work, whose: Whose, today: date, *, limit: int | None = None) -> int:
    """Count the loans that `unplanned` lists, up to `limit`."""
    values = whose.values | {"today": today, "most": limit or _ALL}
    return (await session.exec(_count_unplanned(*whose.shape), params=values)).one()


async def count_in_arrears(session: Work, whose: Whose, today: date, *, limit: int | None = None) -> int:
    """Count the live loans in arrears that these members own or hold an open follow-up on, up to `limit`."""
    values = whose.values | {"today": today, "most": limit or _ALL}
    return (await session.exec(_count_in_arrears(*whose.shape), params=values)).one()


class OpenCounts(NamedTuple):
    """The open follow-ups of a member, those due until an instant, and those late."""

    open: int = 0
    due: int = 0
    late: int = 0


NONE_OPEN = OpenCounts()


async def counts_by_assignee(
    session: Work, assignees: Sequence[UUID], *, now: datetime, until: datetime
) -> dict[UUID, OpenCounts]:
    """Count the open follow-ups of each of these members, those due until then, and those late; a member with none is missing."""
    late_at = col(FollowUp.late_at)
    due, late = func.count(case((late_at <= until, 1))), func.count(case((late_at < now, 1)))
    statement = (
        select(FollowUp.assignee_id, func.count(), due, late)
        .where(col(FollowUp.assignee_id).in_(assignees), IS_OPEN)
        .group_by(col(FollowUp.assignee_id))
    )
    return {member: OpenCounts(*counts) for member, *counts in await session.exec(statement)}


async def done_between(session: Work, people: Sequence[UUID], start: datetime, end: datetime) -> dict[UUID, int]:
    """Count the follow-ups that each of these members finished from `start` until before `end`."""
    statement = (
        select(FollowUp.closed_by_id, func.count())
        .where(
            col(FollowUp.closed_by_id).in_(people),
            FollowUp.state == "done",
            col(FollowUp.closed_at) >= start,
            col(FollowUp.closed_at) < end,
        )
        .group_by(col(FollowUp.closed_by_id))
    )
    return {person: count for person, count in (await session.exec(statement)).all() if person is not None}


async def count_done(session: Work, people: People, start: datetime, end: datetime, *, but: UUID) -> int:
    """Count the follow-ups that these members, all but one, finished from `start` until before `end`."""
    values = people.values | {"start": start, "end": end, "but": but}
    return (await session.exec(_count_done(people.scope), params=values)).one()


async def busiest(
    session: Work, people: People, *, now: datetime, until: datetime, but: UUID, limit: int
) -> Sequence[UUID]:
    """Return the members of a team or workspace, all but one, with follow-ups due by `until`, those with most late first."""
    values = people.values | {"now": now, "until": until, "but": but, "most": limit}
    return (await session.exec(_busiest(people.scope), params=values)).all()


_ALL = 2**31 - 1

_IN_REPAYMENT = "disbursed"
"""The stage in which instalments are collected."""

_MOST, _FIRST = bindparam("most", type_=Integer), bindparam("first", type_=Integer)


@cache
def _due(scope: Scope, bounds: frozenset[str]) -> Select[FollowUp, Loan, Borrower]:
    return (
        select(FollowUp, Loan, Borrower)
        .join(Loan, col(Loan.id) == col(FollowUp.loan_id))
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .where(*_within(scope, bounds))
        .order_by(col(FollowUp.late_at), col(FollowUp.id))
        .limit(_MOST)
        .offset(_FIRST)
    )


@cache
def _by_purpose(scope: Scope, bounds: frozenset[str]) -> Select[str, int]:
    statement = select(FollowUp.purpose, func.count()).where(*_within(scope, bounds))
    return statement.group_by(col(FollowUp.purpose))


@cache
def _count_due(scope: Scope, bounds: frozenset[str]) -> SelectOfScalar[int]:
    return _count(select(FollowUp.id).where(*_within(scope, bounds)))


@cache
def _count_done(scope: Scope) -> SelectOfScalar[int]:
    return (
        select(func.count())
        .select_from(FollowUp)
        .where(
            one_of(scope, col(FollowUp.closed_by_id)),
            col(FollowUp.closed_by_id) != bindparam("but"),
            col(FollowUp.closed_at) >= bindparam("start"),
            col(FollowUp.closed_at) < bindparam("end"),
            FollowUp.state == literal_column("'done'"),
        )
    )


@cache
def _busiest(scope: Scope) -> SelectOfScalar[UUID]:
    late = func.count(case((col(FollowUp.late_at) < bindparam("now", type_=UtcDateTime), 1)))
    return (
        select(FollowUp.assignee_id)
        .where(*_within(scope, frozenset({"until"})), col(FollowUp.assignee_id) != bindparam("but"))
        .group_by(col(FollowUp.assignee_id))
        .order_by(late.desc(), func.count().desc(), col(FollowUp.assignee_id))
        .limit(_MOST)
    )


def _within(scope: Scope, bounds: frozenset[str]) -> list[ColumnElement[bool]]:
    conditions = [are_of(scope, col(FollowUp.assignee_id)), IS_OPEN]
    if scope != "members":  # the index of the workspace has them in their order
        conditions.append(col(FollowUp.workspace_id) == bindparam("people_of"))
    if "until" in bounds:
        conditions.append(col(FollowUp.late_at) <= bindparam("until"))
    if "after" in bounds:
        conditions.append(col(FollowUp.late_at) > bindparam("after"))
    if "purposes" in bounds:
        conditions.append(col(FollowUp.purpose).in_(bindparam("purposes", expanding=True)))
    if "only" in bounds:
        conditions.append(col(FollowUp.id).in_(bindparam("only", expanding=True)))
    if "beyond_id" in bounds:
        key = bindparam("beyond_at", type_=UtcDateTime), bindparam("beyond_id", type_=Uuid)
        conditions.append(is_beyond(key, col(FollowUp.late_at), col(FollowUp.id)))
    return conditions


@cache
def _unplanned_loans(scope: Scope, nobodys: bool) -> Select[Loan, Borrower]:
    return _loans(*_unplanned(scope, nobodys)).order_by(col(Loan.stage_since), col(Loan.id))


@cache
def _count_unplanned(scope: Scope, nobodys: bool) -> SelectOfScalar[int]:
    return _count(select(Loan.id).where(*_unplanned(scope, nobodys)))


@cache
def _count_in_arrears(scope: Scope, nobodys: bool) -> SelectOfScalar[int]:
    return _count(select(Loan.id).where(in_arrears(scope, nobodys)))


def _loans(*conditions: ColumnElement[bool]) -> Select[Loan, Borrower]:
    joined = select(Loan, Borrower).join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    return joined.where(*conditions).limit(_MOST).offset(_FIRST)


def _count(rows: SelectOfScalar[UUID]) -> SelectOfScalar[int]:
    return select(func.count()).select_from(rows.limit(_MOST).subquery())


def _owned(loan: type[Loan], scope: Scope, nobodys: bool) -> ColumnElement[bool]:
    owner, workspace = col(loan.owner_id), col(loan.workspace_id)
    if scope != "members":
        owned = are_of(scope, owner)
        return (workspace == bindparam("people_of")) & (owned | owner.is_(None) if nobodys else owned)
    owned = are_of(scope, owner)
    return owned | owner.is_(None) & (workspace == bindparam("nobodys_of")) if nobodys else owned


def _unplanned(scope: Scope, nobodys: bool) -> list[ColumnElement[bool]]:
    planned = exists().where(col(FollowUp.loan_id) == col(Loan.id), IS_OPEN)
    since, following, today = col(Loan.unpaid_since), col(Loan.next_instalment_on), bindparam("today", type_=Date)
    paid_up = (since.is_(None) | (since > today)) & (following.is_(None) | (following >= today))
    collected = (col(Loan.stage) == _IN_REPAYMENT) & col(Loan.autopay) & paid_up
    begins, ends = col(Loan.paused_from), col(Loan.paused_until)
    paused = begins.is_not(None) & (begins <= today) & ends.is_not(None) & (ends > today)
    return [
        _owned(Loan, scope, nobodys),
        col(Loan.stage).in_(LIVE_STAGES),
        ~planned,
        ~collected,
        ~paused,
        ~quiet_periods.lasts(Loan),
    ]


def in_arrears(scope: Scope, nobodys: bool) -> ColumnElement[bool]:
    """Return the condition for live loans in arrears that these members own or hold an open follow-up on.

    One index finds the owned ones, another those with an open follow-up.
    """
    owned, held = also(Loan), also(Loan)
    by_owner = [
        select(owned.id).where(_owned(owned, scope, nobodys), *_unpaid(owned, each))
        for each in (_says_the_lender(owned), _is_past_due(owned))
    ]
    by_follow_up = (
        select(held.id)
        .join(FollowUp, col(FollowUp.loan_id) == held.id)
        .where(
            are_of(scope, col(FollowUp.assignee_id)),
            IS_OPEN,
            *_unpaid(held, _says_the_lender(held) | _is_past_due(held)),
        )
    )
    return col(Loan.id).in_(union(*by_owner, by_follow_up))


def _unpaid(loan: type[Loan], condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Return the conditions for a live loan in arrears whose instalments are not paused today."""
    until = col(loan.paused_until)
    asked = until.is_(None) | (until <= bindparam("today")) | (col(loan.paused_from) > bindparam("today"))
    return [condition, asked, col(loan.stage).in_(LIVE_STAGES)]


def are_owned(loan: type[Loan], whose: Whose) -> ColumnElement[bool]:
    """Return the condition for the loans of these owners; its values are those of `whose`."""
    return _owned(loan, *whose.shape)


def is_unpaid(loan: type[Loan]) -> ColumnElement[bool]:
    """Return the condition for a loan in arrears on the day of the parameter `today`, whose instalments may be paused."""
    return _says_the_lender(loan) | _is_past_due(loan)


def _says_the_lender(loan: type[Loan]) -> ColumnElement[bool]:
    """Return the condition for a loan that the lender's data calls unpaid, and of which no schedule is counted."""
    since = col(loan.unpaid_since)
    return since.is_not(None) & (since <= bindparam("today")) & col(loan.next_instalment_on).is_(None)


def _is_past_due(loan: type[Loan]) -> ColumnElement[bool]:
    """Return the condition for a loan with an instalment of its schedule past due, more days ago than those of grace."""
    following = col(loan.next_instalment_on)
    in_grace = exists().where(
        col(RepaymentSchedule.loan_id) == col(loan.id),
        col(RepaymentSchedule.replaced_at).is_(None),
        col(RepaymentSchedule.undone_at).is_(None),
        col(RepaymentSchedule.grace_days) >= DaysBetween(following, bindparam("today", type_=Date)),
    )
    return following.is_not(None) & (following < bindparam("today")) & ~in_grace
