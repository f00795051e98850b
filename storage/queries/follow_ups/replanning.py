"""Loans whose calls by rule must be planned again, and what has changed on loans merely because days have passed."""

from calendar import monthrange
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    delete,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlmodel import col

from storage.engine.database import insert_into
from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.queries.core.rows import chunks
from storage.queries.core.set_aside import is_set_aside
from storage.queries.documents.documents import will_expire
from storage.queries.follow_ups.pickups import PICKUP
from storage.queries.loans.loans import LIVE_STAGES
from storage.tables import (
    Appointment,
    Call,
    DailyLook,
    DocumentItem,
    FollowUp,
    Loan,
    QuietPeriod,
    RepaymentPause,
    RepaymentSchedule,
    Replanning,
)

REPLANNING = "replanning"
"""The chore that plans the calls of these loans again."""

_MONTH = 31
_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=1)
_IS_REPAID = col(Loan.stage) == literal_column("'disbursed'", String)
_SCHEDULED, _UNSCHEDULED = col(Loan.next_instalment_on).is_not(None), col(Loan.next_instalment_on).is_(None)


@dataclass(frozen=True, slots=True)
class Days:
    """The days later than `after`, up to and including `until`, on which nobody has looked at the loans yet.

    `since` is the instant at which the first of them began.
    """

    after: date
    until: date
    since: datetime

    def shifted(self, days: int) -> tuple[date, date]:
        """Return the first and the last of the days that many days before them."""
        return self.after + timedelta(days=1 - days), self.until - timedelta(days=days)

    def each(self, days: int = 0) -> list[date]:
        """Return the days that many days before them, one by one."""
        first, last = self.shifted(days)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


async def last_day(session: Work, workspace_id: UUID, today: date) -> date | None:
    """Return the last day until `today` of which the loans were listed, None if they never were."""
    of_workspace = (col(DailyLook.workspace_id) == workspace_id) & (col(DailyLook.looked_on) <= today)
    statement = select(col(DailyLook.looked_on)).where(of_workspace).order_by(col(DailyLook.looked_on).desc()).limit(1)
    return (await session.execute(statement)).scalars().first()


async def begin_day(session: Work, workspace_id: UUID, today: date) -> bool:
    """Record that the loans are listed for `today`. Return False if another worker was first."""
    statement = insert_into(session, DailyLook).values(
        id=uuid5(workspace_id, today.isoformat()), workspace_id=workspace_id, looked_on=today
    )
    begun = statement.on_conflict_do_nothing(index_elements=["id"]).returning(col(DailyLook.id))
    if (await session.execute(begun)).first() is None:
        return False
    earlier = (col(DailyLook.workspace_id) == workspace_id) & (col(DailyLook.looked_on) < today)
    await session.execute(delete(DailyLook).where(earlier))
    return True


async def request(session: Work, workspace_id: UUID, loan_ids: Collection[UUID], now: datetime) -> None:
    """Have the calls of these loans planned again."""
    for ids in chunks(loan_ids):
        found = _loans(workspace_id).where(col(Loan.id).in_(ids)).order_by(col(Loan.id))
        await _request_found(session, workspace_id, now, found)


async def request_all_in_repayment(session: Work, workspace_id: UUID, now: datetime) -> None:
    """Have the calls of all loans in repayment planned again."""
    await _request_found(session, workspace_id, now, _loans(workspace_id).where(_IS_REPAID))


async def request_in_arrears(session: Work, workspace_id: UUID, today: date, now: datetime) -> None:
    """Have the calls of all loans in arrears planned again."""
    for condition in _unpaid(today):
        await _request_found(session, workspace_id, now, _loans(workspace_id).where(*condition))


