"""When a loan's instalments are due, and which is the next to pay."""

from calendar import monthrange
from datetime import date, datetime, timedelta

from desk.core.errors import Invalid
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.working_time import next_unfinished_day

ALL_PAID = date.max
"""In place of the oldest unpaid instalment of a schedule: there is none."""


def instalment_in(year: int, month: int, due_day: int) -> date:
    """Return the date of a month's instalment: the due day, or the last day of a shorter month.

    Raise `Invalid("due_day")` unless `due_day` is 1 to 31.
    """
    if not 1 <= due_day <= 31:
        raise Invalid("due_day", given=due_day, nearest=("1-31",))
    return date(year, month, min(due_day, monthrange(year, month)[1]))


def instalment_on_or_after(day: date, due_day: int) -> date:
    """Return the first instalment on or after `day`."""
    this_month = instalment_in(day.year, day.month, due_day)
    if this_month >= day:
        return this_month
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return instalment_in(year, month, due_day)


def instalment_on_or_before(day: date, due_day: int) -> date:
    """Return the last instalment on or before `day`."""
    this_month = instalment_in(day.year, day.month, due_day)
    if this_month <= day:
        return this_month
    year, month = (day.year - 1, 12) if day.month == 1 else (day.year, day.month - 1)
    return instalment_in(year, month, due_day)


def next_instalment(after: date, due_day: int) -> date:
    """Return the first instalment later than `after`, the next one once `after` is paid."""
    return instalment_on_or_after(after + timedelta(days=1), due_day)


def next_unpaid_instalment(
    today: date,
    due_day: int | None,
    *,
    paid_through: date | None = None,
    unpaid_since: date | None = None,
    scheduled: date | None = None,
) -> date | None:
    """Return the oldest instalment not known to be paid, or None if there is none or its date is not known.

    `scheduled` is that of the loan's schedule, where arrears are counted from one (`ALL_PAID` once all are paid); then nothing
    else counts. Otherwise it is in the past only if the lender says so, and follows from the due day of the month.

    `paid_through` is the last instalment logged as paid, `unpaid_since` comes from the lender's data: the date of an
    instalment, or a later day when it was still unpaid. Without it no past instalment counts as unpaid, because
    payments are seldom logged one by one and a missing entry does not mean arrears.
    """
    if scheduled is not None:
        return None if scheduled == ALL_PAID else scheduled
    if due_day is None:
        return unpaid_since
    after_paid = next_instalment(paid_through, due_day) if paid_through else None
    if unpaid_since is None:
        return max(instalment_on_or_after(today, due_day), after_paid or date.min)
    return max(instalment_on_or_before(unpaid_since, due_day), after_paid or date.min)


def is_paused(today: date, instalment_on: date, paused_from: date | None, paused_until: date | None) -> bool:
    """Return whether nobody asks for an instalment: it falls due in a pause, or today is in one and it fell due before its end.

    The last day of a pause is the day before `paused_until`.
    """
    if paused_from is None or paused_until is None or instalment_on >= paused_until or today >= paused_until:
        return False
    return paused_from <= max(today, instalment_on)


def repayment_follow_up_on(
    instalment_on: date, now: datetime, hours: WorkingHours, calendar: Calendar, *, working_days_before: int
) -> date:
    """Return the date of the call that reminds of an instalment, that many working days before it.

    When that day has passed, it is today if today's work is not over, otherwise the next working day. It is after the
    instalment only when no working day is left before it, or when the instalment itself has passed.
    """
    planned = calendar.nth_working_day_before(instalment_on, working_days_before, hours)
    return max(planned, next_unfinished_day(now, hours, calendar))
