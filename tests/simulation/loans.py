"""A loan as the model keeps it: its calls, what is unpaid or promised, and what a payment ends."""

from copy import copy
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from tests.simulation.days import LENDER_ZONE, instant
from tests.simulation.ledger import Ledger, Pause, days_past_due

ABOUT_MONEY = ("repayment", "overdue", "promise")
PATIENCE, KEPT_PERCENT = timedelta(days=3), 95


@dataclass(slots=True, eq=False)
class Call:
    """A planned call. `remind` is the minute of its reminder; `day` and `at` are when it is due. `trigger` is what a rule
    planned it for, also once a member has moved it; `outcome` that of the call which ended it."""

    purpose: str
    assignee: str
    rule: str | None
    instalment: date | None = None
    trigger: tuple[str, date] | None = None
    created: int = 0
    day: date = date.min
    at: int | None = None
    ends: int = 0
    remind: int = 0
    escalate: int = 0
    state: str = "open"
    told: str | None = None
    escalated: bool = False
    closed: int = 0
    outcome: str | None = None
    snoozes: int = 0
    snoozed_by: str | None = None
    managers_know: bool = False

    @property
    def known_to(self) -> str | None:
        """The member to whom it was announced, also while its reminder is snoozed."""
        return self.told or self.snoozed_by


@dataclass(slots=True)
class Promise:
    """A promise to pay by a day. `least` is what keeps it, in cents, and `received` what was paid since it was made."""

    day: date
    least: int
    made: date
    received: int = 0

    def is_broken(self, today: date) -> bool:
        """Return whether its patience is over and it was not kept."""
        return self.received < self.least and today > self.day + PATIENCE

    def is_open(self, today: date) -> bool:
        """Return whether it is neither kept nor broken."""
        return self.received < self.least and today <= self.day + PATIENCE


@dataclass(slots=True, eq=False)
class Appointment:
    """An appointment, who attends it, and the call that confirms it. `remind` is the minute of its reminder."""

    kind: str
    who: str
    at: int
    remind: int = 0
    told: bool = False
    state: str = "planned"
    call: Call | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("planned", "confirmed")


@dataclass(frozen=True, slots=True)
class Before:
    """The calls, each with a copy, the promises and the attempts of a loan before a member did something."""

    calls: list[tuple[Call, Call]]
    promises: list[Promise]
    attempts: list[int]


@dataclass(slots=True)
class Loan:
    """A loan with all its calls. `entered` is the minute in which it got to its stage."""

    number: str
    owner: str
    stage: str
    due_day: int | None = None
    unpaid_since: date | None = None
    ledger: Ledger | None = None
    calls: list[Call] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    before: "Before | None" = None
    entered: int = 0

    def remember(self) -> None:
        """Remember how everything is, for an Undo of what follows."""
        calls = [(each, copy(each)) for each in self.calls]
        self.before = Before(calls, [copy(each) for each in self.promises], [*self.attempts])

    def take_back(self) -> None:
        """Have everything be as it was when it was last remembered. Calls that were planned since are gone."""
        assert self.before is not None
        for call in self.calls:
            call.state = "undone"
        for call, earlier in self.before.calls:
            for each in fields(Call):
                setattr(call, each.name, getattr(earlier, each.name))
        self.calls = [call for call, _ in self.before.calls]
        self.promises, self.attempts = self.before.promises, self.before.attempts

    def open(self, *purposes: str) -> list[Call]:
        """Return the open calls, of these purposes if any are given."""
        return [each for each in self.calls if each.state == "open" and (not purposes or each.purpose in purposes)]

    @property
    def oldest_unpaid(self) -> date | None:
        """The due date of the oldest instalment that is not fully paid, as far as schedule or file say."""
        if self.ledger is not None:
            return self.ledger.oldest
        if self.unpaid_since is None or self.due_day is None:
            return None
        return due_date_on_or_before(self.unpaid_since, self.due_day)

    def in_arrears(self, minute: int) -> bool:
        """Return whether an instalment is past due, and not paused."""
        today, oldest = lender_date(minute), self.oldest_unpaid
        if self.stage != "disbursed" or oldest is None or self.is_paused(minute):
            return False
        return self.days_past_due(minute) > 0 or (not self.ledger and oldest == today)

    def days_past_due(self, minute: int) -> int:
        """Return the days past due of the oldest unpaid instalment."""
        oldest = self.oldest_unpaid
        return days_past_due(oldest, lender_date(minute), self.pauses) if oldest else 0

    def is_paused(self, minute: int) -> bool:
        """Return whether nobody asks for the oldest unpaid instalment, because today is in a pause after its due day or it will
        fall due in one."""
        today, oldest = lender_date(minute), self.oldest_unpaid
        return oldest is not None and any(
            start <= max(today, oldest) and today < end and oldest < end for start, end in self.pauses
        )

    def promise(self, day: date, minute: int, *, of_rest: bool, replaces: bool) -> None:
        """Take a promise of the rest of an instalment, or of any amount; it may replace those whose day is not over."""
        today = lender_date(minute)
        if replaces:
            self.promises = [each for each in self.promises if each.day < today or not each.is_open(today)]
        rest = self.ledger.left[0][1] if of_rest and self.ledger else None
        self.promises.append(Promise(day, 1 if rest is None else -(-rest * KEPT_PERCENT // 100), today))

    def pay(self, amount: int, minute: int) -> None:
        """Take a payment, in cents: the calls about what it pays and about promises that it keeps are done."""
        assert self.ledger is not None
        before = len(self.ledger.left)
        self.ledger.pay(amount)
        oldest, today = self.ledger.oldest, lender_date(minute)
        waiting = [each for each in self.promises if each.is_open(today)]
        for promise in waiting:
            promise.received += amount
        kept = {each.day for each in waiting if not each.is_open(today)}
        still_open = any(each.is_open(today) for each in waiting)
        for call in self.open(*ABOUT_MONEY):
            over = (call.purpose == "promise" and bool(kept) and (not still_open or call.day in kept)) or (
                len(self.ledger.left) < before
                if call.instalment is None
                else oldest is None or call.instalment < oldest
            )
            if over:
                call.state, call.closed = "done", minute

    def settle_by_due_day(self, minute: int) -> None:
        """Take the payment of the oldest instalment of a loan without a schedule."""
        oldest = self.oldest_unpaid
        for call in self.open(*ABOUT_MONEY):
            call.state, call.closed = "done", minute
        if oldest is None or self.due_day is None:
            self.unpaid_since = None
            return
        following = due_date_on_or_before(oldest + timedelta(days=31), self.due_day)
        today = lender_date(minute)
        self.unpaid_since = following if following < today else None


def lender_date(minute: int) -> date:
    """Return the date in the lender's zone."""
    return instant(minute).astimezone(LENDER_ZONE).date()


def due_date_on_or_before(day: date, due_day: int) -> date:
    """Return the last day of a month's instalments on or before a date; in a short month it is the month's last day."""
    while True:
        following = day + timedelta(days=1)
        is_last = following.month != day.month
        if day.day == due_day or (is_last and day.day < due_day):
            return day
        day -= timedelta(days=1)
