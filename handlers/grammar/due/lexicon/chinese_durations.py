"""Durations from now in Chinese (`3天后`), and phrases about time that are not a due time (`下周`, `过两天`).

The latter are listed so that they are refused with a reason and never read in part.
"""

import re

from handlers.grammar.due.lexicon.numeric import CHINESE_NUMBER, chinese_number, whole_minutes
from handlers.grammar.due.tokens import DaysAhead, MinutesAhead, MonthsAhead, Refusal, Token, pattern

_SINCE = "(?P<since>再?过\\s*)?"
_AFTER = "(?P<after>\\s*(?:之后|以后|过后|后))?"
_N = f"(?P<n>{CHINESE_NUMBER})\\s*"
_HOUR = "(?:个\\s*)?(?:小时|钟头)"
_WEEK = "(?:周|(?:个\\s*)?(?:星期|礼拜))"

CHINESE_PLACES = "北京|上海|香港|本地|当地|美国|欧洲|纽约|伦敦|柏林"
"""Places that name a time zone when 时间 follows."""

_APPROXIMATE_NUMBER = "(?:一两|两三|三四|三五|四五|五六|六七|七八|八九|九十|十来)"
_NUMERALS = "[一二两三四五六七八九十]{1,3}"

_MINUTES = {"分钟": 1, "刻钟": 15, "小时": 60}
_DAYS = {"天": 1, "日": 1, "周": 7}


def _duration(match: re.Match[str], token: Token | None) -> Token | None:
    """Return the token of `3天后`, `过3天` or `再过3天后`; without 过 or 后 it is a length of time and refused."""
    if token is None or match["since"] or match["after"]:
        return token
    return Refusal("due_range", (match[0].strip() + "后",), is_length=True)


def _vague_two(match: re.Match[str]) -> Token | None:
    """Refuse `过两天`, which means "in a few days" rather than two, and likewise `过两个月`, `过两年`."""
    if match["since"] and chinese_number(match["n"]) == 2:
        return Refusal("due_range", (f"2{match['unit']}后",))
    return None


def _days(match: re.Match[str]) -> Token | None:
    count = chinese_number(match["n"])
    if match["unit"] == "天" and (vague := _vague_two(match)):
        return vague
    return _duration(match, DaysAhead(count * _DAYS.get(match["unit"], 7)) if count else None)


def _months(match: re.Match[str]) -> Token | None:
    count = chinese_number(match["n"])
    months = MonthsAhead(count * (12 if match["unit"] == "年" else 1)) if count else None
    return _vague_two(match) or _duration(match, months)


def _minutes(match: re.Match[str]) -> Token | None:
    count = chinese_number(match["n"])
    return _duration(match, MinutesAhead(count * _MINUTES[match["unit"]]) if count else None)


def _hours(match: re.Match[str]) -> Token | None:
    hours = chinese_number(match["n"])
    more = chinese_number(match["minutes"]) if match["minutes"] else 0
    if hours is None or more is None or not hours + more:
        return None
    return _duration(match, MinutesAhead(hours * 60 + more))


def _decimal_hours(match: re.Match[str]) -> Token | None:
    minutes = whole_minutes(match["n"])
    return _duration(match, MinutesAhead(minutes)) if minutes else None


def _hours_and_a_half(match: re.Match[str]) -> Token | None:
    hours = chinese_number(match["n"])
    return None if hours is None else _duration(match, MinutesAhead(hours * 60 + 30))


_PAST_REFUSAL = Refusal("due_past", ("今天", "明天"))
_WEEK_REFUSAL = Refusal("due_range", ("下周一", "下周五"))
_MONTH_REFUSAL = Refusal("due_range", ("月底", "下个月5号"))
_VAGUE_REFUSAL = Refusal("due_range", ("2小时后", "明天"))
_BETWEEN_HOURS_REFUSAL = Refusal("due_range", ("明天9:00", "明天15:00"), about_time=True)
_VAGUE_PART_REFUSAL = Refusal("due_part_of_day", ("明天9:00", "明天18:00"), about_time=True)

