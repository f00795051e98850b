"""When a follow-up is reminded of, when it is late, and when it is escalated to the manager."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Literal, Protocol, get_args
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due
from desk.rules.calendar import Calendar
from desk.rules.hours import DEFAULT_ZONE, MIDNIGHT, WorkingHours
from desk.rules.working_time import (
    add_working_minutes,
    instant_of,
    is_working,
    local_date,
    morning_of,
    next_unfinished_day,
    next_working_minute,
    next_working_morning,
    work_end,
    work_start,
)

ESCALATE_AFTER = timedelta(hours=4)
"""How much working time without a response passes before a follow-up is escalated to the manager channel."""

SAME_DAY_NOTICE = timedelta(hours=2)
"""How long before the end of work the reminder of a follow-up entered for today comes."""

_SNOOZE_MORNING = time(9)
_SEARCH_ROUNDS = 60

WarningKind = Literal["outside_working_hours", "holiday", "day_off", "outside_contact_hours", "waits_for_payment"]
SnoozeKind = Literal["quarter", "hour", "tomorrow", "morning", "other"]

APART = timedelta(hours=2)
"""The least time between two times that are offered for a call."""


class ContactTimes(Protocol):
    """When borrowers, or one of them, may be called."""

    def allow(self, instant: datetime) -> bool:
        """Return whether a call may be made at that instant."""
        ...

    def next_start(self, instant: datetime) -> datetime:
        """Return a later instant before which no call may be made; those behind it are to be asked about again."""
        ...


@dataclass(frozen=True, slots=True)
class ContactHours:
    """The hours in `zone` when borrowers may be called, without the end itself; `time(0)` is the end of the day.

    Raise `Invalid("contact_hours")` when they would run past midnight.
    """

    start: time = time(8)
    end: time = time(22)
    zone: ZoneInfo = DEFAULT_ZONE

    def __post_init__(self) -> None:
        if self.end != MIDNIGHT and self.end <= self.start:
            raise Invalid("contact_hours", given=f"{self.start:%H:%M}-{self.end:%H:%M}", nearest=("08:00-22:00",))

    def allow(self, instant: datetime) -> bool:
        """Return whether a borrower may be called at that instant."""
        clock = instant.astimezone(self.zone).time()
        return self.start <= clock and (self.end == MIDNIGHT or clock < self.end)

    def next_start(self, instant: datetime) -> datetime:
        """Return the next instant when these hours begin."""
        today = local_date(instant, self.zone)
        starts = (instant_of(today + timedelta(days=offset), self.start, self.zone) for offset in range(3))
        return next(start for start in starts if start > instant)


@dataclass(frozen=True, slots=True)
class ScheduleWarning:
    """A warning about a due time for the member who plans it.

    `moved_to` is the working day from which a date counts when the assignee does not work on it, or on which a promise is broken
    that payments would have kept (`waits_for_payment`); None for a follow-up with a time, which is not moved.
    """

    kind: WarningKind
    moved_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """By how many working hours, and how often for one reminder, who acts may hold its escalation."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    working_hours: Annotated[int, Field(ge=1, le=40)]
    at_most: Annotated[int, Field(ge=1, le=10)]


