"""Durations from now in English (`in 2h`, `2d`), and phrases about time that are not a due time (`next week`).

The latter are listed so that they are refused with a reason and never read in part.
"""

import re

from handlers.grammar.due.lexicon.english import HOURS, MONTHS, TODAY, any_of
from handlers.grammar.due.lexicon.numeric import whole_minutes
from handlers.grammar.due.tokens import DaysAhead, MinutesAhead, MinutesOrMonths, MonthsAhead, Refusal, Token, pattern

_NUMBERS = HOURS | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45}
_NUMBERS |= {"sixty": 60, "ninety": 90}
_UNITS = {
    "minutes": "minutes minute mins min m",
    "hours": "hours hour hrs hr h",
    "days": "days day d",
    "weeks": "weeks week wks wk w",
    "fortnights": "fortnights fortnight",
    "months": "months month mths mth mos mo",
    "years": "years year yrs yr y",
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names.split()}
_SIZES = {
    "minutes": (MinutesAhead, 1),
    "hours": (MinutesAhead, 60),
    "months": (MonthsAhead, 1),
    "years": (MonthsAhead, 12),
}
_SIZES |= {"days": (DaysAhead, 1), "weeks": (DaysAhead, 7), "fortnights": (DaysAhead, 14)}

_FROM_NOW = r"(?:(?:['’]s|['’])?\s+time|\s+(?:from\s+(?:now|today)|later|hence))(?![a-z])"
_COUNT = rf"(?P<n>[0-9]{{1,4}}|{any_of(_NUMBERS)}(?=\s))"
_HOURS_WORD = f"(?:{any_of(_UNITS['hours'].split())})"
_MINUTES_WORD = f"(?:{any_of(_UNITS['minutes'].split())})"

# Many people write "10h30" for a time of day; "2h30" as a time of day would be refused anyway.
_CLOCK_HOURS = range(8, 24)

# A length that belongs to the words after it: "2 days late", "3 months of statements", "2 hours each".
_LENGTH_CONTINUES = re.compile(
    r"\s+(?:late|overdue|ago|before|after|of|past|old|since|left|max|notice|each|per|or|to|and)(?![a-z])|-[a-z]"
)


def _duration_regex(regex: str) -> str:
    """Return the regex of a duration with the words that make it start now: `in …`, `+…`, `… from now`."""
    return rf"(?P<before>in\s+(?:about\s+)?|\+\s*)?(?:{regex})(?![a-z])(?P<after>{_FROM_NOW})?"


def _duration(match: re.Match[str], token: Token | None) -> Token | None:
    """Return the token of a duration; alone it must be in digits (`2d`), as words need `in` or `from now` (`in a week`)."""
    if (match["before"] or "").endswith("about "):
        return Refusal("due_range", ("in 2 hours",))
    if token is None or match["before"] or match["after"]:
        return token
    if match[0][0].isdecimal() and not _LENGTH_CONTINUES.match(match.string, match.end()):
        return token
    return Refusal("due_range", (f"in {match[0]}",), is_length=True)


def _counted_units(match: re.Match[str]) -> Token | None:
    count, unit = match["n"], match["unit"]
    if not count.isdecimal() and not _agrees(count, unit):
        return None
    return _duration(match, _duration_token(_count(count), unit)) if _count(count) else None


def _agrees(number: str, unit: str) -> bool:
    """Return whether a number word agrees with its unit: `an hour`, `a week`, `two days`; not `a weeks`, `an d`."""
    if len(unit) == 1:
        return False
    if number in ("a", "an"):
        return not unit.endswith("s") and (number == "an") == unit.startswith("h")
    return True


def _duration_token(count: int, unit: str) -> Token:
    if unit == "m" and count <= 12:
        return MinutesOrMonths(count)
    kind, size = _SIZES[_UNIT_OF[unit]]
    return kind(count * size)


def _decimal_hours(match: re.Match[str]) -> Token | None:
    minutes = whole_minutes(match["n"])
    return _duration(match, MinutesAhead(minutes)) if minutes else None


def _hours_and_minutes(match: re.Match[str]) -> Token | None:
    hours, minutes = _count(match["n"]), int(match["minutes"] or match["glued"])
    if match["glued"] and hours in _CLOCK_HOURS and not (match["before"] or match["after"]):
        return Refusal("due_ambiguous", (f"in {match[0]}", f"{hours}:{minutes:02}"))
    return _duration(match, MinutesAhead(hours * 60 + minutes)) if minutes < 60 else None


def _hours_and_a_half(match: re.Match[str]) -> Token | None:
    return _duration(match, MinutesAhead(_count(match["n"]) * 60 + 30))


def _count(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _week(match: re.Match[str]) -> Token:
    if re.search("month|quarter|year", match[0]):
        return _MONTH_REFUSAL
    return Refusal("due_range", ("next mon", "next fri"))


_LONG_MONTHS = any_of([name for name in MONTHS if name not in ("may", "march", "mar")])
_PERIOD = r"(?:weekend|week|month|year|quarter|wk)"
_SPAN = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)"
_WHICH = r"(?:this|next|coming|the)"
_MONTH_REFUSAL = Refusal("due_range", ("end of month", "the 5th of next month"))
_VAGUE_REFUSAL = Refusal("due_range", ("in 2 hours", "tomorrow"))
_PAST_REFUSAL = Refusal("due_past", ("today", "tomorrow"))

