"""The time zone of a borrower, as people type it: `America/New_York`, `new york`, `北京`, `none`."""

import difflib
from functools import cache
from zoneinfo import available_timezones

from desk.core.errors import Invalid

_NONE = frozenset({"none", "unknown", "-", "无", "不详", "未知"})

_CHINESE = {
    "北京": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "中国": "Asia/Shanghai",
    "乌鲁木齐": "Asia/Urumqi",
    "香港": "Asia/Hong_Kong",
    "台北": "Asia/Taipei",
    "新加坡": "Asia/Singapore",
    "东京": "Asia/Tokyo",
    "伦敦": "Europe/London",
    "纽约": "America/New_York",
    "洛杉矶": "America/Los_Angeles",
    "悉尼": "Australia/Sydney",
}


def read_zone(text: str) -> str:
    """Return the IANA name of a zone, empty for none. Raises Invalid (`zone_unknown`, with the nearest names)."""
    typed = _plain(text)
    if typed in _NONE:
        return ""
    found = _CHINESE.get(text.strip()) or _names().get(typed)
    if found is None:
        close = difflib.get_close_matches(typed, _names(), n=3, cutoff=0.7)
        nearest = tuple(dict.fromkeys(_names()[each] for each in close))
        raise Invalid("zone_unknown", given=text[:40], nearest=nearest or ("America/New_York",))
    return found


@cache
def _names() -> dict[str, str]:
    """Return the names of zones by how they may be typed: in full, and a city alone where it is in one zone only."""
    zones = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    found = {_plain(name): name for name in zones}
    cities: dict[str, set[str]] = {}
    for name in zones:
        cities.setdefault(_plain(name.rpartition("/")[2]), set()).add(name)
    return {city: next(iter(names)) for city, names in cities.items() if len(names) == 1} | found


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
