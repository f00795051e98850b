"""Numbers, and the dates and times that both languages write in digits."""

import re
from datetime import date

from handlers.grammar.due.tokens import (
    BareDigits,
    BareNumber,
    ClockTime,
    DayPart,
    MonthDay,
    Refusal,
    SlashDate,
    Token,
    pattern,
)

CHINESE_NUMBER = "(?:[0-9]{1,3}|[零〇一二两三四五六七八九十]{1,3})"
"""A whole number in digits or Chinese numerals; `chinese_number` converts it."""

_DAY_PARTS = {
    DayPart.SMALL_HOURS: "凌晨",
    DayPart.MORNING: "大清早 一大早 一早 清晨 清早 早晨 早上 早间 上午 午前 早",
    DayPart.NOON: "中午 正午 晌午",
    DayPart.AFTERNOON: "下午 午后",
    DayPart.DUSK: "傍晚 黄昏",
    DayPart.NIGHT: "晚上 晚间 夜晚 夜间 晚 夜",
    DayPart.DEEP_NIGHT: "夜里 深夜 半夜 午夜",
}
DAY_PARTS = {name: part for part, names in _DAY_PARTS.items() for name in names.split()}

DAY_PART_PREFIX = f"(?:(?P<part>{'|'.join(sorted(DAY_PARTS, key=len, reverse=True))})的?\\s*)?"
"""A Chinese part of the day directly before a time."""

MERIDIEM = r"(?:\s*(?P<meridiem>[ap])(?:\.\s?m\.?|m(?![a-z0-9])|(?<=[0-9][ap])(?![a-z0-9'’_-])))"
"""The spellings of am and pm, also as one letter directly behind the digits. The group is `a` or `p`."""

HOURS_AFTER = r"\s*(?:h|hrs?|hours)(?![a-z0-9])"
"""What may follow a time on a 24-hour clock: `15:00h`."""

MONEY_WORDS = r"(?:rmb|cny|yuan|usd|eur|gbp|dollars?|euros?|pounds?|bucks)(?![a-z])|[¥$€£圆]|人民币|美元|欧元|英镑|港币"
"""What makes the number before it an amount of money, besides the measure words."""

AT = r"(?:at\s+|@\s*)?"

# After these words a number is a count and not an hour: "3份".
MEASURE_WORDS = "个份张万千百亿元块月天年次笔期人台辆位条页套成倍楼栋层室号日周件本家名岁季折度"

