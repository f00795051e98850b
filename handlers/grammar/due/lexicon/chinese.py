"""Dates and times of day in Chinese."""

import re

from handlers.grammar.due.lexicon.numeric import (
    CHINESE_NUMBER,
    DAY_PART_PREFIX,
    DAY_PARTS,
    MEASURE_WORDS,
    chinese_number,
    chinese_year,
)
from handlers.grammar.due.tokens import (
    ClockTime,
    DayOfMonth,
    DayPart,
    DayPartName,
    DaysAhead,
    Midnight,
    MonthDay,
    MonthEnd,
    Token,
    Weekday,
    pattern,
)

_ON = "(?:[在于]\\s*)?"
_DAYS = {"今": 0, "明": 1, "后": 2, "大后": 3}
_WEEKDAYS = {
    name: day for day, names in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7")) for name in names
}
_YEARS = {"今": 0, "本": 0, "明": 1, "后": 2, "去": -1}

# People also type "周5"; "周5点" and "周5个" mean something else.
_WEEKDAY = f"(?:周|星期|礼拜)(?P<day>[一二三四五六日天]|[1-7](?!\\s*[{MEASURE_WORDS}点时:∶./-])(?![0-9]))"
_WEEK = "(?P<ahead>下+个?|本|这个?)"
_WHICH_MONTH = "下+个?|本|这个?|当"
_MONTH = f"(?P<ahead>{_WHICH_MONTH})月(?:\\s*的)?\\s*"
_YEAR = "(?:(?:(?P<year>[0-9]{4}|[零〇一二三四五六七八九]{4})|(?P<years>[今明后本去]))\\s*年(?:\\s*的)?\\s*)?"
_MONTH_NUMBER = f"(?P<month>(?!两){CHINESE_NUMBER})\\s*月(?:份)?"
# "2号线" and "3号楼" are places, "5日元" is money.
_DAY_NUMBER = f"(?P<day>(?!两){CHINESE_NUMBER})\\s*(?:号(?![楼线码店门机车院库])|日(?![元币]))"
_LAST = "的?最后一天"

# "3点后天…" may mean "after 3".
_NOT_AFTER = "(?<![点时分半整刻0-9])"
_REST_OF_DATE = "[0-9]?\\s*月|[0-9]{3}\\s*[年./-]"
_SHORT_PARTS = ("早上", "早", "晨", "上午", "中午", "下午", "晚上", "晚", "夜")
_SHORT_MINUTE = "[0-5][0-9]|十[一二三四五六七八九]|[二三四五]十[一二三四五六七八九]?|[零〇][一二三四五六七八九]"
_LONG_PARTS = tuple(name for name in DAY_PARTS if len(name) > 1 and name not in ("正午", "晌午", "午夜"))


def _day(match: re.Match[str]) -> Token:
    return DaysAhead(_DAYS[match[1]])


def _day_and_part(match: re.Match[str]) -> Token:
    part = DayPart.MORNING if match[2] == "晨" else DAY_PARTS[match[2]]
    return DaysAhead(_DAYS[match[1]], part)


def _periods_ahead(match: re.Match[str]) -> int | None:
    """Return how many weeks or months ahead the match says (下下 is 2, 本 is 0), or None."""
    return None if match["ahead"] is None else match["ahead"].count("下")


def _weekday(match: re.Match[str]) -> Token:
    return Weekday(_WEEKDAYS[match["day"]], _periods_ahead(match))


def _weekday_alone(match: re.Match[str]) -> Token:
    return Weekday(_WEEKDAYS[match["day"]])


def _weekday_of_week(match: re.Match[str]) -> Token:
    return Weekday(_WEEKDAYS[match["day"]], 1 if match["which"] == "next" else 0)


def _month_day(match: re.Match[str]) -> Token | None:
    month, day = chinese_number(match["month"]), chinese_number(match["day"])
    return None if month is None or day is None else MonthDay(month, day, _year(match), _years_ahead(match))


def _year(match: re.Match[str]) -> int | None:
    return chinese_year(match["year"]) if match["year"] else None


def _years_ahead(match: re.Match[str]) -> int | None:
    return _YEARS[match["years"]] if match["years"] else None


def _day_of_month(match: re.Match[str]) -> Token | None:
    day = chinese_number(match["day"])
    return None if day is None else DayOfMonth(day, _periods_ahead(match))


