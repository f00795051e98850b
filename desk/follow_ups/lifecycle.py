"""Plan, move, close and reschedule a follow-up: every use case that writes one goes through here."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core import unreadable
from desk.core.changes import create, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo, takes_back
from desk.core.values import Due
from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.contact_agreements import check_time
from desk.follow_ups.contact_limits import Fitted, contact_hours, fit_to_rules
from desk.follow_ups.workspace_cadence import scale_of
from desk.people.calendars import calendar_of
from desk.people.members import acting_for, hours_of, today_of, zone_of
from desk.rules import reminders
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.instalments import instalment_on_or_before
from desk.rules.reminders import Schedule
from storage.engine.types import new_id
from storage.queries.core import undos
from storage.tables import ContactDecision, FollowUp, Loan, Member, Undo

_PROMISE = "promise"

_PAYMENTS_LAST = timedelta(days=31)
"""How long after a file of payments the desk expects the next one."""


@dataclass(frozen=True, slots=True)
class PlannedFollowUp:
    """A follow-up and its schedule. `acting` is who is reminded: the assignee or their cover. `moved_from` is when it was due
    before it was moved."""

    follow_up: FollowUp = field(repr=False)
    schedule: Schedule
    assignee: Member = field(repr=False)
    acting: Member = field(repr=False)
    moved_from: Due | None = None


async def plan(
    desk: Desk,
    loan: Loan,
    *,
    purpose: str,
    assignee: Member,
    due: Due,
    note: str = "",
    rule: str | None = None,
    rule_trigger: str | None = None,
    instalment_on: date | None = None,
    asked_for: bool = False,
) -> PlannedFollowUp:
    """Write a new follow-up on a locked loan; `rule` names the desk's own rule that planned it, `rule_trigger` what for.
    `asked_for`: the borrower named its time.

    Raises Invalid (`due_after_work`, `no_working_day`, `note_too_long`, `due_barred`).
    """
    check_note(note)
    fitted = await fit_to_rules(desk, loan, due, hours_of(desk, assignee)) if rule is not None else None
    acting, schedule = await _schedule(desk, assignee, fitted.due if fitted else due, purpose)
    row_id = new_id()
    new = NewFollowUp(purpose, assignee.id, rule, rule_trigger, instalment_on or _latest_unpaid(desk, loan, purpose))
    follow_up = FollowUp(
        id=row_id,
        loan_id=loan.id,
        number=loan.next_follow_up_number,
        note_cipher=desk.cipher.encrypt_optional(FollowUp.note_cipher, row_id, note),
        **values_of(desk, new, schedule),
    )
    loan.next_follow_up_number += 1
    desk.add(loan)
    create(desk, follow_up)
    if fitted is not None:
        record_fit(desk, follow_up, fitted)
    planned = PlannedFollowUp(follow_up=follow_up, schedule=schedule, assignee=assignee, acting=acting)
    return await with_time_checked(desk, loan, planned, asked_for=asked_for) if rule is None else planned


async def with_time_checked(
    desk: Desk, loan: Loan, planned: PlannedFollowUp, *, asked_for: bool = False
) -> PlannedFollowUp:
    """Return a follow-up that a member has placed, with a warning if contact rules speak against its time. Raises Invalid
    (`due_barred`) if one refuses a time for which the borrower has not `asked_for`."""
    row = planned.follow_up
    if _waits_for_payment(desk, row.purpose, due_of(row)):
        return planned
    if not await check_time(desk, loan, row, hours_of(desk, planned.acting), asked_for=asked_for):
        return planned
    return replace(planned, schedule=_with_contact_warning(planned.schedule))


def _with_contact_warning(schedule: Schedule) -> Schedule:
    """Return a schedule that warns that the borrower may not be called then."""
    warning = reminders.ScheduleWarning("outside_contact_hours")
    return schedule if warning in schedule.warnings else replace(schedule, warnings=(*schedule.warnings, warning))


def record_fit(desk: Desk, follow_up: FollowUp, fitted: Fitted) -> None:
    """Record that contact rules placed a call by rule later, and which."""
    create(
        desk,
        ContactDecision(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=follow_up.loan_id,
            follow_up_id=follow_up.id,
            kind="moved",
            rules=" ".join(fitted.rules),
            moved_from=fitted.moved_from,
            moved_to=fitted.moved_to,
            at=desk.now,
        ),
    )
    desk.audit("contact_moved", loan_id=follow_up.loan_id, subject_id=follow_up.id, rules=list(fitted.rules))


@dataclass(frozen=True, slots=True)
class NewFollowUp:
    """What is planned of a follow-up: its rule, `rule_trigger` what that planned it for."""

    purpose: str
    assignee_id: UUID
    rule: str | None
    rule_trigger: str | None
    instalment_on: date | None


def values_of(desk: Desk, new: NewFollowUp, schedule: Schedule) -> dict[str, Any]:
    """Return the values of a new follow-up's columns that are not defaults, without its id, loan, number and note."""
    return {
        "workspace_id": desk.workspace.id,
        "purpose": new.purpose,
        "assignee_id": new.assignee_id,
        "rule": new.rule,
        "rule_trigger": new.rule_trigger,
        "created_by_id": desk.actor.id if desk.actor else None,
        "created_at": desk.now,
        "planned_at": desk.now,
        "instalment_on": new.instalment_on,
        **_times(schedule),
    }