_DIGITS = {"〇": 0, "两": 2} | {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_TENS = re.compile("([一二三四五六七八九])?十([一二三四五六七八九])?")
_SEPARATOR = r"\s*[-/.,、_‐‑–—−]\s*|\s+"


def chinese_number(text: str) -> int | None:
    """Return the value of digits or of Chinese numerals below one hundred; None for invalid numerals (`一二`)."""
    if text.isdecimal():
        return int(text)
    if len(text) == 1 and text in _DIGITS:
        return _DIGITS[text]
    if len(text) == 2 and text[0] in "零〇" and text[1] in _DIGITS:
        return _DIGITS[text[1]]
    if tens := _TENS.fullmatch(text):
        return 10 * _DIGITS.get(tens[1] or "一", 1) + (_DIGITS[tens[2]] if tens[2] else 0)
    return None


def chinese_year(text: str) -> int | None:
    """Return a year of four digits or four Chinese numerals (`二〇二七`)."""
    digits = "".join(str(_DIGITS.get(character, character)) for character in text)
    return int(digits) if len(digits) == 4 and digits.isdecimal() else None


def whole_minutes(hours: str) -> int | None:
    """Convert decimal hours to minutes; return None if they are not whole: `1.5` is 90, `1.33` is None."""
    whole, _, fraction = hours.partition(".")
    minutes, rest = divmod(int(fraction or 0) * 60, 10 ** len(fraction))
    return None if rest else int(whole) * 60 + minutes


def meridiem(match: re.Match[str]) -> str | None:
    """Return `am` or `pm`, or None if the match has neither."""
    return {"a": "am", "p": "pm"}.get(match["meridiem"] or "")


def _year_first(match: re.Match[str]) -> Token:
    return MonthDay(int(match[3]), int(match[4]), year=int(match[1]))


def _compact(match: re.Match[str]) -> Token:
    return MonthDay(int(match[2]), int(match[3]), year=int(match[1]))


def _slash(match: re.Match[str]) -> Token | None:
    first, second = int(match[1]), int(match[3])
    if not any(_exists(month, day) for month, day in ((first, second), (second, first))):
        return None
    year = match[4]
    return SlashDate(first, second, int(year) if year and len(year) == 4 else None)


def _exists(month: int, day: int) -> bool:
    try:
        date(2024, month, day)
    except ValueError:
        return False
    return True


def _clock(match: re.Match[str]) -> Token | None:
    if match["point"] == "." and not match["meridiem"]:
        return None
    if (match["seconds"] or "00") != "00":
        return Refusal("due_not_understood", (f"{match['hour']}:{match['minute']}",), about_time=True)
    hour = match["hour"]
    part = DAY_PARTS[match["part"]] if match["part"] else None
    return ClockTime(int(hour), int(match["minute"]), meridiem(match), part, padded=hour.startswith("0"))


def _bare(match: re.Match[str]) -> Token | None:
    hour, minute = int(match[1]), int(match[2] or 0)
    return BareNumber(hour, minute) if hour <= 24 and minute <= 59 else None


def _four_digits(match: re.Match[str]) -> Token:
    return ClockTime(int(match["hour"]), int(match["minute"]), padded=True)


def _hours_and_minutes(match: re.Match[str]) -> Token:
    return ClockTime(int(match["hour"]), int(match["minute"]), padded=match["hour"].startswith("0"), behind_date=True)


def _bare_digits(match: re.Match[str]) -> Token:
    digits = match["digits"]
    hour, minute = (int(digits[:-2]), int(digits[-2:])) if digits.isdecimal() and len(digits) < 5 else (24, 60)
    return BareDigits(hour, minute, padded=len(digits) == 4) if hour <= 23 and minute <= 59 else BareDigits()


PATTERNS = (
    pattern(rf"(?:on\s+)?([12][0-9]{{3}})({_SEPARATOR})([0-9]{{1,2}})\2([0-9]{{1,2}})", _year_first),
    pattern(r"(?:on\s+)?(20[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])", _compact),
    pattern(r"20[0-9]{2}[-/.][0-9]{1,2}", Refusal("due_range")),
    pattern(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})(?:\2([0-9]{{4}}|[0-9]{{2}}))?(?![{MEASURE_WORDS}点时分])", _slash),
    pattern(
        rf"{AT}{DAY_PART_PREFIX}(?P<hour>[0-9]{{1,2}})(?P<point>[:∶.])(?P<minute>[0-9]{{2}})"
        rf"(?::(?P<seconds>[0-9]{{2}}))?(?:{MERIDIEM}|{HOURS_AFTER})?(?:\s+sharp)?",
        _clock,
    ),
    pattern(rf"{AT}(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9])(?:h|hrs?)(?![a-z0-9])", _four_digits),
    pattern(rf"{AT}(?P<hour>[0-9]{{1,2}})h(?P<minute>[0-9]{{2}})(?![a-z0-9])", _hours_and_minutes),
    pattern(rf"([0-9]{{1,2}})(?:\.([0-9]{{2}}))?(?![{MEASURE_WORDS}])", _bare),
    pattern(
        rf"{AT}(?P<digits>[0-9]{{3,6}}|[0-9]{{1,3}}(?:,[0-9]{{3}})+)(?![0-9千w])(?!\s*(?:[{MEASURE_WORDS}]|{MONEY_WORDS}))",
        _bare_digits,
    ),
)
