"""Where the lender's phone system is, by which its times and numbers are read."""

from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """Where a phone system is: the zone of times without one, the country of numbers without a code, and what is dialled before
    a number to get an outside line."""

    zone: ZoneInfo
    region: str = "CN"
    prefixes: tuple[str, ...] = ()
