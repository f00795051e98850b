"""How people name a loan and a member, before the desk has looked them up."""

from dataclasses import dataclass
from datetime import date, datetime

NUMBER_LIMIT = 64
"""The longest loan number, in characters."""

NAME_LIMIT = 100
"""The longest name of a borrower, in characters."""


@dataclass(frozen=True, slots=True)
class LoanRef:
    """A loan as typed: `whole` is the token (`L-1042/3`), `text` the part before the last `/`, `follow_up` the number
    behind it. A lender's number may itself contain `/`, so `whole` is tried first."""

    whole: str
    text: str
    follow_up: int | None = None


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A member as typed: the Slack id of a mention, or the word behind `@`."""

    slack_id: str | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A due time as understood.

    `on` is the calendar date in the zone in which it was said; `at` the instant (aware, UTC), or None when a date
    alone was said.
    """

    on: date
    at: datetime | None = None
