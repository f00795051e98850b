"""Dates and times of day in English."""

import re
from collections.abc import Iterable

from handlers.grammar.due.lexicon.numeric import AT, MERIDIEM, meridiem
from handlers.grammar.due.tokens import (
    ClockTime,
    DayOfMonth,
    DayPart,
    DayPartName,
    DaysAhead,
    EndOfDay,
    Midnight,
    MonthDay,
    MonthEnd,
    Refusal,
    Token,
    Weekday,
    pattern,
)


def _numbered(groups: str, start: int) -> dict[str, int]:
    """Map each name to the number of its group; commas separate groups, blanks the names in them."""
    return {name: number for number, group in enumerate(groups.split(","), start) for name in group.split()}


WEEKDAYS = _numbered(
    "monday mon, tuesday tues tue, wednesday weds wed, thursday thurs thur thu, friday fri, saturday sat, sunday sun", 0
)
MONTHS = _numbered(
    "january jan, february feb, march mar, april apr, may, june jun, july jul, august aug, september sept sep, "
    "october oct, november nov, december dec",
    1,
)
HOURS = _numbered("one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve", 1)
TODAY = ("today", "tdy", "2day")
TOMORROW = ("tomorrow", "tmrw", "tmr", "tmw", "tomo", "2moro", "2mrw")
_PARTS = {
    "morning": DayPart.MORNING,
    "morn": DayPart.MORNING,
    "afternoon": DayPart.AFTERNOON,
    "arvo": DayPart.AFTERNOON,
}
_PARTS |= {"evening": DayPart.EVENING, "eve": DayPart.EVENING, "night": DayPart.NIGHT, "nite": DayPart.NIGHT}
_MERIDIEMS = {"a": DayPart.AM, "p": DayPart.PM}
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def any_of(names: Iterable[object]) -> str:
    """Return a regex that matches any of the words, the longest first."""
    return f"(?:{'|'.join(sorted(map(str, names), key=len, reverse=True))})"


_ON = r"(?:on\s+)?(?:the\s+)?"
_DAY = rf"(?P<weekday>{any_of(WEEKDAYS)})(?![a-z])\.?"
_MONTH = rf"(?P<month>{any_of(MONTHS)})(?![a-z])\.?"
_YEAR = r"(?:(?:\s*[-/,]\s*|\s+)?(?P<year>(?:19|20|21)[0-9]{2})(?![0-9:]))?"
_NTH = r"(?P<day>[0-9]{1,2})(?P<nth>st|nd|rd|th)"
_MAYBE_NTH = _NTH + "?"
_HOUR = rf"(?P<hour>[0-9]{{1,2}}|{any_of(HOURS)})"
_NEXT = r"(?P<next>next|this)"
_PART = f"(?P<part>{any_of(_PARTS)})(?![a-z])"


def _hour(match: re.Match[str]) -> int:
    return HOURS.get(match["hour"]) or int(match["hour"])


def _day_number(match: re.Match[str]) -> int | None:
    """Return the day if its ordinal suffix is correct (`2nd`, not `2th`)."""
    day = int(match["day"])
    return day if match["nth"] in (None, _ORDINALS.get(day, "th")) else None


def _weekday(match: re.Match[str]) -> Token:
    return Weekday(WEEKDAYS[match["weekday"]])


def _weekday_of_week(match: re.Match[str]) -> Token:
    return Weekday(WEEKDAYS[match["weekday"]], 1 if match["next"] == "next" else 0)


def _month_day(match: re.Match[str]) -> Token | None:
    day = _day_number(match)
    year = int(match["year"]) if match["year"] else None
    return None if day is None else MonthDay(MONTHS[match["month"]], day, year)


def _day_of_month(match: re.Match[str]) -> Token | None:
    day = _day_number(match)
    return None if day is None else DayOfMonth(day)


def _day_of_next_month(match: re.Match[str]) -> Token | None:
    day = _day_number(match)
    return None if day is None else DayOfMonth(day, 1 if match["next"] == "next" else 0)


def _month_end(match: re.Match[str]) -> Token:
    return MonthEnd(1 if match["next"] == "next" else 0)


def _named_month_end(match: re.Match[str]) -> Token:
    return MonthEnd(month=MONTHS[match["month"]], year=int(match["year"]) if match["year"] else None)


def _year_end(match: re.Match[str]) -> Token:
    return MonthDay(12, 31, years_ahead=1 if match["next"] == "next" else 0)


def _hour_with_meridiem(match: re.Match[str]) -> Token:
    digits = match["hour"]
    return ClockTime(_hour(match), meridiem=meridiem(match), padded=digits.startswith("0"), hour_only=True)


def _hour_alone(match: re.Match[str]) -> Token | None:
    hour = _hour(match)
    return ClockTime(hour, padded=match["hour"].startswith("0"), hour_only=True) if hour <= 24 else None


def _past_or_to(match: re.Match[str]) -> Token | None:
    hour, am_or_pm = _hour(match), meridiem(match)
    if not 1 <= hour <= 12:
        return None
    if match["where"] != "to":
        return ClockTime(hour, 30 if match["share"] == "half" else 15, am_or_pm)
    if match["share"] == "half" or (hour == 12 and am_or_pm):
        return None
    return ClockTime(12 if hour == 1 else hour - 1, 45, am_or_pm)