def _latest_unpaid(desk: Desk, loan: Loan, purpose: str) -> date | None:
    """Return the instalment that a call about arrears planned by hand is about: the last to fall due, unless it is paid."""
    if purpose != "overdue":
        return None
    if loan.next_instalment_on is not None:
        return loan.next_instalment_on if loan.next_instalment_on <= desk.workspace_today else None
    if loan.due_day is None:
        return None
    last = instalment_on_or_before(desk.workspace_today, loan.due_day)
    return last if loan.paid_through is None or last > loan.paid_through else None


async def move(
    desk: Desk,
    follow_up: FollowUp,
    due: Due,
    *,
    assignee: Member,
    keeps_hour: bool = True,
    by_rule_of: Loan | None = None,
) -> PlannedFollowUp:
    """Move an open follow-up; a new date alone keeps the agreed time of day when `keeps_hour`. `by_rule_of`: its loan, where a
    rule and no person moves it.

    Raises Invalid as `plan` does, and `due_no_such_time`, `due_past` when the kept time of day does not suit the new date.
    """
    if keeps_hour:
        due = _with_time_of_day(desk, follow_up, due, zone_of(desk, assignee))
    fitted = await fit_to_rules(desk, by_rule_of, due, hours_of(desk, assignee)) if by_rule_of is not None else None
    if fitted is not None:
        due = fitted.due
        record_fit(desk, follow_up, fitted)
    acting, schedule = await _schedule(desk, assignee, due, follow_up.purpose)
    earlier = due_of(follow_up)
    track(desk, follow_up)
    _set_times(follow_up, schedule)
    follow_up.announced_for = follow_up.announced_at = follow_up.escalated_at = None
    follow_up.snoozes, follow_up.snoozed_until, follow_up.holds = 0, None, 0
    follow_up.planned_at = desk.now
    return PlannedFollowUp(
        follow_up=follow_up,
        schedule=schedule,
        assignee=assignee,
        acting=acting,
        moved_from=earlier if earlier != due_of(follow_up) else None,
    )


def close(desk: Desk, follow_up: FollowUp, state: str, *, why: str = "") -> None:
    """Close a follow-up as `done`, `cancelled`, or `ended` with its loan. Raises Invalid (`note_too_long`)."""
    check_note(why)
    track(desk, follow_up)
    follow_up.state = state
    follow_up.closed_at = desk.now
    follow_up.closed_by_id = desk.actor.id if desk.actor else None
    follow_up.closed_why_cipher = desk.cipher.encrypt_optional(FollowUp.closed_why_cipher, follow_up.id, why)
    follow_up.remind_at = follow_up.escalate_at = None


@takes_back(FollowUp)
async def take_back_plan(desk: Desk, follow_up: FollowUp) -> None:
    """Close a follow-up because the act that planned it is undone."""
    follow_up.state, follow_up.closed_at, follow_up.closed_by_id = "undone", desk.now, desk.member.id
    follow_up.remind_at = follow_up.escalate_at = None