def _month_end(match: re.Match[str]) -> Token:
    return MonthEnd(_periods_ahead(match) or 0)


def _named_month_end(match: re.Match[str]) -> Token | None:
    month = chinese_number(match["month"])
    return None if month is None else MonthEnd(month=month, year=_year(match), years_ahead=_years_ahead(match))


def _year_end(match: re.Match[str]) -> Token:
    year, years_ahead = _year(match), _years_ahead(match)
    return MonthDay(12, 31, year, years_ahead if year or years_ahead is not None else 0)


def _clock(match: re.Match[str]) -> Token | None:
    hour, minute, part = chinese_number(match["hour"]), _minute(match), match["part"]
    if hour is None or minute is None or (part in ("早", "晚") and match["hour"] == "一"):
        return None  # "早一点" means "a little earlier"
    padded = len(match["hour"]) > 1 and match["hour"].startswith("0")
    hour_only = not any(match[name] for name in ("half", "quarter", "minute", "short"))
    return ClockTime(hour, minute, part=DAY_PARTS[part] if part else None, padded=padded, hour_only=hour_only)


def _minute(match: re.Match[str]) -> int | None:
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 * (chinese_number(match["quarter"]) or 0)
    minute = match["minute"] or match["short"]
    return chinese_number(minute) if minute else 0


def _part(match: re.Match[str]) -> Token:
    return DayPartName(DAY_PARTS[match[1]])


PATTERNS = (
    pattern(f"{_ON}(大后|今|明|{_NOT_AFTER}后)(?:天|日|儿)", _day),
    pattern(f"{_ON}(今|明)({'|'.join(_SHORT_PARTS)})(?!饭|一点)", _day_and_part),
    pattern(f"{_ON}{_NOT_AFTER}(后)(早|晚)(?![上饭些]|一?点)", _day_and_part),
    pattern(f"{_ON}(?:{_WEEK}(?:(?:周|星期|礼拜)(?:\\s*的)?\\s*)?)?{_WEEKDAY}", _weekday),
    pattern(f"\\(\\s*{_WEEKDAY}\\s*\\)", _weekday_alone),
    pattern(f"(?P<which>next|this)\\s*{_WEEKDAY}", _weekday_of_week),
    pattern(f"{_ON}{_YEAR}{_MONTH_NUMBER}(?:\\s*的)?\\s*{_DAY_NUMBER}", _month_day),
    pattern(f"{_ON}{_YEAR}{_MONTH_NUMBER}(?P<day>[0-9]{{1,2}})(?!\\s*[{MEASURE_WORDS}点时分])(?![:∶./])", _month_day),
    pattern(f"{_ON}(?:{_MONTH})?{_DAY_NUMBER}", _day_of_month),
    pattern(f"{_ON}(?:(?P<ahead>{_WHICH_MONTH})(?:月的?)?)?月[底末](?:{_LAST})?", _month_end),
    pattern(f"{_ON}(?P<ahead>{_WHICH_MONTH})月{_LAST}", _month_end),
    pattern(f"{_ON}{_YEAR}{_MONTH_NUMBER}(?:月?[底末]|{_LAST})", _named_month_end),
    pattern(f"{_ON}{_YEAR}年[底末]", _year_end),
    pattern(f"{_ON}(?P<year>[0-9]{{4}})?(?P<years>[今明后本])?年(?:[底末]|{_LAST})", _year_end),
    pattern(
        f"{_ON}{DAY_PART_PREFIX}(?P<hour>{CHINESE_NUMBER})\\s*(?:点[钟整]|时整|(?:点|时(?![间候段期刻限效]))"
        f"(?:\\s*(?P<half>半)|\\s*(?P<quarter>[一二两三1-3])刻钟?|\\s*零?(?P<minute>{CHINESE_NUMBER})分(?![钟期行部公红之])"
        f"|(?P<short>{_SHORT_MINUTE})(?![{MEASURE_WORDS}0-9点时分多]))?整?)",
        _clock,
    ),
    pattern(f"{_ON}(?:中午|正午|晌午)(?!\\s*[0-9](?!{_REST_OF_DATE}))", ClockTime(12, part=DayPart.NOON)),
    pattern(f"{_ON}(?:午夜|子夜)", Midnight()),
    pattern(f"{_ON}({'|'.join(_LONG_PARTS)})", _part),
)
