"""What happened in a simulation, as its people and the lender know it, and what the desk was seen to announce.

Minutes are counted since 1970. The model reads nothing else.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the desk: their office, team and role."""

    slack_id: str
    name: str
    office: str
    team: str
    role: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in that minute."""

    minute: int


@dataclass(frozen=True, slots=True)
class Opened(Fact):
    """A loan came to the desk, by a line or in a file, at that stage. `due_day`: it is repaid on autopay, on that day."""

    loan: str
    owner: str
    stage: str
    due_day: int | None = None


@dataclass(frozen=True, slots=True)
class Staged(Fact):
    """A loan entered a stage."""

    loan: str
    stage: str


@dataclass(frozen=True, slots=True)
class Called(Fact):
    """A call with that outcome answered the open call about a purpose: the one that was announced in the minute `reminded`, or
    else the most urgent. `next_at` (a minute) or `next_on` was agreed."""

    loan: str
    who: str
    purpose: str
    outcome: str
    reminded: int | None = None
    next_at: int | None = None
    next_on: date | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Moved(Fact):
    """A member moved the call about a purpose that was announced in the minute `reminded` to another."""

    loan: str
    who: str
    purpose: str
    reminded: int
    to: int


@dataclass(frozen=True, slots=True)
class Snoozed(Fact):
    """A member had the reminder of that minute come again later: after a quarter of an hour, an hour, or the next morning."""

    loan: str
    who: str
    purpose: str
    reminded: int
    until: str


@dataclass(frozen=True, slots=True)
class Undone(Fact):
    """A member took back what they had done about a call of the loan: the last such fact."""

    loan: str


@dataclass(frozen=True, slots=True)
class Scheduled(Fact):
    """A loan got a schedule: due dates and amounts."""

    loan: str
    rows: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Paid(Fact):
    """A payment was recorded by form, or came in a file of the lender's."""

    loan: str
    amount: Decimal
    by_file: bool = False


@dataclass(frozen=True, slots=True)
class Paused(Fact):
    """The instalments of a loan are paused from today until before a day."""

    loan: str
    ends: date


@dataclass(frozen=True, slots=True)
class Booked(Fact):
    """A member booked an appointment of that kind with themselves, for the minute `at`."""

    loan: str
    who: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Rebooked(Fact):
    """The open appointment of that kind was moved to another minute."""

    loan: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Settled(Fact):
    """The open appointment of that kind was confirmed, kept or missed."""

    loan: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class DebitFailed(Fact):
    """The lender's file says since when a loan is unpaid; None: everything is paid again."""

    loan: str
    since: date | None


@dataclass(frozen=True, slots=True)
class Away(Fact):
    """A member is away from today until a date, inclusive."""

    who: str
    until: date
    cover: str | None


@dataclass(frozen=True, slots=True)
class Reassigned(Fact):
    """A loan got another owner."""

    loan: str
    to: str


@dataclass(frozen=True, slots=True, order=True)
class Announcement:
    """A call was announced: in that minute, to that member (or as an escalation to the managers of that team)."""

    minute: int
    to: str
    loan: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Post:
    """A message with reminders: the rows that it shows, and how many more it counts."""

    minute: int
    to: str
    rows: tuple[Announcement, ...]
    more: int = 0
