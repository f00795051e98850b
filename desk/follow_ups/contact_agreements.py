"""The time for which a member plans a call: one that the borrower asked for is a consent, which is kept where contact rules would
not allow it and lifts them then; any other is refused where one refuses a call then."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.changes import create
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_allowances import is_allowed
from desk.follow_ups.contact_limits import CallTimes, Limits, contact_hours, limits_of, limits_of_loans
from desk.people.calendars import calendar_of
from desk.rules.calendar import Calendar
from desk.rules.contact_rules import Answer
from desk.rules.hours import WorkingHours
from desk.rules.reminders import next_fitting_minute
from desk.rules.working_time import local_date, morning_of, next_working_minute
from storage.engine.types import new_id
from storage.tables import ContactConsent, FollowUp, Loan

_ASKED_FOR = timedelta(hours=1)
"""How long a time that the borrower asked for counts as agreed: the call takes a while to begin."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _UnlessRefused:
    """When no rule refuses a call; one that only warns does not count."""

    limits: Limits

    def allow(self, instant: datetime) -> bool:
        """Return whether no rule refuses a call at that instant."""
        return self.limits.answer(instant).effect is None

    def next_start(self, instant: datetime) -> datetime:
        """Return a later instant before which a rule refuses each call."""
        found = self.limits.answer(instant).next_at
        return found if found is not None and found > instant else instant + _DAY


async def check_time(desk: Desk, loan: Loan, follow_up: FollowUp, hours: WorkingHours, *, asked_for: bool) -> bool:
    """Return whether the answer warns of the time for which a member plans a call. One that the borrower `asked_for` is kept, and
    recorded as a consent if a rule speaks against it which a consent lifts. `hours` are those of who will call.

    Raises Invalid (`due_barred`, with the rules that refuse and the next `allowed` time) where a rule refuses any other, and
    another time would do. What only the end of a state changes is warned of.
    """
    if desk.actor is None or not contact_choices.may_have_any(desk):
        return False
    limits = await limits_of(desk, loan)
    if limits is None:
        return False
    if asked_for:
        return follow_up.due_at is not None and _keep(desk, loan, follow_up, limits, follow_up.due_at)
    refusing = _refusing(limits)
    if follow_up.due_at is None:
        await _check_date(desk, loan, follow_up, refusing, hours)
        return False
    await check_instant(desk, loan, follow_up.due_at, hours)
    return limits.answer(follow_up.due_at).effect is not None


async def check_instant(desk: Desk, loan: Loan, at: datetime, hours: WorkingHours) -> None:
    """Raise Invalid (`due_barred`) as `check_time` does, of an instant at which a member wants to call."""
    limits = await limits_of(desk, loan)
    if limits is None:
        return
    refusing = _refusing(limits)
    answer = refusing.answer(at)
    if answer.effect is None or answer.next_at is None or await is_allowed(desk, loan, at, answer.broken):
        return
    fitting = CallTimes(contact_hours(desk), limits)
    later = next_fitting_minute(at, hours, await calendar_of(desk), fitting) or answer.next_at
    allowed = Due(local_date(later, hours.zone), later)
    raise _barred(desk, loan, at, answer, allowed)


@dataclass(frozen=True, slots=True)
class DayCheck:
    """Says on which days rules refuse a call in each minute of a member's work, of many loans at once."""

    limits: Mapping[UUID, Limits]
    hours: WorkingHours
    calendar: Calendar
    now: datetime

    def bars(self, loan_id: UUID, day: date) -> bool:
        """Return whether a call on that day is refused, where another day would do."""
        limits = self.limits.get(loan_id)
        if limits is None:
            return False
        return _next_day(_refusing(limits), day, self.now, self.hours, self.calendar) is not None


async def day_check(desk: Desk, loans: Collection[Loan], hours: WorkingHours) -> DayCheck:
    """Return what says so of these loans, in one statement. `hours` are those of who will call."""
    found = await limits_of_loans(desk, loans) if loans and contact_choices.may_have_any(desk) else {}
    return DayCheck(found, hours, await calendar_of(desk), desk.now)


def _refusing(limits: Limits) -> Limits:
    return replace(limits, bound=tuple(each for each in limits.bound if each.effect == "deny"))


async def _check_date(desk: Desk, loan: Loan, follow_up: FollowUp, refusing: Limits, hours: WorkingHours) -> None:
    """Raise Invalid (`due_barred`) if a rule refuses a call in each minute of the day's work."""
    found = _next_day(refusing, follow_up.due_on, desk.now, hours, await calendar_of(desk))
    if found is not None:
        raise _barred(desk, loan, follow_up.due_on, found[1], Due(found[0]))


def _next_day(
    refusing: Limits, day: date, now: datetime, hours: WorkingHours, calendar: Calendar
) -> tuple[date, Answer] | None:
    """Return the next day on which a call may be made, and why none may be on that one; None if it may be, or no time helps."""
    begins = next_working_minute(max(morning_of(day, hours), now), hours, calendar)
    later = next_fitting_minute(begins, hours, calendar, _UnlessRefused(refusing))
    answer = refusing.answer(begins)
    if later is None or answer.effect is None:
        return None
    allowed = local_date(later, hours.zone)
    return (allowed, answer) if allowed > local_date(begins, hours.zone) else None


def _barred(desk: Desk, loan: Loan, at: datetime | date, answer: Answer, allowed: Due) -> Invalid:
    may_allow = isinstance(at, datetime) and not answer.fixed and has_role_for(desk.member, "override_contact")
    return Invalid(
        "due_barred",
        loan=loan.number,
        loan_id=loan.id,
        at=at,
        broken=answer.broken,
        allowed=allowed,
        may_allow=may_allow,
    )


def _keep(desk: Desk, loan: Loan, follow_up: FollowUp, limits: Limits, at: datetime) -> bool:
    answer = limits.answer(at)
    if not any(each.rule.lift for each in answer.broken):
        return answer.effect is not None
    for zone in limits.zones or (ZoneInfo(desk.workspace.zone),):
        _agree(desk, follow_up, limits, at.astimezone(zone))
    desk.audit("contact_consent", loan_id=loan.id, subject_id=follow_up.id, consent="asked_for")
    return True


def _agree(desk: Desk, follow_up: FollowUp, limits: Limits, local: datetime) -> None:
    """Record both kinds: for the hour that begins then, and to be called on that day."""
    end = local + _ASKED_FOR
    hours = (local.time(), end.time() if end.date() == local.date() else time(0))
    for kind, (starts, ends) in (("hours", hours), ("calls", (None, None))):
        create(
            desk,
            ContactConsent(
                id=new_id(),
                workspace_id=desk.workspace.id,
                loan_id=limits.loan_id,
                follow_up_id=follow_up.id,
                kind=kind,
                given_at=desk.now,
                starts_on=local.date(),
                ends_on=local.date(),
                starts=starts,
                ends=ends,
                by_id=desk.member.id,
            ),
        )
