"""In which time zones a phone number may be, by its country and area code."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from desk.rules.contacts import without_extension
from desk.rules.hours import known_zone

_CHINA = (ZoneInfo("Asia/Shanghai"),)


def zones_of(phone: str) -> tuple[ZoneInfo, ...]:
    """Return every zone in which the number, E.164, is likely to be; none if nothing is known of it."""
    if phone.startswith("+86"):
        return _CHINA
    return _zones(without_extension(phone))


def country_of(phone: str) -> str | None:
    """Return the ISO 3166 code of the country of the number, E.164."""
    if phone.startswith("+86"):
        return "CN"
    from phonenumbers import NumberParseException, parse, region_code_for_number

    try:
        return region_code_for_number(parse(without_extension(phone)))
    except NumberParseException:
        return None


@lru_cache(maxsize=4096)
def _zones(phone: str) -> tuple[ZoneInfo, ...]:
    from phonenumbers import NumberParseException, parse
    from phonenumbers.timezone import time_zones_for_number  # only where it is asked: it reads a table of all prefixes

    try:
        names = time_zones_for_number(parse(phone))
    except NumberParseException:
        return ()
    zones = [zone for name in names if (zone := known_zone(name)) is not None]
    return tuple({_clock(zone): zone for zone in reversed(zones)}.values())


def _clock(zone: ZoneInfo) -> tuple[object, ...]:
    """Return what tells the clock of a zone from others': a number may be in dozens of zones of which few differ."""
    months = (datetime(2026, month, day, 12, tzinfo=zone) for month in range(1, 13) for day in (1, 9, 20, 28))
    return tuple(each.utcoffset() for each in months)
