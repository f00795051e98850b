"""What the words of a due time mean, before a calendar is asked: the pieces that the patterns of each language build."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desk.core.values import Due


class Part(Enum):
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
    def usual(self) -> int:
        """An hour to offer when the part alone was said."""
        return _USUAL[self]


_HOURS = {
    Part.SMALL_HOURS: range(7),
    Part.MORNING: range(1, 12),
    Part.NOON: range(11, 15),
    Part.AFTERNOON: range(12, 20),
    Part.DUSK: range(16, 21),
    Part.EVENING: range(17, 24),
    Part.NIGHT: range(17, 24),
    Part.DEEP_NIGHT: range(20, 24),
    Part.AM: range(12),
    Part.PM: range(12, 24),
}
_USUAL = {
    Part.SMALL_HOURS: 6,
    Part.MORNING: 9,
    Part.NOON: 12,
    Part.AFTERNOON: 15,
    Part.DUSK: 18,
    Part.EVENING: 20,
    Part.NIGHT: 20,
    Part.DEEP_NIGHT: 22,
    Part.AM: 9,
    Part.PM: 15,
}


@dataclass(frozen=True, slots=True)
class DayAfter:
    """So many calendar days from today (`明天`, `in 2 weeks`); `part` where the word holds one (`今晚`, `tonight`)."""

    days: int
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class MonthsOn:
    """The same day so many months on, or that month's last."""

    months: int


@dataclass(frozen=True, slots=True)
class Weekday:
    """Monday is 0. `week` counts calendar weeks from this one; None is the next such day to come."""

    day: int
    week: int | None = None


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of a month by name or number. Without `year` or `years_on` (1 is next year) it is the next one to come."""

    month: int
    day: int
    year: int | None = None
    years_on: int | None = None


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day of the month so many months on; None: of the next month that has it."""

    day: int
    months_on: int | None = None


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The last day of the month so many months on, or of a named month."""

    months_on: int = 0
    month: int | None = None
    year: int | None = None
    years_on: int | None = None


@dataclass(frozen=True, slots=True)
class SlashDate:
    """`3/4`, `1-12`, `15/12/2026`: numbers in no certain order."""

    first: int
    second: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. `half` is am or pm; `padded` a leading zero, which makes it a 24-hour clock; `spoken` says no minutes."""

    hour: int
    minute: int = 0
    half: str | None = None
    part: Part | None = None
    padded: bool = False
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Midnight:
    """Midnight by name, of which nobody knows which day it ends."""


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """A part of the day; a time must stand beside it. `trails` when it may follow its time (`9 in the morning`)."""

    part: Part
    trails: bool = False
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """`eod`: the day itself, without a time."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """So many minutes from now, by the clock on the wall of nobody."""

    minutes: int


@dataclass(frozen=True, slots=True)
class MinutesOrMonths:
    """`3m`."""

    count: int


@dataclass(frozen=True, slots=True)
class Bare:
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
    length: bool = False
    clock: bool = False


DatePiece = DayAfter | MonthsOn | Weekday | MonthDay | DayOfMonth | MonthEnd | SlashDate
TimePiece = Clock | Midnight
SpanPiece = Elapsed | MinutesOrMonths
Piece = DatePiece | TimePiece | SpanPiece | PartOfDay | EndOfDay | Bare | Refusal


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words and what they mean; `build` gives None for words of the right shape that mean nothing (`五六月`)."""

    regex: re.Pattern[str]
    build: Callable[[re.Match[str]], Piece | None]


def pattern(regex: str, build: Callable[[re.Match[str]], Piece | None]) -> Pattern:
    """A pattern from the text of its expression, which is matched against normalised text."""
    return Pattern(re.compile(regex), build)


class RefusedError(Exception):
    """A due time that is understood and refused. `offers` are the due times that it may have meant, or that come nearest."""

    def __init__(self, code: str, offers: tuple[Due, ...] = (), examples: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.offers = offers
        self.examples = examples
