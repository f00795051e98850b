"""An independent model of the cadence: what the desk should have announced, when and to whom, given what happened.

It follows docs/cadence.md, and docs/repayment.md about promises, rule by rule, plans each call from the facts alone, and shares
no code with the desk.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

from tests.simulation import appointments, pickups
from tests.simulation.announcing import Announcer
from tests.simulation.days import LENDER_ZONE, Office, instant, minute_of
from tests.simulation.facts import (
    Announcement,
    Away,
    Booked,
    Called,
    DebitFailed,
    Fact,
    Moved,
    Opened,
    Paid,
    Paused,
    Person,
    Reassigned,
    Rebooked,
    Scheduled,
    Settled,
    Snoozed,
    Staged,
    Undone,
)
from tests.simulation.ledger import Ledger, cents
from tests.simulation.loans import ABOUT_MONEY, Call, Loan, lender_date
from tests.simulation.money_rules import AGAIN, RULES_ABOUT_MONEY, is_due_again, stands_for, wanted

ATTEMPTS = ("no_answer", "busy", "voicemail", "unverified", "unreachable", "wrong_number")
NEXT_MORNING = ("unreachable", "wrong_number")
CHECKS = ("identity", "income", "employer", "vehicle")
ENDED = ("declined", "closed", "withdrawn", "written_off")
RETRY_AFTER, ATTEMPTS_A_DAY = 180, 3
CHECKS_A_DAY = 8

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

FOLLOWED_BY = {"inquiry": ("inquiry_again", 2), "inquiry_again": ("inquiry_last", 5)}


class Model:
    """Replays facts in order. `expected` is what should have been announced, `escalations` what the managers should hear."""

    def __init__(self, people: Iterable[Person], offices: Mapping[str, Office]) -> None:
        self.loans: dict[str, Loan] = {}
        self.unexplained: list[str] = []
        self._announcer = Announcer(people, offices)

    @property
    def expected(self) -> list[Announcement]:
        return self._announcer.expected

    @property
    def appointments(self) -> list[Announcement]:
        return self._announcer.appointments

    @property
    def escalations(self) -> list[Announcement]:
        return self._announcer.escalations

    def replay(self, facts: Sequence[Fact], until: int) -> None:
        """Replay the facts, and announce everything that falls due before `until`."""
        day = instant(facts[0].minute).astimezone(LENDER_ZONE).date()
        while (midnight := minute_of(datetime.combine(day, time(0), LENDER_ZONE))) < until:
            self._announcer.later(midnight, self._replan_all)
            day += timedelta(days=1)
        for fact in facts:
            self._announcer.run(fact.minute)
            self._take(fact)
        self._announcer.run(until - 1)

    # What happens.

    def _take(self, fact: Fact) -> None:
        match fact:
            case Opened():
                loan = self.loans[fact.loan] = Loan(fact.loan, fact.owner, fact.stage, fact.due_day)
                self._plan_for_stage(loan, None, fact.minute)
            case Staged():
                self._enter(self.loans[fact.loan], fact.stage, fact.minute)
            case Called() | Moved() | Snoozed() | Undone():
                self._take_of_call(self.loans[fact.loan], fact)
            case Scheduled() | Paid() | Paused() | DebitFailed():
                self._take_of_repayment(self.loans[fact.loan], fact)
            case Booked() | Rebooked() | Settled():
                appointments.take(self._announcer, self.loans[fact.loan], fact)
                if fact.kind == "pickup":
                    pickups.follow(self._announcer, self.loans[fact.loan], fact.minute)
            case Away():
                self._announcer.away[fact.who] = fact
                self._tell_others(fact.who, fact.minute)
                back = self._announcer.office_of(fact.who).minute_of(fact.until + timedelta(days=1), time(0))
                self._announcer.later(back, partial(self._come_back, fact.who))
            case Reassigned():
                self._reassign(self.loans[fact.loan], fact.to, fact.minute)
            case _:
                raise AssertionError(f"the model does not know {fact}")

    def _take_of_call(self, loan: Loan, fact: Called | Moved | Snoozed | Undone) -> None:
        if isinstance(fact, Undone):
            loan.take_back()
            for call in loan.open():
                self._announcer.resume(loan, call, fact.minute)
            return
        loan.remember()
        call = self._meant(loan, fact)
        match fact:
            case _ if call is None:
                self.unexplained.append(f"no call is open: {fact}")
            case Called():
                self._called(loan, call, fact)
            case Moved():
                call.rule = None
                self._announcer.place(loan, call, fact.minute, at=fact.to)
            case Snoozed():
                self._announcer.snooze(loan, call, fact.minute, fact.until)

    def _take_of_repayment(self, loan: Loan, fact: Scheduled | Paid | Paused | DebitFailed) -> None:
        match fact:
            case Scheduled():
                loan.ledger = Ledger(tuple((day, cents(amount)) for day, amount in fact.rows))
            case Paused():
                return self._pause(loan, fact.ends, fact.minute)
            case Paid():
                if fact.by_file:
                    self._announcer.note_payments(self.loans.values(), fact.minute)
                loan.pay(cents(fact.amount), fact.minute)
            case DebitFailed():
                loan.unpaid_since = fact.since
        return self._replan(loan, fact.minute)

    def _enter(self, loan: Loan, stage: str, minute: int) -> None:
        before, loan.stage, loan.entered = loan.stage, stage, minute
        for call in loan.open():
            if call.rule in ENDS_WITH.get(before, ()) or (
                call.rule and call.purpose in PURPOSES_THAT_END.get(stage, ())
            ):
                call.state = "cancelled"
        if stage in ENDED:
            for call in loan.open():
                if (stage, call.purpose) != ("declined", "decision"):  # a declined loan keeps or gets one
                    call.state = "ended"
            for appointment in loan.appointments:
                appointment.state = "cancelled" if appointment.is_open else appointment.state
        self._plan_for_stage(loan, before, minute)

    def _called(self, loan: Loan, call: Call, fact: Called) -> None:
        if fact.outcome in ATTEMPTS:
            self._attempted(loan, call, fact)
        elif call.purpose in CHECKS and fact.outcome not in ("confirmed", "failed"):
            call.escalated = True
        else:
            if fact.outcome == "failed":
                call.managers_know = False
                self._announcer.tell_managers(loan, call, fact.minute)
            call.state, call.closed, call.outcome = "done", fact.minute, fact.outcome
            self._answered(loan, call, fact)
            if call.purpose == "pickup":
                pickups.follow(self._announcer, loan, fact.minute)

    def _attempted(self, loan: Loan, call: Call, fact: Called) -> None:
        office = self._announcer.office_of(call.assignee)
        loan.attempts.append(fact.minute)
        today = office.date_of(fact.minute)
        tried = sum(office.date_of(each) == today for each in loan.attempts)
        if fact.next_at is not None:
            call.rule = None
            self._announcer.place(loan, call, fact.minute, at=fact.next_at)
        elif fact.outcome in NEXT_MORNING or tried >= ATTEMPTS_A_DAY:
            morning = office.spans[office.working_days_after(today, 1)][0]
            self._announcer.place(loan, call, fact.minute, at=office.next_callable(morning))
        else:
            later = office.next_minute(office.later(fact.minute, RETRY_AFTER))
            self._announcer.place(loan, call, fact.minute, at=office.next_callable(later))

    def _answered(self, loan: Loan, call: Call, fact: Called) -> None:
        asked = call.purpose == "promise" or bool(loan.open("promise"))
        if fact.outcome in ("paid", "part_paid"):
            whole = loan.ledger.left[0][1] if loan.ledger and loan.ledger.left else None
            amount = cents(fact.amount) if fact.amount is not None else whole
            if loan.ledger is None:
                loan.settle_by_due_day(fact.minute)
            elif amount is not None:
                loan.pay(amount, fact.minute)
        if fact.next_at is not None or fact.next_on is not None:
            promise = fact.outcome in ("promised", "part_paid")
            purpose = "promise" if promise else call.purpose
            about = call.instalment if purpose in ABOUT_MONEY else None
            new = Call(purpose, call.assignee, None, about)
            self._announcer.place(loan, new, fact.minute, at=fact.next_at, day=fact.next_on)
            if promise:
                loan.promise(new.day, fact.minute, of_rest=fact.outcome == "part_paid", replaces=asked)
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
            self._plan(loan, rule, "conditions", loan.owner, fact.minute, days=days)
        again = AGAIN.get(call.rule or "")
        if again is None or call.instalment is None or loan.open("overdue") or not loan.in_arrears(fact.minute):
            return
        days, most = again
        trigger = (call.rule or "", call.instalment)
        if sum(each.trigger == trigger for each in loan.calls) < most:
            new = Call("overdue", self._collector(loan, call.rule or ""), call.rule, call.instalment, trigger)
            office = self._announcer.office_of(new.assignee)
            day = office.on_or_after(office.date_of(fact.minute) + timedelta(days=days))
            self._announcer.place(loan, new, fact.minute, day=max(day, office.unfinished_day(fact.minute)))

    # What is planned.

    def _plan_for_stage(self, loan: Loan, before: str | None, minute: int) -> None:
        self._replan(loan, minute)
        owner = loan.owner
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
            case "declined" if not loan.open("decision"):
                self._plan(loan, "declined", "decision", owner, minute, hours=4)
            case "disbursed" if before is not None:
                if not loan.open("plan"):
                    self._plan(loan, "plan", "plan", owner, minute, working_days=3)
                if not loan.open("feedback"):
                    since = pickups.picked_up(loan)
                    self._plan(loan, "satisfaction", "feedback", owner, minute, days=7, since=since)
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
        since: int | None = None,
    ) -> None:
        office, call = self._announcer.office_of(assignee), Call(purpose, assignee, rule)
        today = office.date_of(minute)
        if hours:
            at = office.next_minute(office.later(minute, hours * 60))
        elif morning:
            at = office.spans[office.working_days_after(today, morning)][0]
        else:
            day = office.working_days_after(today, working_days)
            if days:
                day = office.on_or_after(office.date_of(since or minute) + timedelta(days=days))
            return self._announcer.place(loan, call, minute, day=max(day, office.unfinished_day(minute)))
        return self._announcer.place(loan, call, minute, at=office.next_callable(at))

    def _plan_check(self, loan: Loan, minute: int) -> None:
        assignee = self._least_busy(loan, "verifier")
        office = self._announcer.office_of(assignee)
        day = office.working_days_after(office.date_of(minute), 1)
        while self._checks_on(assignee, day) >= CHECKS_A_DAY:
            day = office.working_days_after(day, 1)
        at = office.next_callable(office.spans[day][0])
        self._announcer.place(loan, Call("identity", assignee, "application"), minute, at=at)

    def _pause(self, loan: Loan, ends: date, minute: int) -> None:
        """Pause the instalments of a loan; unless a rule plans a call now, one asks for the instalments after the pause."""
        loan.pauses.append((lender_date(minute), ends))
        known = len(loan.calls)
        self._replan(loan, minute)
        if len(loan.calls) == known:
            day = self._announcer.office_of(loan.owner).on_or_after(ends)
            self._announcer.place(loan, Call("repayment", loan.owner, "pause"), minute, day=day)

    def _replan(self, loan: Loan, minute: int) -> None:
        """Plan the calls about the oldest unpaid instalment, and cancel those about another, or of another bucket."""
        due = wanted(loan, minute)
        for call in loan.open("repayment", "overdue"):
            if call.rule in RULES_ABOUT_MONEY and (call.rule, call.instalment) not in due:
                call.state = "cancelled"
        for rule, day in due:
            promised = any(call.instalment in (None, day) for call in loan.open("promise"))
            made = any(
                call.purpose == "promise" and call.instalment == day and call.state == "done" for call in loan.calls
            )
            if not promised and not (made and rule.startswith("instalment")):
                self._plan_about_money(loan, rule, day, minute)

    def _replan_all(self, minute: int) -> None:
        for loan in self.loans.values():
            self._replan(loan, minute)

    def _plan_about_money(self, loan: Loan, rule: str, day: date, minute: int) -> None:
        purpose = "overdue" if rule.startswith("arrears") else "repayment"
        about = [each for each in loan.calls if each.purpose == purpose and each.state in ("open", "done")]
        second = rule == "instalment_eve"
        if any(stands_for(each, rule, day) for each in about) and not is_due_again(loan, rule, day, minute):
            return
        if purpose == "overdue":
            assignee = self._collector(loan, rule)
            office = self._announcer.office_of(assignee)
            due = max(office.date_of(minute), office.unfinished_day(minute))
        else:
            assignee = loan.owner
            office = self._announcer.office_of(assignee)
            due = max(office.working_days_before(day, 1 if second else 3), office.unfinished_day(minute))
            if day < lender_date(minute) or (
                second and (due >= day or any(each.day == due for each in about if each.instalment == day))
            ):
                return
        self._announcer.place(loan, Call(purpose, assignee, rule, day, (rule, day)), minute, day=due)

    # Who makes a call.

    def _collector(self, loan: Loan, rule: str) -> str:
        return self._least_busy(loan, "manager" if rule == "arrears_m3" else "collector")

    def _least_busy(self, loan: Loan, role: str) -> str:
        team = self._announcer.people[loan.owner].team
        found = [each for each in self._announcer.people.values() if each.team == team and each.role == role]
        there = [each for each in found if self._announcer.acting(each.slack_id) == each.slack_id] or found
        held = Counter(call.assignee for each in self.loans.values() for call in each.open())
        return min(there, key=lambda each: (held[each.slack_id], each.name.casefold())).slack_id

    def _checks_on(self, assignee: str, day: date) -> int:
        calls = (call for loan in self.loans.values() for call in loan.open(*CHECKS))
        return sum(call.assignee == assignee and call.day == day for call in calls)

    def _meant(self, loan: Loan, fact: Called | Moved | Snoozed) -> Call | None:
        def rank(call: Call) -> tuple[bool, bool, int]:
            acting = (call.assignee, self._announcer.acting(call.assignee))
            return call.remind != fact.reminded, fact.who not in acting, call.ends

        return min(loan.open(fact.purpose), key=rank, default=None)

    def _reassign(self, loan: Loan, to: str, minute: int) -> None:
        outgoing, loan.owner = loan.owner, to
        for each in loan.appointments:
            if each.is_open and each.who == outgoing:
                each.who = to
                if each.told and each.at > minute:
                    self._announcer.remind_of(loan, each, minute)
        for call in loan.open():
            if call.assignee == outgoing:
                call.assignee = to
                if call.known_to is not None:
                    self._announcer.announce_again(loan, call, minute)

    def _come_back(self, who: str, minute: int) -> None:
        self._announcer.away.pop(who, None)
        self._tell_others(who, minute)

    def _tell_others(self, who: str, minute: int) -> None:
        """Announce a member's calls again to who acts for them now, if they were announced to another."""
        for loan in self.loans.values():
            for call in loan.open():
                if call.assignee == who and call.known_to not in (None, self._announcer.acting(who)):
                    self._announcer.announce_again(loan, call, minute)
