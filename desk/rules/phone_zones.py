"""In which time zones a phone number may be, by its country and area code."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from desk.rules.contacts import with_known_area_code, without_extension
from desk.rules.hours import known_zone

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_CHINA = (ZoneInfo("Asia/Shanghai"),)

_NORTH_AMERICA = 1
_AREA_CODE = len("1270")
_OVERLAYS = (
    *(("270", "364"), ("448", "850"), ("458", "541"), ("812", "930")),
    *(("236", "250", "257", "672", "778"), ("367", "418", "581")),
)
"""North American area codes of one place that lies in several time zones, where phonenumbers knows the exchanges of one alone."""


def zones_of(phone: str) -> tuple[ZoneInfo, ...]:
    """Return every zone in which the number, E.164, is likely to be; none if nothing is known of it."""
    if phone.startswith("+86"):
        return _CHINA
    return _zones(with_known_area_code(without_extension(phone)))


def country_of(phone: str) -> str | None:
    """Return the ISO 3166 code of the country of the number, E.164."""
    if phone.startswith("+86"):
        return "CN"
    from phonenumbers import NumberParseException, parse, region_code_for_number

    try:
        return region_code_for_number(parse(with_known_area_code(without_extension(phone))))
    except NumberParseException:
        return None


@lru_cache(maxsize=4096)
def _zones(phone: str) -> tuple[ZoneInfo, ...]:
    from phonenumbers import NumberParseException, parse

    try:
        names = _names(parse(phone))
    except NumberParseException:
        return ()
    zones = [zone for name in names if (zone := known_zone(name)) is not None]
    return tuple({_clock(zone): zone for zone in reversed(zones)}.values())


def _names(number: "PhoneNumber") -> Iterable[str]:
    """Return the names of the zones of a number. Where phonenumbers does not know a North American exchange, it answers with one
    zone of those that the area code lies in, often that of the smaller part: then every zone of the area code counts."""
    from phonenumbers.timezone import time_zones_for_number  # only where it is asked: it reads a table of all prefixes
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    names = time_zones_for_number(number)
    digits = f"{number.country_code}{number.national_number}"
    longer = range(_AREA_CODE + 1, TIMEZONE_LONGEST_PREFIX + 1)
    if number.country_code != _NORTH_AMERICA or any(digits[:length] in TIMEZONE_DATA for length in longer):
        return names
    return (*names, *_zones_of_areas().get(digits[1:_AREA_CODE], ()))


@cache
def _zones_of_areas() -> Mapping[str, tuple[str, ...]]:
    """Return the names of all zones that occur in each North American area code and in those that overlay it."""
    from phonenumbers.tzdata import TIMEZONE_DATA

    found: dict[str, dict[str, None]] = {}
    for prefix, names in TIMEZONE_DATA.items():
        if prefix.startswith(str(_NORTH_AMERICA)) and len(prefix) >= _AREA_CODE:
            found.setdefault(prefix[1:_AREA_CODE], {}).update(dict.fromkeys(names))
    for together in _OVERLAYS:
        every = {name: None for area in together for name in found.get(area, ())}
        found.update(dict.fromkeys(together, every))
    return {area: tuple(names) for area, names in found.items()}


def _clock(zone: ZoneInfo) -> tuple[object, ...]:
    """Return what tells the clock of a zone from others': a number may be in dozens of zones of which few differ."""
    months = (datetime(2026, month, day, 12, tzinfo=zone) for month in range(1, 13) for day in (1, 9, 20, 28))
    return tuple(each.utcoffset() for each in months)
