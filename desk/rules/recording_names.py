"""When a call was recorded, as the names that phone systems give to recordings say."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_TIME = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[-_.T ]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?(?!\d)", re.ASCII
)


def time_in_name(name: str, zone: ZoneInfo) -> datetime | None:
    """Return the time in the name of a file, which is local to `zone`: `dump-2026-11-28-04-41-40-enc.wav`; None without one."""
    found = _TIME.search(name)
    if found is None:
        return None
    try:
        return datetime(*(int(each or 0) for each in found.groups()), tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