async def request_of_stage(
    session: Work, workspace_id: UUID, stage: str, rule: str, now: datetime, *, since: datetime
) -> None:
    """Have that rule plan for the loans that entered the stage from `since` on, or of which a call by it was cancelled, by no
    member."""
    cancelled = exists().where(
        col(FollowUp.loan_id) == col(Loan.id),
        col(FollowUp.rule) == rule,
        col(FollowUp.state) == "cancelled",
        col(FollowUp.closed_by_id).is_(None),
    )
    entered = col(Loan.stage_since) >= since
    found = _loans(workspace_id).where(col(Loan.stage) == stage, entered | cancelled)
    await _request_found(session, workspace_id, now, found, rule=rule)


async def request_picked_up(
    session: Work, workspace_id: UUID, stage: str, rule: str, now: datetime, *, since: datetime
) -> None:
    """Have that rule plan for the loans in the stage of which the pickup became known from `since` on: an appointment for it was
    kept, or a call about it was made."""
    kept = exists().where(
        col(Appointment.loan_id) == col(Loan.id),
        col(Appointment.kind) == PICKUP,
        col(Appointment.state) == "kept",
        col(Appointment.at) >= since,
        col(Appointment.undone_at).is_(None),
    )
    finished = exists().where(
        col(FollowUp.loan_id) == col(Loan.id), col(FollowUp.purpose) == PICKUP, col(FollowUp.closed_at) >= since
    )
    called = exists().where(col(Call.loan_id) == col(Loan.id), col(Call.purpose) == PICKUP, col(Call.at) >= since)
    found = _loans(workspace_id).where(col(Loan.stage) == stage, kept | finished | called)
    await _request_found(session, workspace_id, now, found, rule=rule)


async def request_with_call(
    session: Work, workspace_id: UUID, outcome: str, rule: str, now: datetime, since: datetime
) -> None:
    """Have that rule plan for the live loans on which a call had that outcome from `since` on."""
    had = exists().where(
        col(Call.loan_id) == col(Loan.id),
        col(Call.at) >= since,
        col(Call.outcome) == outcome,
        col(Call.undone_at).is_(None),
    )
    found = _loans(workspace_id).where(col(Loan.stage).in_(LIVE_STAGES), had)
    await _request_found(session, workspace_id, now, found, rule=rule)


async def request_with_finished(
    session: Work,
    workspace_id: UUID,
    rule: str,
    now: datetime,
    since: datetime,
    *,
    purpose: str | None = None,
    by_rule: str | None = None,
) -> None:
    """Have that rule plan for the live loans of which a follow-up with that purpose, or by that other rule, was finished from
    `since` on."""
    which = col(FollowUp.purpose) == purpose if purpose is not None else col(FollowUp.rule) == by_rule
    finished = exists().where(
        col(FollowUp.loan_id) == col(Loan.id), which, col(FollowUp.state) == "done", col(FollowUp.closed_at) >= since
    )
    found = _loans(workspace_id).where(col(Loan.stage).in_(LIVE_STAGES), finished)
    await _request_found(session, workspace_id, now, found, rule=rule)


async def request_changed(
    session: Work,
    workspace_id: UUID,
    days: Days,
    now: datetime,
    *,
    past_due: Collection[int],
    again: Collection[int],
    most_grace: int,
) -> None:
    """Have the calls of the loans planned again whose answer may be another one on these days.

    `past_due` are the days past due from which a rule applies, `again` the days after which a call about arrears is repeated,
    `most_grace` the most days of grace of a schedule. Without a schedule or arrears that is the day after the due day.
    """
    for found in _changed(workspace_id, days, past_due, again, most_grace):
        await _request_found(session, workspace_id, now, found)


async def request_expiring(
    session: Work, workspace_id: UUID, rule: str, now: datetime, *, since: date, until: date
) -> None:
    """Have that rule plan for the loans of which a document that has come expires within these days, and nobody has seen that."""
    of_days = (col(DocumentItem.workspace_id) == workspace_id, *will_expire(since, until))
    found = select(col(DocumentItem.loan_id)).where(*of_days).distinct()
    await _request_found(session, workspace_id, now, found, rule=rule)


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> Sequence[UUID]:
    """Return the next loans whose calls must be planned again, without taking them."""
    return (await session.execute(_due(workspace_id, now, None).limit(limit))).scalars().all()


