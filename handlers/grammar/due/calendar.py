"""The days that the date words of a due time mean, worked out from the `now` that is passed in."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.core.values import Due
from handlers.grammar.due.pieces import (
    DatePiece,
    DayAfter,
    DayOfMonth,
    MonthDay,
    MonthEnd,
    MonthsOn,
    RefusedError,
    SlashDate,
    Weekday,
)

MONTHS_AHEAD = 10
"""A date without a year may lie so many months ahead."""

YEARS_AHEAD = 10
"""Nothing is planned further ahead: a year typed wrong is likelier."""

_OneDay = DayAfter | MonthsOn | Weekday | MonthDay | DayOfMonth | MonthEnd


@dataclass(frozen=True, slots=True)
class Here:
    """Now, and where the person is who says it."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def days(piece: DatePiece, here: Here) -> tuple[date, ...]:
    """The day that a piece names, or those between which nobody can choose (today's own weekday).

    Raises `RefusedError` for a day that is past, does not exist or lies too far ahead.
    """
    if isinstance(piece, SlashDate):
        raise RefusedError("due_ambiguous", tuple(Due(on) for on in _slash_readings(piece, here)))
    if isinstance(piece, Weekday) and piece.week is None:
        ahead = (piece.day - here.today.weekday()) % 7
        return tuple(here.today + timedelta(days=more) for more in ((ahead,) if ahead else (0, 7)))
    try:
        on = _day(piece, here)
    except OverflowError:
        raise RefusedError("due_too_far") from None
    if on < here.today:
        raise RefusedError("due_past", _instead_of(piece, on, here))
    if on > months_on(here.today, YEARS_AHEAD * 12):
        raise RefusedError("due_too_far")
    return (on,)


def _day(piece: _OneDay, here: Here) -> date:
    today = here.today
    match piece:
        case DayAfter():
            return today + timedelta(days=piece.days)
        case MonthsOn():
            return months_on(today, piece.months)
        case Weekday():
            return today + timedelta(days=piece.day - today.weekday() + 7 * (piece.week or 0))
        case MonthDay():
            return _month_day(piece, here)
        case DayOfMonth():
            return _day_of_month(piece, today)
        case MonthEnd():
            return _month_end(piece, here)


def _instead_of(piece: DatePiece, past: date, here: Here) -> tuple[Due, ...]:
    """What may have been meant by a day that is past: the same weekday of next week, or the same date a year on."""
    if isinstance(piece, Weekday):
        return (Due(past + timedelta(days=7)),)
    return (Due(months_on(past, 12)),) if months_on(past, 12) >= here.today else ()


def _month_day(piece: MonthDay, here: Here) -> date:
    today = here.today
    if piece.year is not None or piece.years_on is not None:
        return _exact(piece.year or today.year + (piece.years_on or 0), piece.month, piece.day)
    this_year = _exact(today.year, piece.month, piece.day, leniently=True)
    year = today.year if this_year >= today else today.year + 1
    return _within_ten_months(_exact(year, piece.month, piece.day), here)


def _within_ten_months(on: date, here: Here) -> date:
    """Further ahead than that, a date without a year is one that has just passed."""
    if on > months_on(here.today, MONTHS_AHEAD):
        raise RefusedError("due_past", (Due(on),))
    return on


def _month_end(piece: MonthEnd, here: Here) -> date:
    today = here.today
    if piece.month is None:
        return _last_of(months_on(today.replace(day=1), piece.months_on))
    if not 1 <= piece.month <= 12:
        raise RefusedError("due_no_such_date")
    if piece.year is not None or piece.years_on is not None:
        return _last_of(_exact(piece.year or today.year + (piece.years_on or 0), piece.month, 1))
    year = today.year if piece.month >= today.month else today.year + 1
    return _within_ten_months(_last_of(date(year, piece.month, 1)), here)


def _day_of_month(piece: DayOfMonth, today: date) -> date:
    """That day of the month that was named, or of the next that has it, this one included."""
    day = piece.day
    if piece.months_on is not None:
        first = months_on(today.replace(day=1), piece.months_on)
        return _exact(first.year, first.month, day)
    if not 1 <= day <= 31:
        raise RefusedError("due_no_such_date")
    for ahead in range(4):
        first = months_on(today.replace(day=1), ahead)
        if day <= _last_of(first).day and first.replace(day=day) >= today:
            return first.replace(day=day)
    raise RefusedError("due_no_such_date")


def _slash_readings(piece: SlashDate, here: Here) -> tuple[date, ...]:
    found: list[date] = []
    for month, day in ((piece.first, piece.second), (piece.second, piece.first)):
        try:
            found += days(MonthDay(month, day, piece.year), here)
        except RefusedError:
            continue
    return tuple(dict.fromkeys(found))


def _exact(year: int, month: int, day: int, *, leniently: bool = False) -> date:
    """That date; a day that its month has not is refused with the month's last, or leniently is the last."""
    if not 1 <= month <= 12 or not 1 <= day <= 31 or not 1 <= year <= 9999:
        raise RefusedError("due_no_such_date")
    last = calendar.monthrange(year, month)[1]
    if day > last and not leniently:
        raise RefusedError("due_no_such_date", (Due(date(year, month, last)),))
    return date(year, month, min(day, last))


def months_on(start: date, months: int) -> date:
    """The same day so many months on, or that month's last."""
    years, month = divmod(start.month - 1 + months, 12)
    if start.year + years > 9999:
        raise RefusedError("due_too_far")
    return _exact(start.year + years, month + 1, start.day, leniently=True)


def _last_of(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])
