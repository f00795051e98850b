"""`/loan-digest [now|HH:MM|off]`."""

import re
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import Terms, keyword
from handlers.grammar.text import Line

_ACTS = Terms(
    (
        keyword("now", "现在", "立即", "马上", "立刻"),
        keyword("off", "关闭", "关", "关掉", "停", "停用", "不要", "stop", "none"),
    )
)
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """A change to the member's own digest, or `show`. `at` is the local time when `act` is `time`."""

    act: Literal["show", "now", "off", "time"]
    at: time | None = None


def parse(line: Line, now: datetime, zone: ZoneInfo) -> DigestRequest | HelpRequest:
    """Parse the line; an empty one shows the setting.

    Raise `Invalid`: `digest_unknown`, `clock_ambiguous`, `clock_impossible`, `not_understood`.
    """
    reader = Reader(line, now, zone)
    help_request = reader.help_request()
    if help_request is not None:
        return DigestRequest("show") if help_request.what == "usage" else help_request
    act = reader.take_word(_ACTS)
    if act is not None:
        reader.expect_end("digest")
        return DigestRequest("now" if act.code == "now" else "off")
    at = _clock(reader)
    reader.expect_end("digest", f"{at:%H:%M}")
    return DigestRequest("time", at)


def _clock(reader: Reader) -> time:
    """Take a 24-hour time. As in due times, an hour from 1 to 7 needs a leading zero."""
    start, token = reader.at, reader.take_token()
    match = _CLOCK.fullmatch(Line.plain(token).norm)
    if match is None:
        nearest = (*_ACTS.nearest(reader.line, start), "08:30")
        raise Invalid("digest_unknown", part="digest", given=token[:40], nearest=nearest)
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        raise Invalid("clock_impossible", part="digest", given=token, nearest=("08:30",))
    if 1 <= hour <= 7 and len(match["hour"]) == 1:
        nearest = (f"{hour:02}:{minute:02}", f"{hour + 12}:{minute:02}")
        raise Invalid("clock_ambiguous", part="digest", given=token, nearest=nearest)
    return time(hour, minute)
