"""When something is due: a minute, or a calendar date alone."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A due time as understood.

    `on` is the calendar date in the zone in which it was said; `at` the instant (aware, UTC), or None when a date
    alone was said.
    """

    on: date
    at: datetime | None = None