async def take(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[tuple[UUID, tuple[str, ...]]]:
    """Return the next loans whose calls must be planned again (of `only` these, if given), by id, with the rules that were
    switched on, after removing them from the list. Another worker takes others."""
    free = _due(workspace_id, now, only).add_columns(col(Replanning.rules))
    found = (await session.execute(free.limit(limit).with_for_update(skip_locked=True))).all()
    if found:
        await session.execute(delete(Replanning).where(col(Replanning.loan_id).in_([row[0] for row in found])))
    return sorted((loan_id, tuple(dict.fromkeys((rules or "").split()))) for loan_id, rules in found)


def _due(workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> Select[UUID]:
    requested = col(Replanning.requested_at)
    statement = (
        select(col(Replanning.loan_id))
        .where(
            col(Replanning.workspace_id) == workspace_id,
            requested <= now,
            ~is_set_aside(workspace_id, REPLANNING, col(Replanning.loan_id), now),
        )
        .order_by(requested)
    )
    return statement if only is None else statement.where(col(Replanning.loan_id).in_(only))


def _loans(workspace_id: UUID) -> Select[UUID]:
    return select(col(Loan.id)).where(col(Loan.workspace_id) == workspace_id)


async def _request_found(
    session: Work, workspace_id: UUID, now: datetime, found: Select[UUID], *, rule: str | None = None
) -> None:
    """List these loans; with `rule`, which was switched on, also those that are listed already."""
    columns = ["loan_id", "workspace_id", "requested_at"]
    constant: list[ColumnElement[Any]] = [literal(workspace_id, Uuid()), literal(now, UtcDateTime())]
    if rule is not None:
        columns, constant = [*columns, "rules"], [*constant, literal(rule, String())]
    rows = found.with_only_columns(*found.selected_columns, *constant)
    statement = insert_into(session, Replanning).from_select(columns, rows)
    if rule is None:
        await session.exec(statement.on_conflict_do_nothing(index_elements=["loan_id"]))
        return
    both = func.coalesce(col(Replanning.rules) + " ", "") + statement.excluded.rules
    await session.exec(statement.on_conflict_do_update(index_elements=["loan_id"], set_={"rules": both}))


def _changed(
    workspace_id: UUID, days: Days, past_due: Collection[int], again: Collection[int], most_grace: int
) -> Iterator[Select[UUID]]:
    loans, today = _loans(workspace_id), days.until
    yield loans.where(_IS_REPAID, _UNSCHEDULED, *_due_day_passed(days))
    yield loans.where(*_with_grace(days, most_grace))
    for threshold in sorted({1, *past_due} - {0}):
        following = col(Loan.next_instalment_on)
        yield loans.where(col(Loan.stage).in_(LIVE_STAGES), _SCHEDULED, following.between(*days.shifted(threshold)))
    for threshold in sorted({0, *past_due}):
        yield loans.where(*_reported(days, threshold))
    for condition in _unpaid(today):
        paused = col(Loan.paused_from).is_not(None)  # their days past due are fewer than those since the due date
        yield loans.where(*condition, paused | _is_without_call(days, again))
    yield _paused(workspace_id, days)
    yield _quiet(workspace_id, days)


def _unpaid(today: date) -> Iterator[list[ColumnElement[bool]]]:
    """Yield the conditions for live loans with an instalment past due: by their schedule, and as the lender says."""
    live = col(Loan.stage).in_(LIVE_STAGES)
    yield [live, _SCHEDULED, col(Loan.next_instalment_on) < today]
    yield [live, _UNSCHEDULED, col(Loan.unpaid_since).is_not(None), col(Loan.unpaid_since) <= today]


def _falls_on(day: date) -> ColumnElement[bool]:
    """Return the condition for loans with an instalment on that day by their due day."""
    due_day, is_last = col(Loan.due_day), day.day == monthrange(day.year, day.month)[1]
    return due_day >= day.day if is_last else due_day == day.day


def _due_day_passed(days: Days) -> list[ColumnElement[bool]]:
    passed = days.each(1)
    due_day = col(Loan.due_day)
    on = due_day.between(1, _MONTH) if len(passed) >= _MONTH else or_(false(), *map(_falls_on, passed))
    return [on, ~col(Loan.autopay), col(Loan.unpaid_since).is_(None)]


def _with_grace(days: Days, most: int) -> list[ColumnElement[bool]]:
    following, grace = col(Loan.next_instalment_on), col(RepaymentSchedule.grace_days)
    over = (and_(grace == n, following.between(*days.shifted(n + 1))) for n in range(1, most + 1))
    schedule = exists().where(
        col(RepaymentSchedule.loan_id) == col(Loan.id),
        col(RepaymentSchedule.replaced_at).is_(None),
        col(RepaymentSchedule.undone_at).is_(None),
        or_(false(), *over),
    )
    first, last = days.shifted(most + 1)[0], days.shifted(2)[1]
    return [col(Loan.stage).in_(LIVE_STAGES), _SCHEDULED, following.between(first, last), schedule]


def _reported(days: Days, threshold: int) -> list[ColumnElement[bool]]:
    """Return the conditions for loans that the lender calls unpaid, of which the oldest instalment is that old on these days.

    It is the last one by the due day until `unpaid_since`, or a later one where payments were logged since.
    """
    since, paid = col(Loan.unpaid_since), col(Loan.paid_through)
    first, last = days.shifted(threshold)
    bound = since <= last + _DAY * _MONTH
    unpaid = [col(Loan.stage).in_(LIVE_STAGES), _UNSCHEDULED, since.is_not(None), bound]
    if (last - first).days >= _MONTH:
        return unpaid
    return [*unpaid, or_(paid >= since, *map(_oldest_is, days.each(threshold)))]


def _oldest_is(day: date) -> ColumnElement[bool]:
    since = col(Loan.unpaid_since)
    by_due_day = _falls_on(day) & since.between(day, day + _DAY * _MONTH)
    return by_due_day | (col(Loan.due_day).is_(None) & (since == day))


def _is_without_call(days: Days, again: Collection[int]) -> ColumnElement[bool]:
    """Return the condition for loans with no call about arrears planned, of which the last one was so many days ago, or was made
    yesterday and may have been about a promise that the rules waited for, or never was planned."""
    of_loan = col(FollowUp.loan_id) == col(Loan.id)
    about = col(FollowUp.purpose).in_(("overdue", "promise"))
    closed = col(FollowUp.closed_at)
    ended = [
        closed.between(days.since - _DAY * n - _CLOCK_CHANGE, _end(days) - _DAY * n + _CLOCK_CHANGE)
        for n in {1, *again}
    ]
    lately = exists().where(of_loan, about, or_(false(), *ended))
    return ~exists().where(of_loan, IS_OPEN, about) & (lately | ~exists().where(of_loan, about))


def _end(days: Days) -> datetime:
    return days.since + _DAY * (days.until - days.after).days


def _paused(workspace_id: UUID, days: Days) -> Select[UUID]:
    """Return the loans of which a pause begins or ends on these days."""
    first, last = days.shifted(0)
    starts, ends = col(RepaymentPause.starts_on), col(RepaymentPause.ends_on)
    return (
        select(col(RepaymentPause.loan_id))
        .where(
            col(RepaymentPause.workspace_id) == workspace_id,
            col(RepaymentPause.undone_at).is_(None),
            ends >= first,
            (ends <= last) | starts.between(first, last),
        )
        .distinct()
    )


def _quiet(workspace_id: UUID, days: Days) -> Select[UUID]:
    """Return the loans that needed no call until one of these days."""
    return (
        select(col(QuietPeriod.loan_id))
        .where(
            col(QuietPeriod.workspace_id) == workspace_id,
            col(QuietPeriod.until_on).between(*days.shifted(0)),
            col(QuietPeriod.ended_at).is_(None),
            col(QuietPeriod.undone_at).is_(None),
        )
        .distinct()
    )