@corrects_after_undo(FollowUp)
async def remind_of_reopened(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Remind now of reopened follow-ups whose reminder was withheld while they were closed."""
    reopened: list[FollowUp] = [each.row for each in rows if each.row.state == "open"]
    silent = [row for row in reopened if row.announced_for is not None and row.remind_at is None]
    shown = await undos.shown_in_messages(desk.session, [row.id for row in silent])
    for row in silent:
        if row.id not in shown:
            row.remind_at = desk.now


def reschedule(desk: Desk, follow_up: FollowUp, acting: Member, calendar: Calendar, *, announce_again: bool) -> None:
    """Recompute a follow-up's times after its assignee, their hours or absence, or the calendar changed.

    An announcement and a snooze remain in force unless another member acts now (`announce_again`).
    """
    plan = _rescheduled(desk, follow_up, hours_of(desk, acting), calendar)
    waits = follow_up.remind_at is not None and follow_up.remind_at != follow_up.snoozed_until
    if not announce_again and not waits:
        plan = replace(plan, remind_at=follow_up.remind_at, escalate_at=follow_up.escalate_at)
    times = (plan.remind_at, plan.late_at, plan.escalate_at)
    if times == (follow_up.remind_at, follow_up.late_at, follow_up.escalate_at):
        return
    track(desk, follow_up)
    _set_times(follow_up, plan)
    if announce_again:
        follow_up.escalated_at = follow_up.snoozed_until = None
        follow_up.holds = 0


def _rescheduled(desk: Desk, follow_up: FollowUp, hours: WorkingHours, calendar: Calendar) -> Schedule:
    due, entered_at, patience = due_of(follow_up), follow_up.planned_at, _escalate_after(desk)
    if not _waits_for_payment(desk, follow_up.purpose, due):
        return reminders.reschedule(due, entered_at, desk.now, hours, calendar, contact_hours(desk), patience)
    plan = reminders.until_broken(due, scale_of(desk).promise.patience_days, entered_at, hours, calendar, patience)
    return reminders.brought_up(plan, due, desk.now, hours, calendar, patience)


def _waits_for_payment(desk: Desk, purpose: str, due: Due) -> bool:
    """Return whether a call waits for the lender's payments, which reach the desk: it asks about a promise to pay by a day, and
    is due when none came. A time was agreed for the call itself, or is that of another attempt: it is kept."""
    return purpose == _PROMISE and due.at is None and payments_reach(desk)


def payments_reach(desk: Desk) -> bool:
    """Return whether the lender's payments reach the desk: a file of them came within a month."""
    return desk.workspace.payments_at is not None and desk.now - desk.workspace.payments_at <= _PAYMENTS_LAST


def acts_on(desk: Desk, follow_up: FollowUp, assignee: Member) -> date:
    """Return the due date, or the assignee's today when it has passed."""
    return max(follow_up.due_on, today_of(desk, assignee))


def note_of(desk: Desk, follow_up: FollowUp) -> str:
    """Return the note that a member wrote, or the empty text."""
    return unreadable.read(desk, FollowUp.note_cipher, follow_up)


def due_of(follow_up: FollowUp) -> Due:
    """Return when the follow-up is due."""
    return Due(on=follow_up.due_on, at=follow_up.due_at)


def check_note(note: str) -> None:
    """Raise Invalid (`note_too_long`) with the note's length and the limit."""
    if len(note) > NOTE_LIMIT:
        raise Invalid("note_too_long", length=len(note), limit=NOTE_LIMIT)


async def _schedule(desk: Desk, assignee: Member, due: Due, purpose: str) -> tuple[Member, Schedule]:
    acting = await acting_for(desk, assignee, due.on)
    hours = hours_of(desk, acting)
    schedule = await schedule_for(desk, due, hours)
    if _waits_for_payment(desk, purpose, due):
        calendar, days = await calendar_of(desk), scale_of(desk).promise.patience_days
        schedule = reminders.until_broken(due, days, desk.now, hours, calendar, _escalate_after(desk))
    return acting, schedule


async def schedule_for(desk: Desk, due: Due, hours: WorkingHours) -> Schedule:
    """Return the times of a call due then that is planned now, for who acts with these hours. Raises Invalid as `plan` does."""
    calendar, contact = await calendar_of(desk), contact_hours(desk)
    return reminders.schedule(due, desk.now, hours, calendar, contact, _escalate_after(desk))


def _escalate_after(desk: Desk) -> timedelta:
    return timedelta(minutes=desk.workspace.escalate_after_minutes)


def _set_times(follow_up: FollowUp, schedule: Schedule) -> None:
    for name, value in _times(schedule).items():
        setattr(follow_up, name, value)


def _times(schedule: Schedule) -> dict[str, Any]:
    return {
        "due_on": schedule.due_on,
        "due_at": schedule.due_at,
        "remind_at": schedule.remind_at,
        "late_at": schedule.late_at,
        "escalate_at": schedule.escalate_at,
    }


def _with_time_of_day(desk: Desk, follow_up: FollowUp, due: Due, zone: ZoneInfo) -> Due:
    if due.at is not None or follow_up.due_at is None:
        return due
    clock = follow_up.due_at.astimezone(zone).time()
    at = datetime.combine(due.on, clock, zone).astimezone(UTC)
    exists = at.astimezone(zone).time() == clock
    if not exists or at <= desk.now:
        code = "due_past" if exists else "due_no_such_time"
        raise Invalid(code, given=f"{due.on} {clock:%H:%M}", nearest=())
    return Due(on=due.on, at=at)
