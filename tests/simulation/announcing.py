"""When each planned call is announced, to whom, and when the managers hear of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from tests.simulation.days import Office
from tests.simulation.facts import Announcement, Away, Person
from tests.simulation.loans import PATIENCE, Appointment, Call, Loan

HOURS_TO_ACT = 4
NOTICE_ON_THE_DAY = 120
SNOOZES_BEFORE_TELLING = 3
PAYMENTS_LAST = 31 * 24 * 60
UNTIL_BROKEN = PATIENCE + timedelta(days=1)

Act = Callable[[int], None]
"""What happens in a minute, which it is given."""


class Announcer:
    """Announces calls as time passes, and does what else falls due.

    `expected` is what should have been announced, `appointments` of which appointments members should have been reminded, and
    `escalations` what the managers should hear.
    """

    def __init__(self, people: Iterable[Person], offices: Mapping[str, Office]) -> None:
        self.people = {person.slack_id: person for person in people}
        self.offices = offices
        self.away: dict[str, Away] = {}
        self.expected: list[Announcement] = []
        self.escalations: list[Announcement] = []
        self._payments_at: int | None = None
        self.appointments: list[Announcement] = []
        self._agenda: list[tuple[int, int, Act]] = []
        self._order = count()

    def office_of(self, who: str) -> Office:
        """Return the office of a member."""
        return self.offices[self.people[who].office]

    def acting(self, who: str) -> str:
        """Return the member who makes a member's calls now: their cover or manager while they are away."""
        absence = self.away.get(who)
        if absence is None:
            return who
        team = self.people[who].team
        return absence.cover or next(p.slack_id for p in self.people.values() if (p.team, p.role) == (team, "manager"))

    def later(self, minute: int, act: Act) -> None:
        """Have something happen in that minute, after what was planned for it before."""
        heappush(self._agenda, (minute, next(self._order), act))

    def run(self, until: int) -> None:
        """Let everything happen that falls due until that minute."""
        while self._agenda and self._agenda[0][0] <= until:
            minute, _, act = heappop(self._agenda)
            act(minute)

    def place(self, loan: Loan, call: Call, minute: int, *, at: int | None = None, day: date | None = None) -> None:
        """Plan a call, or move it, for a minute or a date."""
        office = self.office_of(call.assignee)
        if call not in loan.calls:
            call.created = minute
            loan.calls.append(call)
        call.at, call.told, call.escalated, call.snoozes, call.managers_know = at, None, False, 0, False
        call.snoozed_by = None
        if at is not None:
            call.day = office.date_of(at)
            call.ends = call.remind = at
        else:
            assert day is not None
            call.day = day
            counts_on = office.on_or_after(day + UNTIL_BROKEN if self._waits_for_payment(call, minute) else day)
            start, end = office.spans[counts_on]
            call.ends = end
            if office.date_of(minute) < counts_on:
                call.remind = start
            else:
                before = max(start, end - NOTICE_ON_THE_DAY)
                call.remind = before if minute < before else end
        self._expect(loan, call)

    def note_payments(self, loans: Iterable[Loan], minute: int) -> None:
        """Take note that the lender's payments reach the desk; at first, the calls about promises begin to wait for them."""
        is_first = not self._payments_reach(minute)
        self._payments_at = minute
        for loan in loans if is_first else ():
            for call in loan.open("promise"):
                if call.at is None and call.told is None and not call.snoozes:
                    self.place(loan, call, minute, day=call.day)

    def _payments_reach(self, minute: int) -> bool:
        return self._payments_at is not None and minute - self._payments_at <= PAYMENTS_LAST

    def _waits_for_payment(self, call: Call, minute: int) -> bool:
        return call.purpose == "promise" and call.at is None and self._payments_reach(minute)

    def announce_again(self, loan: Loan, call: Call, minute: int) -> None:
        """Have a call announced, now or with the next work, to the member who makes it then."""
        office = self.office_of(call.assignee)
        call.told, call.snoozed_by, call.escalated = None, None, False
        agreed_today = call.at is not None and office.date_of(call.at) == office.date_of(minute)
        call.remind = minute if agreed_today else office.next_minute(minute)
        self._expect(loan, call)

    def snooze(self, loan: Loan, call: Call, minute: int, until: str) -> None:
        """Have a call announced again later, and the managers hear of the third time."""
        office = self.office_of(call.assignee)
        morning = office.spans[office.working_days_after(office.date_of(minute), 1)][0]
        call.snoozed_by, call.told, call.escalated = call.told, None, False
        call.remind = {"quarter": minute + 15, "hour": minute + 60, "morning": morning}[until]
        call.snoozes += 1
        if call.snoozes >= SNOOZES_BEFORE_TELLING:
            self.tell_managers(loan, call, minute)
        self._expect(loan, call)

    def resume(self, loan: Loan, call: Call, minute: int) -> None:
        """Have a call that is as it was before be escalated when its time comes, or now if that is over."""
        call.escalate = max(call.escalate, minute)
        self.later(call.remind, partial(self._remind, loan, call))
        self.later(call.escalate, partial(self._escalate, loan, call))

    def remind_of(self, loan: Loan, appointment: Appointment, minute: int) -> None:
        """Have the member be reminded of an appointment an hour before it, or now if that is over."""
        appointment.remind, appointment.told = max(appointment.at - 60, minute), False
        self.later(appointment.remind, partial(self._remind_of, loan, appointment))

    def _remind_of(self, loan: Loan, appointment: Appointment, minute: int) -> None:
        if appointment.is_open and not appointment.told and appointment.remind == minute:
            appointment.told = True
            to = self.acting(appointment.who)
            self.appointments.append(Announcement(minute, to, loan.number, appointment.kind))

    def tell_managers(self, loan: Loan, call: Call, minute: int) -> None:
        """Have the managers hear of a call now, unless they have been told since it was planned or moved."""
        if call.managers_know:
            return
        call.managers_know = True
        team = self.people[call.assignee].team
        self.escalations.append(Announcement(minute, team, loan.number, call.purpose))

    def _expect(self, loan: Loan, call: Call) -> None:
        late = call.remind if call.at is not None else max(call.remind, call.ends)
        call.escalate = self.office_of(call.assignee).later(late, HOURS_TO_ACT * 60)
        self.later(call.remind, partial(self._remind, loan, call))
        self.later(call.escalate, partial(self._escalate, loan, call))

    def _remind(self, loan: Loan, call: Call, minute: int) -> None:
        if call.state == "open" and call.remind == minute and call.told is None:
            call.told, call.snoozed_by = self.acting(call.assignee), None
            self.expected.append(Announcement(minute, call.told, loan.number, call.purpose))

    def _escalate(self, loan: Loan, call: Call, minute: int) -> None:
        if call.state == "open" and call.escalate == minute and call.told and not call.escalated:
            call.escalated = True
            self.tell_managers(loan, call, minute)
