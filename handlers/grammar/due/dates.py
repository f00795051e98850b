"""Resolve date tokens to calendar dates, relative to the time that is passed in."""

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import Due
from handlers.grammar.due.tokens import (
    DateToken,
    DayOfMonth,
    DaysAhead,
    MonthDay,
    MonthEnd,
    MonthsAhead,
    RefusedError,
    SlashDate,
    Weekday,
)

MONTHS_AHEAD = 10
"""The furthest a date without a year may lie ahead, in months."""

YEARS_AHEAD = 10
"""The furthest a due time may lie ahead, in years: beyond it, a typing error in the year is more likely."""

_OneDay = DaysAhead | MonthsAhead | Weekday | MonthDay | DayOfMonth | MonthEnd


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """The current instant and the time zone of the person who typed the due time."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def dates_of(token: DateToken, ref: ReferenceTime) -> tuple[date, ...]:
    """Return the date that a token means, or both candidates when it is ambiguous (today's own weekday).

    Raise `RefusedError` for a date that is past, does not exist, or is too far ahead.
    """
    if isinstance(token, SlashDate):
        raise RefusedError("due_ambiguous", tuple(Due(on) for on in _slash_readings(token, ref)))
    if isinstance(token, Weekday) and token.week is None:
        days_ahead = (token.day - ref.today.weekday()) % 7
        return tuple(ref.today + timedelta(days=days) for days in ((days_ahead,) if days_ahead else (0, 7)))
    try:
        on = _day(token, ref)
    except OverflowError:
        raise RefusedError("due_too_far") from None
    if on < ref.today:
        raise RefusedError("due_past", _alternatives(token, on, ref))
    if on > add_months(ref.today, YEARS_AHEAD * 12):
        raise RefusedError("due_too_far")
    return (on,)


def _day(token: _OneDay, ref: ReferenceTime) -> date:
    today = ref.today
    match token:
        case DaysAhead():
            return today + timedelta(days=token.days)
        case MonthsAhead():
            return add_months(today, token.months)
        case Weekday():
            return today + timedelta(days=token.day - today.weekday() + 7 * (token.week or 0))
        case MonthDay():
            return _month_day(token, ref)
        case DayOfMonth():
            return _day_of_month(token, today)
        case MonthEnd():
            return _month_end(token, ref)


def _alternatives(token: DateToken, past: date, ref: ReferenceTime) -> tuple[Due, ...]:
    """Return what a past date may have meant: the same weekday next week, or the same date next year."""
    if isinstance(token, Weekday):
        return (Due(past + timedelta(days=7)),)
    return (Due(add_months(past, 12)),) if add_months(past, 12) >= ref.today else ()


def _month_day(token: MonthDay, ref: ReferenceTime) -> date:
    today = ref.today
    if token.year is not None or token.years_ahead is not None:
        return _valid_date(token.year or today.year + (token.years_ahead or 0), token.month, token.day)
    this_year = _valid_date(today.year, token.month, token.day, clamp=True)
    year = today.year if this_year >= today else today.year + 1
    return _within_ten_months(_valid_date(year, token.month, token.day), ref)


def _within_ten_months(on: date, ref: ReferenceTime) -> date:
    """Refuse a date without a year more than ten months ahead: it was probably meant to be the one just past."""
    if on > add_months(ref.today, MONTHS_AHEAD):
        raise RefusedError("due_past", (Due(on),))
    return on


def _month_end(token: MonthEnd, ref: ReferenceTime) -> date:
    today = ref.today
    if token.month is None:
        return _last_of_month(add_months(today.replace(day=1), token.months_ahead))
    if not 1 <= token.month <= 12:
        raise RefusedError("due_no_such_date")
    if token.year is not None or token.years_ahead is not None:
        return _last_of_month(_valid_date(token.year or today.year + (token.years_ahead or 0), token.month, 1))
    year = today.year if token.month >= today.month else today.year + 1
    return _within_ten_months(_last_of_month(date(year, token.month, 1)), ref)


def _day_of_month(token: DayOfMonth, today: date) -> date:
    """Return the day in the given month, or in the next month that has it, starting with the current one."""
    day = token.day
    if token.months_ahead is not None:
        first = add_months(today.replace(day=1), token.months_ahead)
        return _valid_date(first.year, first.month, day)
    if not 1 <= day <= 31:
        raise RefusedError("due_no_such_date")
    for months in range(4):
        first = add_months(today.replace(day=1), months)
        if day <= _last_of_month(first).day and first.replace(day=day) >= today:
            return first.replace(day=day)
    raise RefusedError("due_no_such_date")


def _slash_readings(token: SlashDate, ref: ReferenceTime) -> tuple[date, ...]:
    found: list[date] = []
    for month, day in ((token.first, token.second), (token.second, token.first)):
        try:
            found += dates_of(MonthDay(month, day, token.year), ref)
        except RefusedError:
            continue
    return tuple(dict.fromkeys(found))


def _valid_date(year: int, month: int, day: int, *, clamp: bool = False) -> date:
    """Return the date. For a day that the month lacks, return the month's last day if `clamp`, otherwise refuse with it."""
    if not 1 <= month <= 12 or not 1 <= day <= 31 or not 1 <= year <= 9999:
        raise RefusedError("due_no_such_date")
    last = calendar.monthrange(year, month)[1]
    if day > last and not clamp:
        raise RefusedError("due_no_such_date", (Due(date(year, month, last)),))
    return date(year, month, min(day, last))


def add_months(start: date, months: int) -> date:
    """Return the same day of the month `months` later, or the last day of a shorter month."""
    years, month = divmod(start.month - 1 + months, 12)
    if start.year + years > 9999:
        raise RefusedError("due_too_far")
    return _valid_date(start.year + years, month + 1, start.day, clamp=True)


def _last_of_month(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])