def _part(match: re.Match[str]) -> Token:
    # After a time, "eve" may be a name: `7pm fri Eve picks up the keys`.
    return DayPartName(_PARTS[match["part"]], may_follow=match["part"] != "eve")


def _meridiem_alone(match: re.Match[str]) -> Token:
    return DayPartName(_MERIDIEMS[match["meridiem"]])


def _part_phrase(match: re.Match[str]) -> Token:
    return DayPartName(_PARTS[match["part"]], may_follow=True, phrase=True)


def _part_of_today(match: re.Match[str]) -> Token:
    return DaysAhead(0, _PARTS[match["part"]])


def _short_year(match: re.Match[str]) -> Token:
    return Refusal("due_bare_number", (f"{match['date']} 20{match['year']}",))


PATTERNS = (
    pattern(any_of(TODAY), DaysAhead(0)),
    pattern(any_of(TOMORROW), DaysAhead(1)),
    pattern(rf"(?:the\s+)?day\s+after\s+{any_of(TOMORROW)}", DaysAhead(2)),
    pattern("tonight|tonite|2nite|this night", DaysAhead(0, DayPart.NIGHT)),
    pattern(rf"this\s+{_PART}", _part_of_today),
    pattern(rf"{_ON}(?:this\s+coming\s+|coming\s+)?{_DAY}", _weekday),
    pattern(rf"{_ON}\(\s*{_DAY}\s*\)", _weekday),
    pattern(rf"{_ON}{_NEXT}\s+{_DAY}", _weekday_of_week),
    pattern(rf"{_ON}{_DAY}\s+(?:of\s+)?{_NEXT}\s+(?:week|wk)", _weekday_of_week),
    pattern(rf"{_NEXT}\s+(?:week|wk)(?:\s+on)?\s+{_DAY}", _weekday_of_week),
    pattern(rf"{_ON}{_MONTH}[\s-]*(?:the\s+)?{_MAYBE_NTH}(?!\s*[:.][0-9]){_YEAR}", _month_day),
    pattern(rf"{_ON}{_MAYBE_NTH}[\s-]*(?:of\s+)?{_MONTH}{_YEAR}", _month_day),
    pattern(
        rf"{_ON}(?P<date>{any_of(MONTHS)}\.?\s*[0-9]{{1,2}}(?:st|nd|rd|th)?|[0-9]{{1,2}}(?:st|nd|rd|th)?[\s-]*{any_of(MONTHS)})\.?"
        r"[\s,-]+['’]?(?P<year>[2-4][0-9])(?![0-9:.])(?!\s*[ap]\.?m)",
        _short_year,
    ),
    pattern(rf"{_ON}{_NTH}(?:\s+of\s+the\s+month)?", _day_of_month),
    pattern(rf"{_ON}{_NTH}\s+(?:of\s+)?{_NEXT}\s+month", _day_of_next_month),
    pattern(rf"{_NEXT}\s+month(?:\s+on)?\s+(?:the\s+)?{_NTH}", _day_of_next_month),
    pattern(r"(?:at\s+)?(?:the\s+)?(?:end|last\s+day)\s+of\s+(?:the\s+)?(?:(?P<next>next|this)\s+)?month", _month_end),
    pattern(r"(?:at\s+)?(?:(?P<next>next|this)\s+)?month[\s-]end|(?:at\s+)?eom", _month_end),
    pattern(rf"(?:at\s+)?(?:the\s+)?(?:end|last\s+day)\s+of\s+{_MONTH}{_YEAR}", _named_month_end),
    pattern(r"(?:at\s+)?(?:the\s+)?(?:end|last\s+day)\s+of\s+(?:the\s+)?(?:(?P<next>next|this)\s+)?year", _year_end),
    pattern(r"(?:at\s+)?(?:(?P<next>next|this)\s+)?year[\s-]end|(?:at\s+)?eoy", _year_end),
    pattern(r"(?:by\s+|at\s+)?(?:the\s+)?end\s+of\s+(?:the\s+)?day|(?:at\s+|by\s+)?(?:eod|cob)", EndOfDay()),
    pattern(rf"{AT}{_HOUR}{MERIDIEM}(?:\s+sharp)?", _hour_with_meridiem),
    pattern(rf"(?:at\s+|@\s*){_HOUR}(?!\s*[:.∶][0-9])(?:\s+sharp)?", _hour_alone),
    pattern(rf"{AT}{_HOUR}\s*o\s?['’]?\s?clock(?:\s*(?P<meridiem>[ap])\.?m(?![a-z0-9]))?", _hour_with_meridiem),
    pattern(rf"{AT}{_HOUR}(?=\s+(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)(?![a-z]))", _hour_alone),
    pattern(rf"{AT}(?:a\s+)?(?P<share>half|quarter)[\s-]+(?P<where>past|to)[\s-]+{_HOUR}{MERIDIEM}?", _past_or_to),
    pattern(rf"{AT}(?:12(?::00)?\s*)?(?:noon|midday)", ClockTime(12, part=DayPart.NOON)),
    pattern(rf"{AT}(?:12(?::00)?\s*)?midnight", Midnight()),
    pattern(_PART, _part),
    pattern(r"(?P<meridiem>[ap])(?:\.\s?m\.?|m)(?![a-z])", _meridiem_alone),
    pattern(rf"(?:in\s+the\s+{_PART})", _part_phrase),
    pattern(r"at\s+(?P<part>night)", _part_phrase),
)
