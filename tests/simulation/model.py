"""An independent model of the cadence: what the desk should have announced, when and to whom, given what happened.

It follows docs/cadence.md rule by rule, plans each call from the facts alone, and shares no code with the desk.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count

from tests.simulation.days import LENDER_ZONE, Office, instant, minute_of
from tests.simulation.facts import (
    Announcement,
    Away,
    Called,
    DebitFailed,
    Fact,
    Moved,
    Opened,
    Paid,
    Person,
    Reassigned,
    Scheduled,
    Staged,
)
from tests.simulation.ledger import Ledger, cents

ATTEMPTS = ("no_answer", "busy", "voicemail", "unverified", "unreachable", "wrong_number")
NEXT_MORNING = ("unreachable", "wrong_number")
CHECKS = ("identity", "income", "employer", "vehicle")
ABOUT_MONEY = ("repayment", "overdue", "promise")
ENDED = ("declined", "closed", "withdrawn", "written_off")
HOURS_TO_ACT = 4
RETRY_AFTER, ATTEMPTS_A_DAY = 180, 3
NOTICE_ON_THE_DAY = 120
CHECKS_A_DAY = 8
HALF_A_YEAR = timedelta(days=183)

ENDS_WITH = {
    "inquiry": ("inquiry", "inquiry_again", "inquiry_last"),
    "application": ("application_documents",),
    "approved": ("approved",),
    "disbursed": ("plan", "satisfaction"),
    "closed": ("release",),
    "declined": ("declined",),
}
"""The rules whose calls end when a loan leaves the stage."""

PURPOSES_THAT_END = {
    "application": ("conditions",),
    "approved": ("conditions", *CHECKS),
    "signed": ("conditions", *CHECKS, "decision"),
    "disbursed": ("conditions", *CHECKS, "decision", "signing"),
}
"""The purposes of rule-made calls that end when a loan enters the stage."""

FIRST_RULES = ("instalment", "arrears")
RULES_ABOUT_MONEY = ("instalment", "instalment_eve", "arrears", "arrears_m2", "arrears_m3")
FOLLOWED_BY = {"inquiry": ("inquiry_again", 2), "inquiry_again": ("inquiry_last", 5)}
ARREARS = ((61, "arrears_m3", 7, 4), (31, "arrears_m2", 3, 5), (1, "arrears", 3, 5))
"""Days past due, the rule, after how many days it is asked again, and how often."""


@dataclass(slots=True, eq=False)
class Call:
    """A planned call. `remind` is the minute of its reminder; `day` and `at` are when it is due. `trigger` is what a rule
    planned it for, also once a member has moved it."""

    purpose: str
    assignee: str
    rule: str | None
    instalment: date | None = None
    trigger: tuple[str, date] | None = None
    created: int = 0
    planned: int = 0
    day: date = date.min
    at: int | None = None
    ends: int = 0
    remind: int = 0
    escalate: int = 0
    state: str = "open"
    told: str | None = None
    escalated: bool = False
    closed: int = 0


@dataclass(slots=True)
class Loan:
    """A loan with all its calls."""

    number: str
    owner: str
    stage: str
    due_day: int | None = None
    unpaid_since: date | None = None
    ledger: Ledger | None = None
    calls: list[Call] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)

    def open(self, *purposes: str) -> list[Call]:
        """Return the open calls, of these purposes if any are given."""
        return [each for each in self.calls if each.state == "open" and (not purposes or each.purpose in purposes)]


class Model:
    """Replays facts in order. `expected` is what should have been announced, `escalations` what the managers should hear."""

    def __init__(self, people: Iterable[Person], offices: Mapping[str, Office]) -> None:
        self.people = {person.slack_id: person for person in people}
        self.offices = offices
        self.loans: dict[str, Loan] = {}
        self.away: dict[str, Away] = {}
        self.expected: list[Announcement] = []
        self.escalations: list[Announcement] = []
        self.unexplained: list[str] = []
        self._agenda: list[tuple[int, int, str, Loan | None, Call | None, str]] = []
        self._order = count()

    def replay(self, facts: Sequence[Fact], until: int) -> None:
        """Replay the facts, and announce everything that falls due before `until`."""
        day = instant(facts[0].minute).astimezone(LENDER_ZONE).date()
        while (midnight := minute_of(datetime.combine(day, time(0), LENDER_ZONE))) < until:
            self._put(midnight, "day", None, None)
            day += timedelta(days=1)
        for fact in facts:
            self._run(fact.minute)
            self._take(fact)
        self._run(until - 1)

    # What happens.

    def _take(self, fact: Fact) -> None:
        match fact:
            case Opened():
                loan = self.loans[fact.loan] = Loan(fact.loan, fact.owner, fact.stage, fact.due_day)
                self._plan_for_stage(loan, None, fact.minute)
            case Staged():
                self._enter(self.loans[fact.loan], fact.stage, fact.minute)
            case Called():
                self._called(self.loans[fact.loan], fact)
            case Moved():
                loan = self.loans[fact.loan]
                call = self._meant(loan, fact)
                if call is None:
                    self.unexplained.append(f"no call is open: {fact}")
                else:
                    self._place(loan, replace_rule(call, None), fact.minute, at=fact.to)
            case Scheduled():
                loan = self.loans[fact.loan]
                loan.ledger = Ledger(tuple((day, cents(amount)) for day, amount in fact.rows))
                self._replan(loan, fact.minute)
            case Paid():
                self._pay(self.loans[fact.loan], cents(fact.amount), fact.minute)
                self._replan(self.loans[fact.loan], fact.minute)
            case DebitFailed():
                self.loans[fact.loan].unpaid_since = fact.since
                self._replan(self.loans[fact.loan], fact.minute)
            case Away():
                self.away[fact.who] = fact
                self._tell_others(fact.who, fact.minute)
                back = self._office(fact.who).minute_of(fact.until + timedelta(days=1), time(0))
                self._put(back, "back", None, None, fact.who)
            case Reassigned():
                self._reassign(self.loans[fact.loan], fact.to, fact.minute)
            case _:
                raise AssertionError(f"the model does not know {fact}")

    def _enter(self, loan: Loan, stage: str, minute: int) -> None:
        before, loan.stage = loan.stage, stage
        for call in loan.open():
            if call.rule in ENDS_WITH.get(before, ()) or (
                call.rule and call.purpose in PURPOSES_THAT_END.get(stage, ())
            ):
                call.state = "cancelled"
        if stage in ENDED:
            for call in loan.open():
                call.state = "ended"
        self._plan_for_stage(loan, before, minute)

    def _called(self, loan: Loan, fact: Called) -> None:
        call = self._meant(loan, fact)
        if call is None:
            self.unexplained.append(f"no call is open: {fact}")
        elif fact.outcome in ATTEMPTS:
            self._attempted(loan, call, fact)
        elif call.purpose in CHECKS and fact.outcome not in ("confirmed", "failed"):
            call.escalated = True
        else:
            call.state, call.closed = "done", fact.minute
            self._answered(loan, call, fact)

    def _attempted(self, loan: Loan, call: Call, fact: Called) -> None:
        office = self._office(call.assignee)
        loan.attempts.append(fact.minute)
        today = office.date_of(fact.minute)
        tried = sum(office.date_of(each) == today for each in loan.attempts)
        if fact.next_at is not None:
            self._place(loan, replace_rule(call, None), fact.minute, at=fact.next_at)
        elif fact.outcome in NEXT_MORNING or tried >= ATTEMPTS_A_DAY:
            morning = office.spans[office.working_days_after(today, 1)][0]
            self._place(loan, call, fact.minute, at=office.next_callable(morning))
        else:
            later = office.next_minute(office.later(fact.minute, RETRY_AFTER))
            self._place(loan, call, fact.minute, at=office.next_callable(later))

    def _answered(self, loan: Loan, call: Call, fact: Called) -> None:
        if fact.outcome in ("paid", "part_paid"):
            whole = loan.ledger.left[0][1] if loan.ledger and loan.ledger.left else None
            amount = cents(fact.amount) if fact.amount is not None else whole
            if loan.ledger is None:
                self._settle_by_due_day(loan, fact.minute)
            elif amount is not None:
                self._pay(loan, amount, fact.minute)
        if fact.next_at is not None or fact.next_on is not None:
            promise = fact.outcome in ("promised", "part_paid")
            purpose = "promise" if promise else call.purpose
            about = call.instalment if purpose in ABOUT_MONEY else None
            new = Call(purpose, call.assignee, None, about)
            self._place(loan, new, fact.minute, at=fact.next_at, day=fact.next_on)
            for other in loan.open("repayment", "overdue") if promise else ():
                if (other.rule in RULES_ABOUT_MONEY and None in (other.instalment, about)) or other.instalment == about:
                    other.state = "cancelled" if other.rule in RULES_ABOUT_MONEY else other.state
            return
        if fact.outcome == "paid":
            self._replan(loan, fact.minute)
        self._follow_on(loan, call, fact)

    def _follow_on(self, loan: Loan, call: Call, fact: Called) -> None:
        rule, days = FOLLOWED_BY.get(call.rule or "", ("", 0))
        willing = fact.outcome not in ("refused", "withdrew")
        if rule and willing and loan.stage == "inquiry" and not loan.open("conditions"):
            self._plan(loan, rule, "conditions", self._owner(loan), fact.minute, days=days)
        again = {name: (days, most) for _, name, days, most in ARREARS}.get(call.rule or "")
        if again is None or call.instalment is None or loan.open("overdue") or not self._in_arrears(loan, fact.minute):
            return
        days, most = again
        trigger = (call.rule or "", call.instalment)
        if sum(each.trigger == trigger for each in loan.calls) < most:
            new = Call(
                "overdue", self._collector(loan, call.rule or "", fact.minute), call.rule, call.instalment, trigger
            )
            office = self._office(new.assignee)
            day = office.on_or_after(office.date_of(fact.minute) + timedelta(days=days))
            self._place(loan, new, fact.minute, day=max(day, office.unfinished_day(fact.minute)))

    # What is planned.

    def _plan_for_stage(self, loan: Loan, before: str | None, minute: int) -> None:
        self._replan(loan, minute)
        owner = self._owner(loan)
        match loan.stage:
            case "inquiry" if not loan.open("conditions"):
                self._plan(loan, "inquiry", "conditions", owner, minute, hours=2)
            case "application":
                if not loan.open("identity"):
                    self._plan_check(loan, minute)
                if not loan.open("documents"):
                    self._plan(loan, "application_documents", "documents", owner, minute, morning=2)
            case "approved" if not loan.open("decision"):
                self._plan(loan, "approved", "decision", owner, minute, hours=4)
            case "declined":
                self._plan(loan, "declined", "decision", owner, minute, hours=4)
            case "disbursed" if before is not None:
                if not loan.open("plan"):
                    self._plan(loan, "plan", "plan", owner, minute, working_days=3)
                if not loan.open("feedback"):
                    self._plan(loan, "satisfaction", "feedback", owner, minute, days=7)
            case "closed" if before in ("disbursed", "written_off") and not loan.open("release"):
                self._plan(loan, "release", "release", owner, minute, morning=3)
            case _:
                pass

    def _plan(
        self,
        loan: Loan,
        rule: str,
        purpose: str,
        assignee: str,
        minute: int,
        *,
        hours: int = 0,
        morning: int = 0,
        working_days: int = 0,
        days: int = 0,
    ) -> None:
        office, call = self._office(assignee), Call(purpose, assignee, rule)
        today = office.date_of(minute)
        if hours:
            at = office.next_minute(office.later(minute, hours * 60))
        elif morning:
            at = office.spans[office.working_days_after(today, morning)][0]
        else:
            day = office.working_days_after(today, working_days)
            if days:
                day = office.on_or_after(today + timedelta(days=days))
            return self._place(loan, call, minute, day=max(day, office.unfinished_day(minute)))
        return self._place(loan, call, minute, at=office.next_callable(at))

    def _plan_check(self, loan: Loan, minute: int) -> None:
        assignee = self._least_busy(loan, "verifier", minute)
        office = self._office(assignee)
        day = office.working_days_after(office.date_of(minute), 1)
        while self._checks_on(assignee, day) >= CHECKS_A_DAY:
            day = office.working_days_after(day, 1)
        at = office.next_callable(office.spans[day][0])
        self._place(loan, Call("identity", assignee, "application"), minute, at=at)

    def _replan(self, loan: Loan, minute: int) -> None:
        """Plan the calls about the oldest unpaid instalment, and cancel those about another, or of another bucket."""
        wanted = self._wanted(loan, minute)
        for call in loan.open("repayment", "overdue"):
            if call.rule in RULES_ABOUT_MONEY and (call.rule, call.instalment) not in wanted:
                call.state = "cancelled"
        for rule, day in wanted:
            promised = any(call.instalment in (None, day) for call in loan.open("promise"))
            made = any(
                call.purpose == "promise" and call.instalment == day and call.state == "done" for call in loan.calls
            )
            if not promised and not (made and rule.startswith("instalment")):
                self._plan_about_money(loan, rule, day, minute)

    def _plan_about_money(self, loan: Loan, rule: str, day: date, minute: int) -> None:
        purpose = "overdue" if rule.startswith("arrears") else "repayment"
        about = [each for each in loan.calls if each.purpose == purpose and each.state in ("open", "done", "dropped")]
        second = rule == "instalment_eve"
        if any(self._stands_for(each, rule, day) for each in about) and not self._is_due_again(loan, rule, day, minute):
            return
        if purpose == "overdue":
            assignee = self._collector(loan, rule, minute)
            office = self._office(assignee)
            due = max(office.date_of(minute), office.unfinished_day(minute))
        else:
            assignee = self._owner(loan)
            office = self._office(assignee)
            due = max(office.working_days_before(day, 1 if second else 3), office.unfinished_day(minute))
            if second and (due >= day or any(each.day == due for each in about if each.instalment == day)):
                return
        self._place(loan, Call(purpose, assignee, rule, day, (rule, day)), minute, day=due)

    def _stands_for(self, call: Call, rule: str, day: date) -> bool:
        """Return whether a call takes the place of the one that the rule asks for: it was planned by it, or it is a member's."""
        if call.trigger is not None:
            is_members = call.rule is None and call.state == "open"
            return call.trigger == (rule, day) or (is_members and rule != "instalment_eve")
        is_first = rule in FIRST_RULES
        return call.instalment == day and (is_first or (call.state == "open" and rule != "instalment_eve"))

    def _is_due_again(self, loan: Loan, rule: str, day: date, minute: int) -> bool:
        """Return whether nobody asks after arrears any more, as many days after the last call as the rule says."""
        days, most = {name: (days, most) for _, name, days, most in ARREARS}.get(rule, (0, 0))
        about = [each for each in loan.calls if each.purpose in ("overdue", "promise")]
        made = [each for each in about if each.state in ("done", "open")]
        if not days or loan.open("overdue", "promise") or not made:
            return False
        if sum(each.trigger == (rule, day) for each in made) >= most:
            return False
        last = instant(max(each.closed for each in made)).astimezone(LENDER_ZONE).date()
        return last + timedelta(days=days) <= instant(minute).astimezone(LENDER_ZONE).date()

    def _wanted(self, loan: Loan, minute: int) -> list[tuple[str, date]]:
        if loan.stage != "disbursed":
            return []
        today = instant(minute).astimezone(LENDER_ZONE).date()
        oldest = self._oldest_unpaid(loan)
        if oldest is None:
            return []
        if self._in_arrears(loan, minute):
            days = (today - oldest).days
            return [next((rule, oldest) for from_day, rule, *_ in ARREARS if days >= from_day or from_day == 1)]
        if loan.ledger is None:
            return []
        trouble = any(
            instant(each.created).astimezone(LENDER_ZONE).date() >= oldest - HALF_A_YEAR
            for each in loan.calls
            if each.purpose in ("overdue", "promise")
        )
        first = oldest == loan.ledger.rows[0][0]
        return [("instalment", oldest), *([("instalment_eve", oldest)] if first or trouble else [])]

    def _oldest_unpaid(self, loan: Loan) -> date | None:
        if loan.ledger is not None:
            return loan.ledger.oldest
        if loan.unpaid_since is None or loan.due_day is None:
            return None
        return due_date_on_or_before(loan.unpaid_since, loan.due_day)

    def _in_arrears(self, loan: Loan, minute: int) -> bool:
        today, oldest = instant(minute).astimezone(LENDER_ZONE).date(), self._oldest_unpaid(loan)
        return (
            loan.stage == "disbursed"
            and oldest is not None
            and (oldest < today or (not loan.ledger and oldest <= today))
        )

    def _pay(self, loan: Loan, amount: int, minute: int) -> None:
        assert loan.ledger is not None
        before = len(loan.ledger.left)
        loan.ledger.pay(amount)
        oldest = loan.ledger.oldest
        for call in loan.open(*ABOUT_MONEY):
            over = (
                len(loan.ledger.left) < before
                if call.instalment is None
                else oldest is None or call.instalment < oldest
            )
            if over:
                call.state, call.closed = "done", minute

    def _settle_by_due_day(self, loan: Loan, minute: int) -> None:
        oldest = self._oldest_unpaid(loan)
        for call in loan.open(*ABOUT_MONEY):
            call.state, call.closed = "done", minute
        if oldest is None or loan.due_day is None:
            loan.unpaid_since = None
            return
        following = due_date_on_or_before(oldest + timedelta(days=31), loan.due_day)
        today = instant(minute).astimezone(LENDER_ZONE).date()
        loan.unpaid_since = following if following < today else None

    # Who makes a call.

    def _owner(self, loan: Loan) -> str:
        return loan.owner

    def _collector(self, loan: Loan, rule: str, minute: int) -> str:
        return self._least_busy(loan, "manager" if rule == "arrears_m3" else "collector", minute)

    def _least_busy(self, loan: Loan, role: str, minute: int) -> str:
        team = self.people[loan.owner].team
        found = [each for each in self.people.values() if each.team == team and each.role == role]
        there = [each for each in found if self._acting(each.slack_id, minute) == each.slack_id] or found
        held = Counter(call.assignee for each in self.loans.values() for call in each.open())
        return min(there, key=lambda each: (held[each.slack_id], each.name.casefold())).slack_id

    def _checks_on(self, assignee: str, day: date) -> int:
        calls = (call for loan in self.loans.values() for call in loan.open(*CHECKS))
        return sum(call.assignee == assignee and call.day == day for call in calls)

    def _acting(self, who: str, minute: int) -> str:
        absence = self.away.get(who)
        if absence is None:
            return who
        team = self.people[who].team
        return absence.cover or next(p.slack_id for p in self.people.values() if (p.team, p.role) == (team, "manager"))

    def _meant(self, loan: Loan, fact: Called | Moved) -> Call | None:
        def rank(call: Call) -> tuple[bool, bool, int]:
            acting = (call.assignee, self._acting(call.assignee, fact.minute))
            return call.remind != fact.reminded, fact.who not in acting, call.ends

        return min(loan.open(fact.purpose), key=rank, default=None)

    def _reassign(self, loan: Loan, to: str, minute: int) -> None:
        outgoing, loan.owner = loan.owner, to
        for call in loan.open():
            if call.assignee == outgoing:
                call.assignee = to
                if call.told is not None:
                    self._announce_again(loan, call, minute)

    def _tell_others(self, who: str, minute: int) -> None:
        """Announce a member's calls again to who acts for them now, if they were announced to another."""
        for loan in self.loans.values():
            for call in loan.open():
                if call.assignee == who and call.told not in (None, self._acting(who, minute)):
                    self._announce_again(loan, call, minute)

    # When it is announced.

    def _place(self, loan: Loan, call: Call, minute: int, *, at: int | None = None, day: date | None = None) -> None:
        """Plan a call, or move it, for a minute or a date."""
        office = self._office(call.assignee)
        if call not in loan.calls:
            call.created = minute
            loan.calls.append(call)
        call.planned, call.at, call.told, call.escalated = minute, at, None, False
        if at is not None:
            call.day = office.date_of(at)
            call.ends = call.remind = at
        else:
            assert day is not None
            call.day = day
            start, end = office.spans[office.on_or_after(day)]
            call.ends = end
            if office.date_of(minute) < office.on_or_after(day):
                call.remind = start
            else:
                before = max(start, end - NOTICE_ON_THE_DAY)
                call.remind = before if minute < before else end
        self._expect(loan, call)

    def _announce_again(self, loan: Loan, call: Call, minute: int) -> None:
        office = self._office(call.assignee)
        call.told, call.escalated = None, False
        agreed_today = call.at is not None and office.date_of(call.at) == office.date_of(minute)
        call.remind = minute if agreed_today else office.next_minute(minute)
        self._expect(loan, call)

    def _expect(self, loan: Loan, call: Call) -> None:
        late = call.remind if call.at is not None else max(call.remind, call.ends)
        call.escalate = self._office(call.assignee).later(late, HOURS_TO_ACT * 60)
        self._put(call.remind, "remind", loan, call)
        self._put(call.escalate, "escalate", loan, call)

    def _office(self, who: str) -> Office:
        return self.offices[self.people[who].office]

    def _put(self, minute: int, kind: str, loan: Loan | None, call: Call | None, who: str = "") -> None:
        heappush(self._agenda, (minute, next(self._order), kind, loan, call, who))

    def _run(self, until: int) -> None:
        """Let everything happen that falls due until that minute."""
        while self._agenda and self._agenda[0][0] <= until:
            minute, _, kind, loan, call, who = heappop(self._agenda)
            if kind == "day":
                for each in self.loans.values():
                    self._replan(each, minute)
            elif kind == "back":
                self.away.pop(who, None)
                self._tell_others(who, minute)
            elif loan is None or call is None or call.state != "open":
                continue
            elif kind == "remind" and call.remind == minute and call.told is None:
                call.told = self._acting(call.assignee, minute)
                self.expected.append(Announcement(minute, call.told, loan.number, call.purpose))
            elif kind == "escalate" and call.escalate == minute and call.told and not call.escalated:
                call.escalated = True
                team = self.people[call.assignee].team
                self.escalations.append(Announcement(minute, team, loan.number, call.purpose))


def replace_rule(call: Call, rule: str | None) -> Call:
    """Return the call, as one that a member moved."""
    call.rule = rule
    return call


def due_date_on_or_before(day: date, due_day: int) -> date:
    """Return the last day of a month's instalments on or before a date; in a short month it is the month's last day."""
    while True:
        following = day + timedelta(days=1)
        is_last = following.month != day.month
        if day.day == due_day or (is_last and day.day < due_day):
            return day
        day -= timedelta(days=1)
