"""The events of a loan's history."""

from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.loans.related_views import RelatedName
from desk.loans.terms import TermChange


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """A call or note before a correction. `at` and `by` (Slack id) tell of the correction; a note has no outcome. `party` is whom
    the call then said it reached instead of the borrower."""

    at: datetime
    by: str
    outcome: str | None
    minutes: int | None
    note: str = field(repr=False)
    amount: Decimal | None = None
    party: RelatedName | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `who` is a Slack id, None for the desk itself or an imported file; `note` is what was typed.

    `code` is a call's outcome, the new stage, the Slack id of the new owner or assignee, or the document. Calls and notes:
    `amount` was promised or paid, `share` says what such a payment covers, `earlier` has the versions before each correction,
    oldest first; `may_correct` is whether the reader may correct it; `playbooks` are those (title, version) that the caller was
    shown. Handover of a follow-up: `number` and `purpose` identify it. Document: `words` describe it, `state` is its new state.
    Correction: `code` is the field, `words` its value before, of a phone the last digits, empty if it is not known; of a field of
    the terms `change` has both. Check: `code` is what a manager decided about a failed one of `purpose`. Appointment: `code` is
    its kind, `when` its time, `state` what became of it, `note` its place. Step: `code`
    is its kind, `day` its day, `state` what became of it. Payment: `day` is when it was paid, `state` is
    recorded or reversed. Schedule: `code` is where it comes from. Pause: `code` is its kind, `day` and `until` are its days.
    Escalation: `code` is its kind, `state` raised or resolved. Contact: `state` is entered or ended (`code` is a state), consent
    or withdrawn (`code` is its kind), outbound or inbound (`code` is the channel of what was no call, `party` is whom it was with
    instead of the borrower), moved, explained,
    overridden or broken (`code` are rules, `when` is the new time).
    """

    id: UUID
    kind: Literal[
        "call",
        "note",
        "quiet",
        "stage",
        "owner",
        "handover",
        "document",
        "correction",
        "check",
        "appointment",
        "step",
        "payment",
        "schedule",
        "pause",
        "escalation",
        "contact",
    ]
    at: datetime
    who: str | None
    code: str
    note: str = field(default="", repr=False)
    purpose: str | None = None
    number: int | None = None
    minutes: int | None = None
    amount: Decimal | None = None
    share: str | None = None
    words: str = field(default="", repr=False)
    state: str = ""
    change: TermChange | None = None
    party: RelatedName | None = None
    """Whom a call reached instead of the borrower."""
    earlier: tuple[EarlierVersion, ...] = ()
    may_correct: bool = False
    playbooks: tuple[tuple[str, int], ...] = ()
    recordings: tuple[int | None, ...] = ()
    """The lengths in seconds of a call's recordings; None: unknown."""
    day: date | None = None
    until: date | None = None
    when: datetime | None = None
