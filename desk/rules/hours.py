"""When a member works: hours of the day, days of the week, and their zone."""

import re
import unicodedata
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid

MIDNIGHT = time(0)
"""As the end of work or of contact hours: the end of that day (24:00)."""

WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")

_UNKNOWN_ZONE = (ZoneInfoNotFoundError, ValueError, OSError)
"""What ZoneInfo raises for a name that it does not know: of no zone, of none at all, of a folder."""


def known_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of that name, or None if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except _UNKNOWN_ZONE:
        return None


_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NUMBERS = (
    {name: number for number, name in enumerate(_DAY_NAMES)}
    | {name: number for number, name in enumerate(_LONG_DAY_NAMES)}
    | {"tues": 1, "wednes": 2, "thur": 3, "thurs": 3}
    | {name: number for number, name in enumerate("一二三四五六日")}
    | {"天": 6}
)
_DAY_SETS = {
    "weekdays": WEEKDAYS,
    "workdays": WEEKDAYS,
    "工作日": WEEKDAYS,
    "weekends": frozenset({5, 6}),
    "周末": frozenset({5, 6}),
    "daily": EVERY_DAY,
    "all": EVERY_DAY,
    "everyday": EVERY_DAY,
    "每天": EVERY_DAY,
    "每日": EVERY_DAY,
    "天天": EVERY_DAY,
}
_TO = r"(?:-|–|—|~|〜|至|到|to|until)"
_CLOCK = re.compile(
    r"(?P<zh>上午|早上|中午|下午|晚上)?(?P<hour>\d{1,2})"
    r"(?:[:.](?P<minute>\d{2})|[点时](?:(?P<half>半)|(?P<minute_zh>\d{1,2})分?)?)?(?P<en>am|pm)?"
)
_DAY = re.compile(r"(?:周|星期|礼拜)?(?P<zh>[一二三四五六日天])|(?P<en>[a-z]+)\.?")
_NEAREST_HOURS = ("09:00-18:00",)
_NEAREST_DAYS = ("mon-fri", "mon-sat", "mon,wed,fri")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A member's hours, the same on each of their days.

    `days` counts Monday as 0. `end == time(0)` is the end of the day, so around the clock is 00:00 to 00:00.
    Raise `Invalid`: `no_working_days`, or `overnight_hours` because a shift past midnight is not supported.
    """

    start: time
    end: time
    days: frozenset[int]
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not self.days or not self.days <= EVERY_DAY:
            raise Invalid("no_working_days", nearest=_NEAREST_DAYS)
        if self.end != MIDNIGHT and self.end <= self.start:
            raise Invalid("overnight_hours", given=_format_span(self.start, self.end), nearest=_NEAREST_HOURS)

    @property
    def around_the_clock(self) -> bool:
        """Return whether work neither starts nor ends within a day."""
        return self.start == self.end == MIDNIGHT

    @property
    def covers_the_week(self) -> bool:
        """Return whether they work Monday to Friday; such members also work on make-up days."""
        return self.days >= WEEKDAYS


def parse_hours(hours: str, days: str = "mon-fri", zone: ZoneInfo = DEFAULT_ZONE) -> WorkingHours:
    """Parse working hours: `09:00-18:00`, `9点到18点`, `9am-6pm`; `mon-sat`, `周一至周六`, `mon,wed,fri`.

    Raise `Invalid` with `given` and `nearest`: `working_hours` and `working_days` for text that cannot be read,
    `overnight_hours` for a shift past midnight.
    """
    start, end = _parse_span(hours)
    return WorkingHours(start, end, parse_days(days), zone)


def parse_days(text: str) -> frozenset[int]:
    """Parse days of the week, Monday as 0; `sun-thu` and `周日至周四` span the end of the week.

    Raise `Invalid("working_days")` with `given` and `nearest`.
    """
    folded = _fold(text)
    compact = folded.replace(" ", "")
    if compact in _DAY_SETS:
        return _DAY_SETS[compact]
    joined = re.sub(rf"\s*{_TO}\s*", "-", folded)
    days: set[int] = set()
    for part in re.split(r"(?:[\s,、;/]|和|\band\b)+", joined.strip(" ,、;")):
        days |= _parse_day_part(part, text)
    return frozenset(days)


def format_hours(hours: WorkingHours) -> tuple[str, str]:
    """Return the texts that `parse_hours` reads back as the same hours: `("09:00-18:00", "mon-sat")`."""
    return _format_span(hours.start, hours.end), _format_days(hours.days)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _parse_span(text: str) -> tuple[time, time]:
    parts = re.split(_TO, _fold(text).replace(" ", ""))
    if len(parts) != 2:
        raise Invalid("working_hours", given=text, nearest=_NEAREST_HOURS)
    start, end = (_parse_clock(part, text) for part in parts)
    if start == 24 * 60:
        raise Invalid("working_hours", given=text, nearest=_NEAREST_HOURS)
    if end not in (0, 24 * 60) and end <= start:
        raise Invalid("overnight_hours", given=text, nearest=_meant_afternoon(start, end))
    return _clock(start), _clock(end)


def _parse_clock(part: str, given: str) -> int:
    """Parse a time of day into minutes since midnight, 0 to 1440."""
    match = _CLOCK.fullmatch(part)
    if match is None:
        raise Invalid("working_hours", given=given, nearest=_NEAREST_HOURS)
    hour = int(match["hour"])
    minute = 30 if match["half"] else int(match["minute"] or match["minute_zh"] or 0)
    half_day = match["zh"] or match["en"]
    if half_day and not 1 <= hour <= 12:
        raise Invalid("working_hours", given=given, nearest=_NEAREST_HOURS)
    if half_day in ("下午", "晚上", "pm") and hour < 12:
        hour += 12
    if half_day in ("am", "上午", "早上") and hour == 12:
        hour = 0
    if half_day == "晚上" and hour == 12:
        hour = 24
    minutes = hour * 60 + minute
    if minute > 59 or minutes > 24 * 60:
        raise Invalid("working_hours", given=given, nearest=_NEAREST_HOURS)
    return minutes


def _meant_afternoon(start: int, end: int) -> tuple[str, ...]:
    """Return the nearest valid hours: `9-6` usually means 09:00 to 18:00."""
    later = end + 12 * 60
    if start < later <= 24 * 60:
        return (_format_span(_clock(start), _clock(later)),)
    return _NEAREST_HOURS


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _parse_day_part(part: str, given: str) -> frozenset[int]:
    if part in _DAY_SETS:
        return _DAY_SETS[part]
    first, to, last = part.partition("-")
    if not to:
        return _parse_day_run(first, given)
    low, high = _parse_day(first, given), _parse_day(last, given)
    return frozenset((low + offset) % 7 for offset in range((high - low) % 7 + 1))


def _parse_day_run(text: str, given: str) -> frozenset[int]:
    """Parse one day, or several Chinese ones after one prefix: `周一三五`."""
    run = re.fullmatch(r"(?:周|星期|礼拜)([一二三四五六日天]{2,7})", text)
    if run:
        return frozenset(_DAY_NUMBERS[day] for day in run[1])
    return frozenset({_parse_day(text, given)})


def _parse_day(text: str, given: str) -> int:
    match = _DAY.fullmatch(text)
    name = (match["zh"] or match["en"]) if match else ""
    if name not in _DAY_NUMBERS:
        raise Invalid("working_days", given=given, nearest=_NEAREST_DAYS)
    return _DAY_NUMBERS[name]


def _format_span(start: time, end: time) -> str:
    return f"{start:%H:%M}-{'24:00' if end == MIDNIGHT else format(end, '%H:%M')}"


def _format_days(days: frozenset[int]) -> str:
    ordered = sorted(days)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{_DAY_NAMES[ordered[0]]}-{_DAY_NAMES[ordered[-1]]}"
    return ",".join(_DAY_NAMES[day] for day in ordered)
