"""When a call by a rule, and the next attempt of a call, are due."""

from datetime import date, datetime, timedelta

from desk.core.errors import Invalid
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.rules.cadence import Rule
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.instalments import repayment_follow_up_on
from desk.rules.reminders import ContactTimes, next_fitting_minute
from desk.rules.working_time import (
    add_working_minutes,
    local_date,
    morning_of,
    next_unfinished_day,
    next_working_minute,
    next_working_morning,
)


def retry_at(
    outcome_code: str,
    attempts_today: int,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    contact: ContactTimes | None = None,
) -> datetime:
    """Return when the next attempt is due after a call with that outcome.

    `attempts_today` counts the unsuccessful attempts of the assignee's local day, including this one. With `contact`,
    the next attempt waits until the borrower may be called. Raise KeyError for an unknown outcome, and `Invalid`:
    `no_retry` for an outcome without a retry, `no_working_day`.
    """
    outcome = VOCABULARY.outcome(outcome_code)
    if outcome.next != "planned":
        raise Invalid("no_retry", given=outcome_code)
    minutes = outcome.retry_working_minutes
    attempts_used_up = outcome.attempts_a_day is not None and attempts_today >= outcome.attempts_a_day
    if minutes is None or attempts_used_up:
        instant = next_working_morning(now, hours, calendar)
    else:
        later = add_working_minutes(now.replace(second=0, microsecond=0), minutes, hours, calendar)
        # A span that ends with the shift would remind the caller at the moment they go home.
        instant = next_working_minute(later, hours, calendar)
    return _callable_at(instant, hours, calendar, contact)


def plan_due(
    rule: Rule,
    now: datetime,
    hours: WorkingHours,
    calendar: Calendar,
    *,
    since: datetime | None = None,
    on: date | None = None,
    contact: ContactTimes | None = None,
) -> Due:
    """Return when a call by that rule is due for an assignee with these hours; a date alone is in their zone.

    `since` is the instant with which it begins (None: now), `on` the date of a rule that has one. A time that has passed
    becomes the first working date on which work is not over. With `contact`, a due time is one when the borrower may be
    called. Raise `Invalid("no_working_day")` when the assignee has none.
    """
    begins = since or now
    match rule.place:
        case "before_date" | "on_date":
            if on is None:
                raise ValueError(f"{rule.code}: a rule placed by a date needs it")
            if rule.place == "on_date":
                return Due(max(on, next_unfinished_day(now, hours, calendar)))
            return Due(repayment_follow_up_on(on, now, hours, calendar, working_days_before=rule.working_days))
        case "working_day" | "day":
            day = local_date(begins, hours.zone)
            if rule.place == "day":
                day = calendar.working_day_on_or_after(day + timedelta(days=rule.days), hours)
            elif rule.working_days:
                day = calendar.nth_working_day_after(day, rule.working_days, hours)
            return Due(max(day, next_unfinished_day(now, hours, calendar)))
        case "working_hours":
            minute = begins.replace(second=0, microsecond=0)
            later = add_working_minutes(minute, rule.working_hours * 60, hours, calendar)
            instant = next_working_minute(later, hours, calendar)
        case "working_morning":
            day = calendar.nth_working_day_after(local_date(begins, hours.zone), rule.working_days, hours)
            instant = morning_of(day, hours)
    if instant <= now:
        return Due(next_unfinished_day(now, hours, calendar))
    instant = _callable_at(instant, hours, calendar, contact)
    return Due(local_date(instant, hours.zone), instant)


def _callable_at(instant: datetime, hours: WorkingHours, calendar: Calendar, contact: ContactTimes | None) -> datetime:
    """Return the instant, or the next one when the borrower may be called and the assignee works, if there is one."""
    if contact is None:
        return instant
    return next_fitting_minute(instant, hours, calendar, contact) or instant