PATTERNS = (
    pattern(f"{_SINCE}{_N}(?P<unit>天|日(?=\\s*(?:之后|以后|过后|后))|{_WEEK}){_AFTER}", _days),
    pattern(f"{_SINCE}{_N}(?P<unit>个\\s*月|年){_AFTER}", _months),
    pattern(f"{_SINCE}(?P<n>两)(?P<unit>月){_AFTER}", _months),
    pattern(f"{_SINCE}半年{_AFTER}", lambda match: _duration(match, MonthsAhead(6))),
    pattern(f"{_SINCE}{_N}(?P<unit>分钟|刻钟){_AFTER}", _minutes),
    pattern(f"{_SINCE}{_N}{_HOUR}(?:\\s*零?(?P<minutes>{CHINESE_NUMBER})分钟?)?{_AFTER}", _hours),
    pattern(f"{_SINCE}(?P<n>[0-9]{{1,3}}\\.[0-9]{{1,2}})\\s*{_HOUR}{_AFTER}", _decimal_hours),
    pattern(f"{_SINCE}{_N}(?:(?:个\\s*)?半\\s*(?:小时|钟头)|{_HOUR}半){_AFTER}", _hours_and_a_half),
    pattern(f"{_SINCE}半\\s*{_HOUR}{_AFTER}", lambda match: _duration(match, MinutesAhead(30))),
    pattern(
        "[昨前]天|昨[日晚夜]|上+(?:个\\s*)?(?:周|星期|礼拜)[一二三四五六日天末]?|上+个?月(?:[0-9]{1,2}[日号])?|去年",
        _PAST_REFUSAL,
    ),
    pattern(f"{CHINESE_NUMBER}\\s*(?:天|周|个月|年|{_HOUR}|分钟|{_WEEK})(?:之前|以前|前)", _PAST_REFUSAL),
    pattern(
        f"(?P<length>{CHINESE_NUMBER}\\s*(?:天|日|个\\s*月|年|{_HOUR}|分钟|{_WEEK}))(?:之内|以内|内)",
        lambda match: Refusal("due_range", (match["length"] + "后",)),
    ),
    pattern("(?:下+个?|本|这个?)(?:周|星期|礼拜)(?:内|初|中|之内|以内)?", _WEEK_REFUSAL),
    pattern("(?:下+个?|本|这个?)?周(?:末|初|中)|(?:周|星期|礼拜)六[周日天]", _WEEK_REFUSAL),
    pattern("(?:周|星期|礼拜)(?:一二|二三|三四|四五|五六|六日|六天)(?![点时十月个号日])", _WEEK_REFUSAL),
    pattern("(?:(?:下+个?|本|这个?|当)?月(?:初|中旬?|内)|[上中下]旬|(?:下+个?|本|这个?|当)月)", _MONTH_REFUSAL),
    pattern(f"(?:[今明后本]?年)?{CHINESE_NUMBER}\\s*月(?:份)?(?:初|中旬?|[上中下]旬|内)?", _MONTH_REFUSAL),
    pattern("[0-9]{4}年(?:[0-9]{1,2}月)?|[今明后]年(?:初|中|内)?|年[初中内]|[上下]半[年月]", _MONTH_REFUSAL),
    pattern(f"(?:本|下|这)?个?季度[初中末底]?|第?{CHINESE_NUMBER}季度[初中末底]?", _MONTH_REFUSAL),
    pattern(f"(?:下一?个|{_N}个)工作日(?:之后|以后|后|内)?", _VAGUE_REFUSAL),
    pattern(
        f"{CHINESE_NUMBER}?\\s*[几数多]\\s*(?:个\\s*)?(?:天|日|周|星期|礼拜|小时|钟头|分钟|月|年)(?:之后|以后|后|内)?",
        _VAGUE_REFUSAL,
    ),
    pattern(
        "(?:[0-9]+\\s*[-~–—到至或、]\\s*[0-9]+|一两|两三|三四|三五|四五|五六|七八|八九)\\s*(?:个\\s*)?"
        "(?:天|日|周|星期|礼拜|小时|钟头|分钟|月|年)(?:之后|以后|后|内)?",
        _VAGUE_REFUSAL,
    ),
    pattern(
        "再?过(?:几天|些天|些日子|阵子|一阵|一会儿?)|[这那](?:两|几|些)天|今明两?[天日]|近期|近日|改天|改日",
        _VAGUE_REFUSAL,
    ),
    pattern("半天(?:之?后|以后)?|(?:半个月|[一二两三四五六]个半月)(?:之?后|以后)?", _VAGUE_REFUSAL),
    pattern(
        "次日|翌日|第二天|隔天|尽快|马上|立刻|立即|稍后|稍晚|稍等|一会儿?|待会儿?|等会儿?|过会儿?|晚些时候",
        _VAGUE_REFUSAL,
    ),
    pattern(
        "(?:春节|过年|元旦|清明|五一|劳动节|端午|中秋|国庆|圣诞)节?(?:期间|当天|长假|假期|[前后里])?|[年节][前后]",
        _VAGUE_REFUSAL,
    ),
    pattern("[今明后][早晚]一点", _VAGUE_PART_REFUSAL),
    pattern(
        "[早晚](?:一?点|一?些)(?!钟)|[上下]班[前后时]|[早午晚中]?饭[前后时点]|饭后|午休[前后时]?", _VAGUE_PART_REFUSAL
    ),
    pattern(f"(?:{CHINESE_PLACES})时间", Refusal("due_not_understood", ("明天15:00",))),
    pattern(
        f"(?:{_APPROXIMATE_NUMBER}|{_NUMERALS}\\s*(?:[-~–—到至]|或者?)\\s*{CHINESE_NUMBER})\\s*点[钟半多]?(?![意建要])",
        _BETWEEN_HOURS_REFUSAL,
    ),
    pattern("每(?:隔|天|日|周|个|月|年|星期|礼拜|逢|到)", _VAGUE_REFUSAL),
)
