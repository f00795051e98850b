"""Dates as a column writes them: whether the day or the month comes first is told by the whole column."""

import re
from datetime import date, datetime, time, timedelta

_TWO_FIRST = re.compile(
    r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})((?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?)?)", re.I
)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_DAY_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ]+([a-z]{3,9})\.?[-/., ]+(\d{4})", re.I)
_MONTH_NAMED = re.compile(r"([a-z]{3,9})\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/., ]+(\d{4})", re.I)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NAMES = {name: n for n, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9}

_SHORT_OF_MIDNIGHT = (time(23, 59, 10), time(23, 59, 58))
"""Between these no day ends and no nightly job begins. SheetJS puts midnight there in zones whose clocks were some seconds apart
from today's in 1899, as Detroit's were."""

FIRST_1900, FIRST_1904 = date(1899, 12, 30), date(1904, 1, 1)
"""Day 0 of a spreadsheet's serial dates, by the calendar of its workbook; right from 1900-03-01 on."""


class DateColumn:
    """What the dates of a column say about their order. `observe` every cell, then ask `plain`."""

    def __init__(self, *, first: date = FIRST_1900, typed: bool = False) -> None:
        """`first` is day 0 of serial dates; `typed`: the cells come from a spreadsheet, which may have taken texts for dates."""
        self._first, self._typed = first, typed
        self._day_first = self._month_first = self._late_days = False
        self._sample: datetime | None = None
        self._may_be_short, self._on_several_days = typed, False

    def observe(self, text: str) -> None:
        """Note what a cell says about the order."""
        if self._may_be_short and (moment := self._moment(text.strip())) is not None:
            self._note_time(moment)
        if found := _TWO_FIRST.fullmatch(text.strip()):
            self._day_first |= int(found[1]) > 12
            self._month_first |= int(found[3]) > 12
        elif not self._late_days and (found := _YEAR_FIRST.fullmatch(text)):
            self._late_days = int(found[3]) > 12

    def plain(self, text: str) -> str:
        """Return the date of a cell, year first; the cell as it is if nothing tells what day it is, or if it is no date."""
        stripped = text.strip()
        if self._may_be_short and self._on_several_days and (moment := self._moment(stripped)) is not None:
            text = stripped = (moment.date() + timedelta(days=1)).isoformat()
        if found := _YEAR_FIRST.fullmatch(stripped):
            return self._maybe_swapped(found, text)
        if found := _TWO_FIRST.fullmatch(stripped):
            days = readings(stripped)
            if len(days) == 2 and self._day_first != self._month_first:
                days = days[:1] if self._day_first else days[1:]
            return days[0].isoformat() if len(days) == 1 else text
        if _SERIAL.fullmatch(stripped):
            return (self._first + timedelta(days=int(float(stripped)))).isoformat()
        named = _DAY_NAMED.fullmatch(stripped) or _MONTH_NAMED.fullmatch(stripped)
        return (named and _named(named[1], named[2], named[3])) or text

    def _note_time(self, moment: datetime) -> None:
        """Note the time of a date: if all have one just short of midnight, on several days, they are of the days that follow."""
        sample = self._sample = self._sample or moment
        first, last = _SHORT_OF_MIDNIGHT
        is_short = first <= moment.time() <= last and moment.date() < date.max
        self._may_be_short = is_short and moment.time() == sample.time()
        self._on_several_days |= moment.date() != sample.date()

    def _moment(self, text: str) -> datetime | None:
        """Return the date of a spreadsheet's cell with its time, None for another cell."""
        if _SERIAL.fullmatch(text):
            return datetime.combine(self._first, time()) + timedelta(seconds=round(float(text) * 24 * 3600))
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None

    def _maybe_swapped(self, found: re.Match[str], text: str) -> str:
        """Return a date year first. A spreadsheet that took `03/04/2026` for a date and left `23/04/2026` a text has swapped day
        and month: such dates are given back as they were typed."""
        swapped = self._typed and self._day_first != self._month_first and not self._late_days
        if not swapped or found[2] == found[3] or int(found[3]) > 12:
            return text
        year, month, day = found.groups()
        return f"{month}/{day}/{year}" if self._day_first else f"{day}/{month}/{year}"


def readings(text: str) -> tuple[date, ...]:
    """Return the days that a date with its year last may mean: first with the day first, then with the month first."""
    found = _TWO_FIRST.fullmatch(text.strip())
    if found is None:
        return ()
    one, two, year = int(found[1]), int(found[3]), int(found[4])
    days: dict[date, None] = {}
    for month, day in ((two, one), (one, two)):
        try:
            days[date(year, month, day)] = None
        except ValueError:
            continue
    return tuple(days)


def _named(one: str, two: str, year: str) -> str | None:
    name, day = (one, two) if one.isalpha() else (two, one)
    month = _NAMES.get(name.casefold())
    try:
        return date(int(year), month, int(day)).isoformat() if month else None
    except ValueError:
        return None
