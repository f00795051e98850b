"""Dates in mrkdwn, `<!date^UNIX^{date_short_pretty} {time}^link|fallback>`, as each viewer reads them.

Formats: /messaging/formatting-message-text. For a date that it can't parse, Slack silently shows the fallback; the sandbox
reports such a date.
"""

import datetime
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time, format_timedelta

_TOKEN = re.compile(r"<!date(?P<rest>[^>]*)>")
_DATE = re.compile(r"\^(?P<seconds>\d{1,12})\^(?P<format>[^^|]+)(?:\^(?P<link>https?://[^|^]+))?\|(?P<fallback>[^|]+)")
_FIELD = re.compile(r"\{(\w*)\}")

Render = Callable[[datetime.datetime, Locale], str]

_PRETTY = ("date_long_pretty", "date_pretty", "date_short_pretty", "day_divider_pretty")
_FIELDS: dict[str, Render] = {
    "date_num": lambda at, locale: at.date().isoformat(),
    "date_slash": lambda at, locale: format_date(at, "short", locale),
    "date_long": lambda at, locale: format_date(at, "full", locale),
    "date_long_full": lambda at, locale: format_date(at, "full", locale),
    "date_long_pretty": lambda at, locale: format_date(at, "full", locale),
    "date": lambda at, locale: format_date(at, "long", locale),
    "date_pretty": lambda at, locale: format_date(at, "long", locale),
    "date_short": lambda at, locale: format_date(at, "medium", locale),
    "date_short_pretty": lambda at, locale: format_date(at, "medium", locale),
    "day_divider_pretty": lambda at, locale: format_date(at, "full", locale),
    "time": lambda at, locale: format_time(at, "short", locale=locale),
    "time_secs": lambda at, locale: format_time(at, "medium", locale=locale),
    "ago": lambda at, locale: format_datetime(at, "short", locale=locale),
}
_NEAR = {"en": ("Yesterday", "Today", "Tomorrow"), "zh": ("昨天", "今天", "明天")}


def is_template(text: str) -> bool:
    """Return whether a date format has at least one token and only tokens that Slack knows."""
    names = _FIELD.findall(text)
    return bool(names) and all(name in _FIELDS for name in names)


def wrong_dates(text: str) -> list[str]:
    """Return what is wrong with the dates in a text; empty when Slack can show all of them."""
    wrong: list[str] = []
    for token in _TOKEN.finditer(text):
        found = _DATE.fullmatch(token["rest"])
        if found is None:
            wrong.append(f"{token[0]} is not <!date^seconds^format|fallback>")
        elif not is_template(found["format"]):
            wrong.append(f"{found['format']} has no date token, or one that is unknown")
    return wrong


def with_dates(text: str, *, tz: str, locale: str, now: float) -> str:
    """Return the text with its dates as a reader in that time zone sees them, or the fallback of an invalid date.

    `locale` is a Slack locale such as `zh-CN`; `now`, in Unix seconds, decides which day is today.
    """
    zone, language = ZoneInfo(tz), _language(locale)
    today = datetime.datetime.fromtimestamp(now, zone)

    def shown(token: re.Match[str]) -> str:
        found = _DATE.fullmatch(token["rest"])
        if found is None or not is_template(found["format"]):
            return token["rest"].rpartition("|")[2]
        at = datetime.datetime.fromtimestamp(int(found["seconds"]), zone)
        return _FIELD.sub(lambda name: _field(name[1], at, today, language), found["format"])

    return _TOKEN.sub(shown, text)


def _field(name: str, at: datetime.datetime, today: datetime.datetime, locale: Locale) -> str:
    if name == "ago":
        return format_timedelta(at - today, add_direction=True, locale=locale)
    days = (at.date() - today.date()).days
    if name in _PRETTY and abs(days) <= 1:
        return _NEAR.get(locale.language, _NEAR["en"])[days + 1]
    return _FIELDS[name](at, locale)


def _language(locale: str) -> Locale:
    try:
        return Locale.parse(locale, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")
