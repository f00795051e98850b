"""Tokens: what each phrase of a due time means before it is resolved to a date. The lexicon builds them."""

import re
from collections.abc import Callable
from enum import Enum
from functools import cached_property

from desk.core.dataclass import dataclass
from desk.core.values import Due
from handlers.grammar.due.beginnings import beginnings


class DayPart(Enum):
    """A part of the day.

    `hours` are the hours on a 24-hour clock that it can include, `typical_hour` the one to suggest for the part alone.
    """

    SMALL_HOURS = "small hours", range(7), 6
    MORNING = "morning", range(1, 12), 9
    NOON = "noon", range(11, 15), 12
    AFTERNOON = "afternoon", range(12, 20), 15
    DUSK = "dusk", range(16, 21), 18
    EVENING = "evening", range(17, 24), 20
    NIGHT = "night", range(17, 24), 20
    DEEP_NIGHT = "deep night", range(20, 24), 22
    AM = "am", range(12), 9
    PM = "pm", range(12, 24), 15

    def __init__(self, _name: str, hours: range, typical_hour: int) -> None:
        self.hours = hours
        self.typical_hour = typical_hour


@dataclass(frozen=True, slots=True)
class DaysAhead:
    """A number of calendar days from today (`明天`, `in 2 weeks`). `part` is set if the word includes one (`今晚`, `tonight`)."""

    days: int
    part: DayPart | None = None


@dataclass(frozen=True, slots=True)
class MonthsAhead:
    """The same day of the month a number of months from now, or the last day of a shorter month."""

    months: int


@dataclass(frozen=True, slots=True)
class Weekday:
    """A weekday; Monday is 0. `week` counts calendar weeks from the current one; None means the next such day."""

    day: int
    week: int | None = None


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A month and a day. With neither `year` nor `years_ahead` (1 is next year), the next occurrence."""

    month: int
    day: int
    year: int | None = None
    years_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day of the month, a number of months from now; with None, in the next month that has it."""

    day: int
    months_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The last day of the month a number of months from now, or of a named month."""

    months_ahead: int = 0
    month: int | None = None
    year: int | None = None
    years_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class SlashDate:
    """A day and a month in unknown order: `3/4`, `1-12`, `15/12/2026`."""

    first: int
    second: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day.

    `meridiem` is `am` or `pm`. `padded` means that the hour has a leading zero, so it is on a 24-hour clock. `hour_only` means
    that no minutes were given. `behind_date`: only there it is a time of day (`tomorrow 15h30`), elsewhere a duration.
    """

    hour: int
    minute: int = 0
    meridiem: str | None = None
    part: DayPart | None = None
    padded: bool = False
    hour_only: bool = False
    behind_date: bool = False


@dataclass(frozen=True, slots=True)
class Midnight:
    """Midnight by name, which does not say whether it begins or ends the day."""


@dataclass(frozen=True, slots=True)
class DayPartName:
    """A part of the day, which needs a time next to it.

    `may_follow` allows it after the time (`9 tomorrow morning`); `phrase` marks `in the morning`, which always may.
    """

    part: DayPart
    may_follow: bool = False
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """End of day (`eod`): the day itself, without a time."""


@dataclass(frozen=True, slots=True)
class MinutesAhead:
    """A number of minutes from now, in elapsed time."""

    minutes: int


@dataclass(frozen=True, slots=True)
class MinutesOrMonths:
    """A count of either minutes or months: `3m`."""

    count: int


@dataclass(frozen=True, slots=True)
class BareNumber:
    """A number from 0 to 24 with nothing to show that it is an hour."""

    hour: int
    minute: int = 0


@dataclass(frozen=True, slots=True)
class BareDigits:
    """Three or more digits behind a date: perhaps a time without its colon, perhaps an amount. `hour` None: no time of day."""

    hour: int | None = None
    minute: int = 0
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A phrase about time that is not a due time; `code` says why and `examples` are forms that would be accepted.

    `is_length` marks a length of time (`3天`): after a date or time it belongs to the note. `about_time` marks a phrase about
    the time of day (`九到十点`): it is refused even after a date, where other phrases begin the note.
    """

    code: str
    examples: tuple[str, ...] = ()
    is_length: bool = False
    about_time: bool = False


DateToken = DaysAhead | MonthsAhead | Weekday | MonthDay | DayOfMonth | MonthEnd | SlashDate
TimeToken = ClockTime | Midnight
DurationToken = MinutesAhead | MinutesOrMonths
Token = DateToken | TimeToken | DurationToken | DayPartName | EndOfDay | BareNumber | BareDigits | Refusal


class Pattern:
    """An entry of the lexicon. `build` returns None for text of the right form but without meaning (`五六月`)."""

    def __init__(self, source: str, build: Callable[[re.Match[str]], Token | None]) -> None:
        self._source = source
        self.build = build

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled regex. All of them take 0.1 s to compile, and most lines need few."""
        return re.compile(self._source)

    @cached_property
    def beginnings(self) -> frozenset[str] | None:
        """The characters with which what matches can begin, or None for any."""
        return beginnings(self._source)


def pattern(regex: str, meaning: Token | Callable[[re.Match[str]], Token | None]) -> Pattern:
    """Return a lexicon entry. `regex` is matched against normalised text; `meaning` is a token or builds one from the match."""
    if isinstance(meaning, Token):
        return Pattern(regex, lambda _: meaning)
    return Pattern(regex, meaning)


class RefusedError(Exception):
    """A due time that is understood but refused. `offers` are the due times it may have meant, or the nearest valid ones."""

    def __init__(self, code: str, offers: tuple[Due, ...] = (), examples: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.offers = offers
        self.examples = examples
