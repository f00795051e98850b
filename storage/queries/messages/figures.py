"""What the figures of a team count, by member, and the rows behind each count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, exists, or_
from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.queries.follow_ups import due_lists, quiet_periods
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.loans.loans import LIVE_STAGES
from storage.queries.loans.visibility import IS_THERE
from storage.queries.people.scopes import People, are_of, one_of
from storage.tables import Call, CallParty, CollectionStep, FollowUp, Loan, Promise

MOST = 1000
"""The most rows that a list reads, unless more are asked for (`most`)."""

Between = tuple[datetime, datetime]
"""From the first instant until before the second."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A row behind a figure: its loan, whose it is (None: nobody's), when, and an outcome, purpose, state or kind of step.
    `amounts` of a promise are what was promised and what of it came; `state` is that of a step."""

    loan: Loan
    member_id: UUID | None
    at: datetime | date
    word: str
    amounts: tuple[Decimal, Decimal] | None = None
    state: str = ""


async def calls_by_member(session: Work, people: People, between: Between) -> list[tuple[UUID, str, int, int]]:
    """Count the calls of each of these members by outcome, and how many of them reached another person than the borrower."""
    statement = (
        select(Call.caller_id, Call.outcome, func.count(), func.count(col(CallParty.id)))
        .join(CallParty, _of_another_person(), isouter=True)
        .where(*_called(people, between))
        .group_by(col(Call.caller_id), col(Call.outcome))
    )
    return list((await session.exec(statement, params=people.values)).all())


async def done_by_member(session: Work, people: People, between: Between) -> list[tuple[UUID, int, int]]:
    """Count the follow-ups that each of these members finished in that time, and those that were due in it and that they finished
    then or later."""
    done = func.count(case((col(FollowUp.closed_at) < between[1], 1)))
    due = func.count(case((and_(*_due(between)), 1)))
    statement = (
        select(FollowUp.closed_by_id, done, due)
        .where(*_finished(people, between[0]))
        .group_by(col(FollowUp.closed_by_id))
    )
    found = (await session.exec(statement, params=people.values)).all()
    return [(member, finished, of_these) for member, finished, of_these in found if member is not None]


async def finished_after(
    session: Work, people: People, between: Between
) -> list[tuple[UUID | None, datetime, datetime | None]]:
    """Return the follow-ups due in that time that were finished late: by whom, when they became late, and when they ended."""
    statement = select(FollowUp.closed_by_id, FollowUp.late_at, FollowUp.closed_at).where(
        *_finished(people, between[0]), *_due(between), col(FollowUp.closed_at) > col(FollowUp.late_at)
    )
    return list((await session.exec(statement, params=people.values)).all())


async def open_by_member(
    session: Work, people: People, between: Between, now: datetime
) -> list[tuple[UUID, int, int, int]]:
    """Count the open follow-ups of each of these members, those due in that time, and those late."""
    statement = (
        select(
            FollowUp.assignee_id,
            func.count(),
            func.count(case((and_(*_due(between)), 1))),
            func.count(case((col(FollowUp.late_at) < now, 1))),
        )
        .where(*_open(people))
        .group_by(col(FollowUp.assignee_id))
    )
    return list((await session.exec(statement, params=people.values)).all())


async def promises_by_member(
    session: Work, workspace_id: UUID, people: People, first: date, last: date
) -> list[tuple[UUID, str, int]]:
    """Count by state the promises for these days that were made to each of these members."""
    statement = (
        select(Call.caller_id, Promise.state, func.count())
        .join(Call, col(Call.id) == col(Promise.call_id))
        .where(*_promised(workspace_id, people, first, last))
        .group_by(col(Call.caller_id), col(Promise.state))
    )
    return list((await session.exec(statement, params=people.values)).all())


async def steps_by_member(
    session: Work, workspace_id: UUID, people: People, first: date, last: date, today: date
) -> list[tuple[UUID, int, int, int]]:
    """Count the steps beyond calls that each of these members is to take or took on these days, those taken, and those that are
    planned for a day before today, whatever the days."""
    taken = col(CollectionStep.state) == "done"
    between = and_(*_on_days(first, last))
    statement = (
        select(
            CollectionStep.assignee_id,
            func.count(case((between, 1))),
            func.count(case((between & taken, 1))),
            func.count(case((_is_late(today), 1))),
        )
        .where(*_steps(workspace_id, people), or_(between, _is_late(today)))
        .group_by(col(CollectionStep.assignee_id))
    )
    return list((await session.exec(statement, params=people.values)).all())


@dataclass(frozen=True, slots=True)
class Silence:
    """What makes a borrower one who needs calls and was not spoken to: no call with the borrower ended with one of
    these outcomes since then."""

    stages: Collection[str]
    outcomes: Collection[str]
    since: datetime
    today: date


async def loans_by_owner(session: Work, whose: Whose, silence: Silence) -> list[tuple[UUID | None, int, int, int]]:
    """Count the live loans of each of these owners, those whose borrowers need calls, and of these those not spoken to."""
    needs_calls = and_(*_callable(silence))
    statement = (
        select(
            Loan.owner_id,
            func.count(),
            func.count(case((needs_calls, 1))),
            func.count(case((needs_calls & _silent(silence), 1))),
        )
        .where(*_live(whose))
        .group_by(col(Loan.owner_id))
    )
    found = await session.exec(statement, params=whose.values | {"today": silence.today})
    return list(found.all())


async def called(
    session: Work,
    people: People,
    between: Between,
    outcomes: Collection[str] | None,
    *,
    of_borrower: bool = False,
    most: int = MOST,
) -> list[Behind]:
    """Return the calls of these members with one of the outcomes (None: any), newest first; with `of_borrower` only those that
    reached no other person."""
    statement = (
        select(Loan, Call).join(Call, col(Call.loan_id) == col(Loan.id)).where(*_called(people, between), IS_THERE)
    )
    if outcomes is not None:
        statement = statement.where(col(Call.outcome).in_(outcomes))
    if of_borrower:
        statement = statement.where(~exists().where(_of_another_person()))
    ordered = statement.order_by(col(Call.at).desc(), col(Call.id).desc()).limit(most)
    found = (await session.exec(ordered, params=people.values)).all()
    return [Behind(loan, call.caller_id, call.at, call.outcome) for loan, call in found]


async def finished(session: Work, people: People, between: Between, *, most: int = MOST) -> list[Behind]:
    """Return the follow-ups that these members finished in that time, newest first."""
    conditions = [*_finished(people, between[0]), col(FollowUp.closed_at) < between[1]]
    found = await _follow_ups(session, people, conditions, col(FollowUp.closed_at).desc(), most)
    return [
        Behind(loan, row.closed_by_id, row.closed_at, row.purpose) for loan, row in found if row.closed_at is not None
    ]


async def finished_due(
    session: Work, people: People, between: Between, *, most: int = MOST
) -> list[tuple[Behind, datetime]]:
    """Return the follow-ups due in that time that these members finished then or later, and when each was due."""
    conditions = [*_finished(people, between[0]), *_due(between)]
    found = await _follow_ups(session, people, conditions, col(FollowUp.closed_at).desc(), most)
    return [
        (Behind(loan, row.closed_by_id, row.closed_at, row.purpose), row.late_at)
        for loan, row in found
        if row.closed_at is not None
    ]


async def planned(
    session: Work,
    people: People,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    most: int = MOST,
) -> list[Behind]:
    """Return the open follow-ups of these members due from `after` on and before `until`, the most urgent first."""
    conditions = _open(people)
    if after is not None:
        conditions.append(col(FollowUp.late_at) >= after)
    if until is not None:
        conditions.append(col(FollowUp.late_at) < until)
    found = await _follow_ups(session, people, conditions, col(FollowUp.late_at), most)
    return [Behind(loan, row.assignee_id, row.late_at, row.purpose) for loan, row in found]


async def promised(
    session: Work,
    workspace_id: UUID,
    people: People,
    first: date,
    last: date,
    states: Collection[str],
    *,
    most: int = MOST,
) -> list[Behind]:
    """Return the promises for these days in one of the states that were made to these members, newest first."""
    statement = _promises(workspace_id, people, first, last, states).limit(most)
    found = (await session.exec(statement, params=people.values)).all()
    return [Behind(loan, caller_id, row.due_on, row.state) for loan, row, caller_id in found]


async def promised_amounts(
    session: Work, workspace_id: UUID, people: People, first: date, last: date, states: Collection[str]
) -> list[tuple[Loan, Promise, UUID]]:
    """Return the promises of `promised` that name an amount, with their loans and who noted each, newest first."""
    statement = _promises(workspace_id, people, first, last, states).where(col(Promise.amount).is_not(None))
    return list((await session.exec(statement, params=people.values)).all())


async def steps(
    session: Work,
    workspace_id: UUID,
    people: People,
    first: date,
    last: date,
    states: Collection[str],
    *,
    most: int = MOST,
) -> list[Behind]:
    """Return the steps beyond calls of these members planned for these days, or taken on them, newest first."""
    conditions = [*_steps(workspace_id, people), *_on_days(first, last), col(CollectionStep.state).in_(states)]
    return await _listed_steps(session, people, conditions, col(CollectionStep.day).desc(), most)


async def late_steps(
    session: Work, workspace_id: UUID, people: People, today: date, *, most: int = MOST
) -> list[Behind]:
    """Return the steps that these members were to take before today, the longest late first."""
    conditions = [*_steps(workspace_id, people), _is_late(today)]
    return await _listed_steps(session, people, conditions, col(CollectionStep.day), most)


async def _listed_steps(
    session: Work, people: People, conditions: Sequence[ColumnElement[bool]], order: Any, most: int
) -> list[Behind]:
    statement = (
        select(Loan, CollectionStep)
        .join(CollectionStep, col(CollectionStep.loan_id) == col(Loan.id))
        .where(*conditions, IS_THERE)
        .order_by(order, col(CollectionStep.id))
        .limit(most)
    )
    found = (await session.exec(statement, params=people.values)).all()
    return [Behind(loan, row.assignee_id, row.day, row.kind, state=row.state) for loan, row in found]


async def live(session: Work, whose: Whose, *, most: int = MOST) -> list[Behind]:
    """Return the live loans of these owners, the longest in its stage first."""
    return await _of_owners(session, whose, _live(whose), {}, most)


async def needing_calls(session: Work, whose: Whose, silence: Silence, *, most: int = MOST) -> list[Behind]:
    """Return the loans of these owners whose borrowers need calls, the longest in its stage first."""
    conditions = [*_live(whose), *_callable(silence)]
    return await _of_owners(session, whose, conditions, {"today": silence.today}, most)


async def silent(session: Work, whose: Whose, silence: Silence, *, most: int = MOST) -> list[Behind]:
    """Return the loans that `loans_by_owner` counts as not spoken to, the longest in its stage first."""
    conditions = [*_live(whose), *_callable(silence), _silent(silence)]
    return await _of_owners(session, whose, conditions, {"today": silence.today}, most)


async def _of_owners(
    session: Work, whose: Whose, conditions: Sequence[ColumnElement[bool]], values: dict[str, date], most: int
) -> list[Behind]:
    statement = select(Loan).where(*conditions).order_by(col(Loan.stage_since), col(Loan.id)).limit(most)
    found = (await session.exec(statement, params=whose.values | values)).all()
    return [Behind(loan, loan.owner_id, loan.stage_since, loan.stage) for loan in found]


async def _follow_ups(
    session: Work, people: People, conditions: Sequence[ColumnElement[bool]], order: Any, most: int
) -> Sequence[tuple[Loan, FollowUp]]:
    statement: Select[Loan, FollowUp] = select(Loan, FollowUp).join(FollowUp, col(FollowUp.loan_id) == col(Loan.id))
    ordered = statement.where(*conditions, IS_THERE).order_by(order, col(FollowUp.id)).limit(most)
    return (await session.exec(ordered, params=people.values)).all()


def _called(people: People, between: Between) -> list[ColumnElement[bool]]:
    return [
        one_of(people.scope, col(Call.caller_id)),
        col(Call.at) >= between[0],
        col(Call.at) < between[1],
        col(Call.undone_at).is_(None),
    ]


def _of_another_person() -> ColumnElement[bool]:
    return and_(col(CallParty.call_id) == col(Call.id), col(CallParty.undone_at).is_(None))


def _finished(people: People, since: datetime) -> list[ColumnElement[bool]]:
    return [
        one_of(people.scope, col(FollowUp.closed_by_id)),
        col(FollowUp.state) == "done",
        col(FollowUp.closed_at) >= since,
    ]


def _due(between: Between) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(FollowUp.late_at) >= between[0], col(FollowUp.late_at) < between[1]


def _open(people: People) -> list[ColumnElement[bool]]:
    conditions = [are_of(people.scope, col(FollowUp.assignee_id)), IS_OPEN]
    if people.scope != "members":
        conditions.append(col(FollowUp.workspace_id) == bindparam("people_of"))
    return conditions


def _promises(
    workspace_id: UUID, people: People, first: date, last: date, states: Collection[str]
) -> Select[Loan, Promise, UUID]:
    """Return the statement for these promises with their loans and who noted each, newest first."""
    return (
        select(Loan, Promise, Call.caller_id)
        .join(Promise, col(Promise.loan_id) == col(Loan.id))
        .join(Call, col(Call.id) == col(Promise.call_id))
        .where(*_promised(workspace_id, people, first, last), col(Promise.state).in_(states), IS_THERE)
        .order_by(col(Promise.due_on).desc(), col(Promise.id).desc())
    )


def _promised(workspace_id: UUID, people: People, first: date, last: date) -> list[ColumnElement[bool]]:
    return [
        col(Promise.workspace_id) == workspace_id,
        col(Promise.due_on) >= first,
        col(Promise.due_on) <= last,
        col(Promise.undone_at).is_(None),
        are_of(people.scope, col(Call.caller_id)),
    ]


def _steps(workspace_id: UUID, people: People) -> list[ColumnElement[bool]]:
    return [
        col(CollectionStep.workspace_id) == workspace_id,
        col(CollectionStep.state) != "cancelled",
        col(CollectionStep.undone_at).is_(None),
        are_of(people.scope, col(CollectionStep.assignee_id)),
    ]


def _on_days(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(CollectionStep.day) >= first, col(CollectionStep.day) <= last


def _is_late(today: date) -> ColumnElement[bool]:
    return and_(col(CollectionStep.state) == "planned", col(CollectionStep.day) < today)


def _live(whose: Whose) -> list[ColumnElement[bool]]:
    return [due_lists.are_owned(Loan, whose), col(Loan.stage).in_(LIVE_STAGES)]


def _callable(silence: Silence) -> list[ColumnElement[bool]]:
    begins, ends, today = col(Loan.paused_from), col(Loan.paused_until), bindparam("today", type_=Date)
    paused = begins.is_not(None) & (begins <= today) & ends.is_not(None) & (ends > today)
    return [
        or_(col(Loan.stage).in_(silence.stages), due_lists.is_unpaid(Loan)),
        ~paused,
        ~quiet_periods.lasts(Loan),
    ]


def _silent(silence: Silence) -> ColumnElement[bool]:
    spoken = exists().where(
        col(Call.loan_id) == col(Loan.id),
        col(Call.at) >= silence.since,
        col(Call.undone_at).is_(None),
        col(Call.outcome).in_(silence.outcomes),
        ~exists().where(_of_another_person()),
    )
    return and_(col(Loan.created_at) < silence.since, ~spoken)