def load_hold_rule(source: Traversable) -> HoldRule:
    """Read how reminders may be held. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    if unknown := file.tables.keys() - {"hold"}:
        raise file.error("there is no such entry", min(unknown))
    return file.read(HoldRule, file.tables.get("hold", {}), "hold")


HOLD = load_hold_rule(resources.files("desk") / "data" / "reminders.toml")
"""How reminders may be held."""


def hold_escalation(escalate_at: datetime, now: datetime, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return when a follow-up is escalated that would be at `escalate_at`, after who acts has said that they are on it."""
    return add_working_minutes(max(escalate_at, now), HOLD.working_hours * 60, hours, calendar)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a due time means for one assignee.

    `due_on` and `due_at` are as entered; `counts_on` is the assignee's date from which it counts. The instants are UTC.
    `suggestion` is the next minute without any of the warnings.
    """

    due_on: date
    due_at: datetime | None
    counts_on: date
    remind_at: datetime | None
    late_at: datetime
    escalate_at: datetime | None
    warnings: tuple[ScheduleWarning, ...] = ()
    suggestion: datetime | None = None


@dataclass(frozen=True, slots=True)
class SnoozeOption:
    """A snooze to choose: a quarter of an hour, an hour, tomorrow at 09:00, the next working morning, or another time."""

    kind: SnoozeKind
    until: datetime


def schedule(
    due: Due,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    contact: ContactHours,
    escalate_after: timedelta = ESCALATE_AFTER,
) -> Schedule:
    """Return what a due time entered now means for an assignee with these hours; a date alone is in their zone.

    Raise `Invalid`: `due_after_work` when today's work, or the day, is over (`nearest` holds the next working day),
    `no_working_day` when the assignee has none.
    """
    if due.at is not None:
        return _timed(due.on, due.at, hours, calendar, contact, escalate_after)
    counts_on = calendar.working_day_on_or_after(due.on, hours)
    if now >= work_end(counts_on, hours):
        raise Invalid("due_after_work", given=due.on, nearest=(next_unfinished_day(now, hours, calendar),))
    return _dated(due.on, counts_on, now, hours, calendar, escalate_after)


def until_broken(
    due: Due,
    patience_days: int,
    entered_at: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    escalate_after: timedelta = ESCALATE_AFTER,
) -> Schedule:
    """Return the times of a call about a promise to pay by `due` that payments close by themselves: nobody is reminded before the
    first working day on which the promise is broken. Raise `Invalid("no_working_day")`."""
    broken_on = due.on + timedelta(days=patience_days + 1)
    counts_on = calendar.working_day_on_or_after(broken_on, hours)
    plan = _dated(broken_on, counts_on, entered_at, hours, calendar, escalate_after)
    waits = ScheduleWarning("waits_for_payment", moved_to=counts_on)
    return replace(plan, due_on=due.on, due_at=due.at, warnings=(waits,))


def reschedule(
    due: Due,
    entered_at: datetime,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    contact: ContactHours,
    escalate_after: timedelta = ESCALATE_AFTER,
) -> Schedule:
    """Return the new schedule of an existing follow-up after its assignee, their hours or the calendar changed.

    Accept a date in the past. A missed reminder comes at once when a time of day was agreed for today, otherwise at the
    next working minute; the escalation waits until the assignee has had their full time. Raise
    `Invalid("no_working_day")` when the assignee has none.
    """
    if due.at is not None:
        plan = _timed(due.on, due.at, hours, calendar, contact, escalate_after)
    else:
        counts_on = calendar.working_day_on_or_after(due.on, hours)
        plan = _dated(due.on, counts_on, entered_at, hours, calendar, escalate_after)
    return brought_up(plan, due, now, hours, calendar, escalate_after)


def brought_up(
    plan: Schedule, due: Due, now: datetime, hours: WorkingHours, calendar: Calendar, escalate_after: timedelta
) -> Schedule:
    """Return a recomputed schedule without a reminder in the past, as `reschedule` does."""
    if plan.remind_at is None or plan.remind_at > now:
        return plan
    agreed_for_today = due.at is not None and plan.counts_on == local_date(now, hours.zone)
    remind_at = now if agreed_for_today else next_working_minute(now, hours, calendar)
    ended = None if due.at is not None else plan.late_at
    _, escalate_at = reschedule_reminder_after_snooze(
        remind_at, hours, calendar, end_of_workday=ended, escalate_after=escalate_after
    )
    return replace(plan, remind_at=remind_at, escalate_at=escalate_at)


def snooze_options(now: datetime, hours: WorkingHours, calendar: Calendar) -> tuple[SnoozeOption, ...]:
    """Return the available snoozes, soonest first: tomorrow only if it is a working day, and the next working morning unless it
    is within two hours of that."""
    options = {
        kind: until for kind in get_args(SnoozeKind) if (until := snooze_time(kind, now, hours, calendar)) is not None
    }
    if "tomorrow" in options and abs(options["tomorrow"] - options["morning"]) < APART:
        del options["morning"]
    return tuple(SnoozeOption(kind, until) for kind, until in sorted(options.items(), key=lambda each: each[1]))


def snooze_time(kind: SnoozeKind, now: datetime, hours: WorkingHours, calendar: Calendar) -> datetime | None:
    """Return until when a snooze of this kind is that is chosen now, perhaps on a message of an earlier day: None for tomorrow
    before a day off, and for another time, which says itself when it ends."""
    minute = now.replace(second=0, microsecond=0)
    match kind:
        case "quarter":
            return minute + timedelta(minutes=15)
        case "hour":
            return minute + timedelta(hours=1)
        case "morning":
            return next_working_morning(now, hours, calendar)
        case "tomorrow":
            day = local_date(now, hours.zone) + timedelta(days=1)
            return instant_of(day, _SNOOZE_MORNING, hours.zone) if calendar.is_working_day(day, hours) else None
        case "other":
            return None


def reschedule_reminder_after_snooze(
    until: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    end_of_workday: datetime | None = None,
    escalate_after: timedelta = ESCALATE_AFTER,
) -> tuple[datetime, datetime]:
    """Return when to remind again after a snooze, and when to escalate.

    A follow-up with a date alone needs its `end_of_workday` (`Schedule.late_at`): it does not escalate before that.
    """
    from_when = until if end_of_workday is None else max(until, end_of_workday)
    return until, add_working_minutes(from_when, _minutes(escalate_after), hours, calendar)


def next_fitting_minute(
    instant: datetime, hours: WorkingHours, calendar: Calendar, contact: ContactTimes
) -> datetime | None:
    """Return the first minute from `instant` on when the assignee works and borrowers may be called, or None when the
    coming weeks have none."""
    for _ in range(_SEARCH_ROUNDS):
        instant = next_working_minute(instant, hours, calendar)
        if contact.allow(instant):
            return instant
        instant = contact.next_start(instant)
    return None


def _timed(
    due_on: date,
    due_at: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    contact: ContactHours,
    escalate_after: timedelta,
) -> Schedule:
    counts_on = local_date(due_at, hours.zone)
    warnings: list[ScheduleWarning] = []
    if not calendar.is_working_day(counts_on, hours):
        warnings.append(ScheduleWarning(_why_off(counts_on, calendar)))
    elif not is_working(due_at, hours, calendar):
        warnings.append(ScheduleWarning("outside_working_hours"))
    if not contact.allow(due_at):
        warnings.append(ScheduleWarning("outside_contact_hours"))
    return Schedule(
        due_on=due_on,
        due_at=due_at,
        counts_on=counts_on,
        remind_at=due_at,
        late_at=due_at,
        escalate_at=add_working_minutes(due_at, _minutes(escalate_after), hours, calendar),
        warnings=tuple(warnings),
        suggestion=next_fitting_minute(due_at, hours, calendar, contact) if warnings else None,
    )


def _dated(
    due_on: date,
    counts_on: date,
    entered_at: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    escalate_after: timedelta,
) -> Schedule:
    end = work_end(counts_on, hours)
    moved = () if counts_on == due_on else (ScheduleWarning(_why_off(due_on, calendar), moved_to=counts_on),)
    return Schedule(
        due_on=due_on,
        due_at=None,
        counts_on=counts_on,
        remind_at=_reminder_of_day(counts_on, entered_at, hours),
        late_at=end,
        escalate_at=add_working_minutes(end, _minutes(escalate_after), hours, calendar),
        warnings=moved,
    )


def _reminder_of_day(counts_on: date, entered_at: datetime, hours: WorkingHours) -> datetime:
    if local_date(entered_at, hours.zone) < counts_on:
        return morning_of(counts_on, hours)
    end = work_end(counts_on, hours)
    two_hours_before = max(work_start(counts_on, hours), end - SAME_DAY_NOTICE)
    return two_hours_before if entered_at < two_hours_before else end


def _why_off(day: date, calendar: Calendar) -> WarningKind:
    return "holiday" if calendar.is_holiday(day) else "day_off"


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)