PATTERNS = (
    pattern(_duration_regex(rf"{_COUNT}\s*(?P<unit>{any_of(_UNIT_OF)})"), _counted_units),
    pattern(_duration_regex(rf"(?P<n>[0-9]{{1,3}}\.[0-9]{{1,2}})\s*{_HOURS_WORD}"), _decimal_hours),
    pattern(
        _duration_regex(
            rf"{_COUNT}\s*{_HOURS_WORD}(?:(?:\s+and)?\s*(?P<minutes>[0-9]{{1,2}})\s*{_MINUTES_WORD}|(?P<glued>[0-5][0-9]))"
        ),
        _hours_and_minutes,
    ),
    pattern(_duration_regex(rf"{_COUNT}\s*{_HOURS_WORD}\s+and\s+a\s+half"), _hours_and_a_half),
    pattern(
        _duration_regex(r"(?P<n>[0-9]{1,3}|one|two|three|four|five|six)\s+and\s+a\s+half\s+hours"), _hours_and_a_half
    ),
    pattern(
        _duration_regex(r"half\s+an?\s+(?:hour|hr)|(?:a\s+)?half[\s-]+(?:hour|hr)"),
        lambda m: _duration(m, MinutesAhead(30)),
    ),
    pattern(_duration_regex(r"a\s+quarter\s+of\s+an\s+hour"), lambda m: _duration(m, MinutesAhead(15))),
    pattern(_duration_regex(r"three\s+quarters\s+of\s+an\s+hour"), lambda m: _duration(m, MinutesAhead(45))),
    pattern(rf"(?:{_COUNT}|a\s+few)\s*{any_of(_UNIT_OF)}\s+(?:ago|late|overdue|old|past)", _PAST_REFUSAL),
    pattern(
        rf"(?:in\s+)?{_COUNT}\s*(?:-|–|to|or)\s*(?:[0-9]+|{any_of(_NUMBERS)})\s*{any_of(_UNIT_OF)}(?![a-z])",
        _VAGUE_REFUSAL,
    ),
    pattern(
        rf"yesterday|last\s+(?:night|{_PERIOD}|{_SPAN}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)",
        _PAST_REFUSAL,
    ),
    pattern(
        rf"(?:(?:early|late|mid|later|sometime|some\s+time)\s+)?{_WHICH}\s+(?:working\s+|business\s+)?{_PERIOD}", _week
    ),
    pattern(
        r"(?:(?:on|at|over|during)\s+)?(?:the\s+)?weekend|"
        r"next\s+(?:working|business)\s+day|next\s+day|the\s+(?:week|month|day)\s+after(?:\s+next)?",
        _week,
    ),
    pattern(
        rf"(?:in|over|within|for|next|the\s+next)\s+(?:the\s+)?(?:a\s+)?(?:few|couple(?:\s+of)?|several|some)\s+{_SPAN}",
        _VAGUE_REFUSAL,
    ),
    pattern(rf"(?:a\s+)?(?:few|couple\s+of|several)\s+{_SPAN}(?:\s+(?:later|from\s+now))?", _VAGUE_REFUSAL),
    pattern(rf"next\s+(?:[0-9]+|two|three|four|five)\s+{_SPAN}", _VAGUE_REFUSAL),
    pattern(rf"(?:in\s+)?{_COUNT}\s+(?:working|business|bank)\s+days?", _VAGUE_REFUSAL),
    pattern(
        rf"(?:beginning|start|middle|mid|early|late)[\s-]+(?:of\s+)?(?:the\s+)?(?:(?:this|next)\s+)?(?:{_PERIOD}|{any_of(MONTHS)})",
        _MONTH_REFUSAL,
    ),
    pattern(r"end\s+of\s+(?:the\s+|this\s+|next\s+)?(?:week|quarter|wk)|(?:at\s+)?eow|eoq|mid-?month", _MONTH_REFUSAL),
    pattern(rf"(?:(?:in|next|this|early|mid|late)\s+){any_of(MONTHS)}(?:\s+[0-9]{{4}})?", _MONTH_REFUSAL),
    pattern(rf"{_LONG_MONTHS}(?:\s+[0-9]{{4}})?", _MONTH_REFUSAL),
    pattern(
        r"christmas|new\s+year|easter|thanksgiving|soon|asap|immediately|later(?:\s+(?:today|tonight|this\s+(?:week|month)))?|sometime|some\s+time|one\s+of\s+these\s+days",
        _VAGUE_REFUSAL,
    ),
    pattern(
        rf"(?:later|sometime)\s+{any_of(TODAY)}|one\s+day|some\s*day|in\s+a\s+(?:bit|while|moment)", _VAGUE_REFUSAL
    ),
    pattern(
        r"(?:after|before|at|during|over)\s+(?:lunch|dinner|breakfast|work|office\s+hours|hours)|lunchtime",
        Refusal("due_part_of_day", ("tomorrow 9:00", "tomorrow 18:00"), about_time=True),
    ),
)
