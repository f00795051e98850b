"""What the words of a due time mean, before a calendar is asked: the tokens that the patterns of each language build."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desk.core.values import Due


class DayPart(Enum):
    """A part of the day and the hours (of 24) that can be meant by an hour said in it."""

    SMALL_HOURS = "small hours"
    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    DUSK = "dusk"
    EVENING = "evening"
    NIGHT = "night"
    DEEP_NIGHT = "deep night"
    AM = "am"
    PM = "pm"

    @property
    def hours(self) -> range:
        return _HOURS[self]

    @property
    def typical_hour(self) -> int:
        """An hour to offer when the part alone was said."""
        return _TYPICAL_HOURS[self]


_HOURS = {
    DayPart.SMALL_HOURS: range(7),
    DayPart.MORNING: range(1, 12),
    DayPart.NOON: range(11, 15),
    DayPart.AFTERNOON: range(12, 20),
    DayPart.DUSK: range(16, 21),
    DayPart.EVENING: range(17, 24),
    DayPart.NIGHT: range(17, 24),
    DayPart.DEEP_NIGHT: range(20, 24),
    DayPart.AM: range(12),
    DayPart.PM: range(12, 24),
}
_TYPICAL_HOURS = {
    DayPart.SMALL_HOURS: 6,
    DayPart.MORNING: 9,
    DayPart.NOON: 12,
    DayPart.AFTERNOON: 15,
    DayPart.DUSK: 18,
    DayPart.EVENING: 20,
    DayPart.NIGHT: 20,
    DayPart.DEEP_NIGHT: 22,
    DayPart.AM: 9,
    DayPart.PM: 15,
}


@dataclass(frozen=True, slots=True)
class DaysAhead:
    """So many calendar days from today (`明天`, `in 2 weeks`); `part` where the word holds one (`今晚`, `tonight`)."""

    days: int
    part: DayPart | None = None


@dataclass(frozen=True, slots=True)
class MonthsAhead:
    """The same day so many months on, or that month's last."""

    months: int


@dataclass(frozen=True, slots=True)
class Weekday:
    """Monday is 0. `week` counts calendar weeks from this one; None is the next such day to come."""

    day: int
    week: int | None = None


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of a month by name or number. Without `year` or `years_ahead` (1 is next year) it is the next one to come."""

    month: int
    day: int
    year: int | None = None
    years_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day of the month so many months on; None: of the next month that has it."""

    day: int
    months_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The last day of the month so many months on, or of a named month."""

    months_ahead: int = 0
    month: int | None = None
    year: int | None = None
    years_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class SlashDate:
    """`3/4`, `1-12`, `15/12/2026`: numbers in no certain order."""

    first: int
    second: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day. `half` is am or pm; `padded` a leading zero, which makes it a 24-hour clock; `hour_only` says no minutes."""

    hour: int
    minute: int = 0
    meridiem: str | None = None
    part: DayPart | None = None
    padded: bool = False
    hour_only: bool = False


@dataclass(frozen=True, slots=True)
class Midnight:
    """Midnight by name, of which nobody knows which day it ends."""


@dataclass(frozen=True, slots=True)
class DayPartName:
    """A part of the day; a time must stand beside it. `may_follow` when it may follow its time (`9 in the morning`)."""

    part: DayPart
    may_follow: bool = False
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """`eod`: the day itself, without a time."""


@dataclass(frozen=True, slots=True)
class MinutesAhead:
    """So many minutes from now, by the clock on the wall of nobody."""

    minutes: int


@dataclass(frozen=True, slots=True)
class MinutesOrMonths:
    """`3m`."""

    count: int


@dataclass(frozen=True, slots=True)
class BareNumber:
    """A number from 0 to 24 and nothing else."""

    hour: int
    minute: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Words about time that are understood and are no due time; `examples` are forms that would be.

    `length` marks a mere length (`3天`): behind a date or a time it is somebody's note. `clock` marks what can only be said of
    a time of day (`九到十点`): behind a date it is refused too, where other words begin the note.
    """

    code: str
    examples: tuple[str, ...] = ()
    is_length: bool = False
    about_time: bool = False


DateToken = DaysAhead | MonthsAhead | Weekday | MonthDay | DayOfMonth | MonthEnd | SlashDate
TimeToken = ClockTime | Midnight
DurationToken = MinutesAhead | MinutesOrMonths
Token = DateToken | TimeToken | DurationToken | DayPartName | EndOfDay | BareNumber | Refusal


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words and what they mean; `build` gives None for words of the right shape that mean nothing (`五六月`)."""

    regex: re.Pattern[str]
    build: Callable[[re.Match[str]], Token | None]


def pattern(regex: str, build: Callable[[re.Match[str]], Token | None]) -> Pattern:
    """A pattern from the text of its expression, which is matched against normalised text."""
    return Pattern(re.compile(regex), build)


class RefusedError(Exception):
    """A due time that is understood and refused. `offers` are the due times that it may have meant, or that come nearest."""

    def __init__(self, code: str, offers: tuple[Due, ...] = (), examples: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.offers = offers
        self.examples = examples
