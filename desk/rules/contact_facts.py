"""What the contact rules are asked about: past contacts, consents, recorded states, and a contact that is to be made."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Literal

from desk.core.dataclass import dataclass
from desk.rules.contact_packs import Channel, Dial, Place, Who

BORROWER: Who = "borrower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact that happened. `spoke`: a conversation; `answered`: a person answered, if not the one who was called.

    `connected`: it reached the number; `reachable`: a message could be left; `made`: spoken, or a message was left. A `place`
    that is unknown (None) counts as each.
    """

    at: datetime
    person: str = ""
    debts: frozenset[str] = frozenset()
    number: str = ""
    who: Who = BORROWER
    inbound: bool = False
    channel: Channel = "phone"
    dial: Dial = "hand"
    place: Place | None = None
    spoke: bool = False
    answered: bool = False
    connected: bool = True
    reachable: bool = True
    made: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent of the borrower: of which kind and form, when it was given, for which days and hours, and when withdrawn."""

    kind: Literal["hours", "calls", "robots"]
    given_at: datetime
    form: Literal["oral", "written", "recorded"] = "oral"
    starts_on: date | None = None
    ends_on: date | None = None
    start: time | None = None
    end: time | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A recorded state: of whom or of which number, from when, and its last day."""

    code: str
    since: datetime
    until_on: date | None = None
    person: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A contact that is about to be made or planned."""

    at: datetime
    person: str = ""
    debt: str = ""
    number: str = ""
    who: Who = BORROWER
    channel: Channel = "phone"
    dial: Dial = "hand"
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of the borrower. `overdue_since` None: nothing is past due, so nothing is in collection."""

    history: tuple[Contact, ...] = ()
    consents: tuple[Consent, ...] = ()
    flags: tuple[Flag, ...] = ()
    facts: frozenset[str] = frozenset()
    overdue_since: date | None = None
    holidays: Mapping[str, frozenset[date]] | frozenset[date] = frozenset()

    def is_holiday(self, day: date, country: str | None) -> bool:
        """Return whether the day is a public holiday of that country."""
        if isinstance(self.holidays, Mapping):
            return day in self.holidays.get(country or "", frozenset())
        return day in self.holidays
