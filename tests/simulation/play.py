"""Play a simulation: time jumps from one instant at which something falls due or happens to the next."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from tests.simulation import lives
from tests.simulation.answers import Answers
from tests.simulation.appointing import Appointments
from tests.simulation.days import LENDER_ZONE, Office, minute_of
from tests.simulation.facts import (
    Announcement,
    Away,
    DebitFailed,
    Fact,
    Opened,
    Paid,
    Paused,
    Post,
    Reassigned,
    Scheduled,
    Staged,
)
from tests.simulation.ledger import Ledger, cents
from tests.simulation.lives import Life
from tests.simulation.world import NUMBER, RefusedError, World

LOOKS = (0, 4, 8, 12, 16, 20, 22, 23)
"""The hours, in UTC, at which the worker does a round in any case: midnight in each zone is among them."""

PAUSED = 0.25
"""The share of loans with a schedule whose instalments are paused for a while."""

HEADER = "number,name,phone,stage,owner,amount,due day,autopay,unpaid since"

Act = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Play:
    """A simulation in progress. `facts` is what people did, `posts` and `escalations` what the desk posted.

    `stated` is what the desk said of each schedule when it was entered, `cards` what each loan's card says at the end.
    """

    world: World
    offices: Mapping[str, Office]
    random: Random
    first: date
    days: int
    stop: int | None = None
    facts: list[Fact] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    escalations: list[Post] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stated: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    by_number: dict[str, Life] = field(default_factory=dict)
    absent: dict[str, tuple[date, date]] = field(default_factory=dict)
    answers: Answers = field(init=False)
    appointments: Appointments = field(init=False)
    _agenda: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _order: count = field(default_factory=count)
    _is_news: bool = False

    def __post_init__(self) -> None:
        self.answers = Answers(self)
        self.appointments = Appointments(self)

    @property
    def end(self) -> datetime:
        """When the simulation ends: after `stop` days if it is stopped before."""
        return datetime.combine(self.first + timedelta(days=self.stop or self.days), time(0), LENDER_ZONE)

    @property
    def _last(self) -> date:
        return self.first + timedelta(days=self.days)

    @property
    def minute(self) -> int:
        """The present minute."""
        return minute_of(self.world.clock.now())

    async def run(self, borrowers: Sequence[Life]) -> None:
        """Play from the first to the last day."""
        for day, is_worked in lives.OWN_DAYS.items():
            await self.world.type("UADMIN", f"/loan-team calendar {day} {'work' if is_worked else 'off'} Our own")
        self._plan_lives(borrowers)
        self._plan_absences()
        while True:
            now = self.world.clock.now()
            due = await self.world.next_due()
            look_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            while look_at.hour not in LOOKS:
                look_at += timedelta(hours=1)
            at = min(look_at, due or look_at)
            if min(at, self._agenda[0][0] if self._agenda else at) >= self.end:
                break
            if self._agenda and self._agenda[0][0] < at:
                at, _, act = heappop(self._agenda)
                self.world.clock.set(max(now, at))
                if self._is_news:
                    await self.round()
                try:
                    await act()
                except RefusedError as refused:
                    self.refused.append(str(refused))
                self._is_news = True
                continue
            self.world.clock.set(max(now, at))
            await self.round()
        self.world.clock.set(self.end)
        for number, life in self.by_number.items():
            if life.ledger is not None and life.stage == "disbursed":
                self.cards[number] = await self.world.card(life.owner, number)

    def later(self, minute: int, act: Act) -> None:
        """Plan an act for half past that minute."""
        heappush(self._agenda, (lives.at_half_past(minute), next(self._order), act))

    def office_of(self, who: str) -> Office:
        """Return the office of a member."""
        return self.offices[self.world.people[who].office]

    def is_away(self, who: str) -> bool:
        """Return whether the member is away today."""
        from_day, until = self.absent.get(who, (date.max, date.min))
        return from_day <= self.office_of(who).date_of(self.minute) <= until

    async def enter_stage(self, life: Life, stage: str) -> None:
        """Move a loan to a stage, as its owner types it or as the lender's file says."""
        if life.stage in ("withdrawn", "closed", "declined") or not life.number:
            return
        if life.has_failed and not life.by_file:
            return  # refused to all but a manager
        owner = self.present(life.owner)
        if life.by_file:
            await self.world.import_file(HEADER, [self._line(life, stage)])
        else:
            await self.world.type(owner, f"/loan-stage {life.number} {stage}")
        life.stage = stage
        self.facts.append(Staged(self.minute, life.number, stage))
        await self.appointments.perhaps_book(life)
        if stage == "disbursed" and life.autopay_on is None:
            self.later(self.office_of(owner).later(self.minute, 50), partial(self.give_schedule, life))
        if stage == "disbursed" and life.autopay_on is not None:
            self._plan_debits(life)

    async def decline(self, life: Life) -> None:
        """Have a manager decline a loan whose check has failed, unless it has gone on: a file may say so."""
        if life.stage == "application":
            await self.world.type(self.manager_of(life.owner), f"/loan-stage {life.number} declined")
            life.stage = "declined"
            self.facts.append(Staged(self.minute, life.number, "declined"))

    async def give_schedule(self, life: Life) -> None:
        """Enter the schedule of a loan that was paid out, the lender's or a computed one."""
        owner = self.present(life.owner)
        today = self.office_of(owner).date_of(self.minute)
        life.first_due = today + timedelta(days=self.random.randrange(5, 40))
        life.rows = lives.schedule_of(life, life.first_due)
        if life.computed:
            values = {
                "Amount": str(life.amount),
                "Rate in percent": str(life.rate),
                "Months": str(life.months),
                "First due date": str(life.first_due),
            }
            said = await self.world.form(owner, life.number, "Payments", "Compute a schedule", values)
        else:
            lines = "\n".join(f"{day} {amount:.2f}" for day, amount in life.rows)
            values = {"Instalments": lines}
            said = await self.world.form(owner, life.number, "Payments", "Enter the lender's schedule", values)
        self.stated[life.number] = said
        life.ledger = Ledger(tuple((day, cents(amount)) for day, amount in life.rows))
        self.facts.append(Scheduled(self.minute, life.number, tuple(life.rows)))
        if self.random.random() < PAUSED:
            office = self.office_of(life.owner)
            days = self.random.randrange(2, 15 + self.days // 4)
            self.later(lives.some_days_on(self.random, office, self.minute, days), partial(self.pause, life))
        for day, _ in life.rows:
            if day < self._last and self.random.random() < life.pays_well:
                office = self.office_of(life.owner)
                on = office.working_days_before(day, self.random.randrange(0, 6))
                self.later(
                    lives.some_days_on(self.random, office, minute_of(_noon(on, office)), 0), partial(self.pay, life)
                )

    async def pay(self, life: Life) -> None:
        """Record by form that a loan's oldest instalment was paid."""
        today = self.world.clock.now().astimezone(LENDER_ZONE).date()
        if not life.ledger or not life.ledger.left or life.paid_on == today or life.stage != "disbursed":
            return
        amount = life.ledger.left[0][1]
        if len(life.ledger.left) > 1 and self.random.random() < 0.1:
            amount += life.ledger.left[1][1]
        said = Decimal(amount) / 100
        owner = self.present(life.owner)
        by_file = life.by_file and self._sends_payments(today)
        if by_file and life.paid_on is not None and today - life.paid_on < timedelta(days=5):
            return  # the lender books what a member recorded: not another payment
        if by_file:
            await self.world.import_payment(life.number, today, said)
        else:
            values = {"Paid on": str(today), "Amount": f"{said:.2f}"}
            await self.world.form(owner, life.number, "Payments", "Record a payment", values)
        self.paid(life, amount)
        self.facts.append(Paid(self.minute, life.number, said, by_file))

    async def pause(self, life: Life) -> None:
        """Pause the instalments of a loan for some weeks."""
        if not life.ledger or not life.ledger.left or life.stage != "disbursed":
            return
        today = self.world.clock.now().astimezone(LENDER_ZONE).date()
        ends = today + timedelta(days=self.random.randrange(8, 45))
        kind = self.random.choice(("extension", "hardship"))
        values = {"Kind": kind, "From": str(today), "Until before": str(ends), "Reason": "agreed with the lender"}
        owner = self.present(life.owner)
        await self.world.form(owner, life.number, "Payments", "Pause the instalments", values)
        self.facts.append(Paused(self.minute, life.number, ends))

    def _sends_payments(self, today: date) -> bool:
        """Return whether the lender sends files of payments: in the second third of the simulation."""
        return self.days // 3 <= (today - self.first).days < self.days * 2 // 3

    def paid(self, life: Life, amount: int) -> None:
        """Note a payment; a loan that is paid off is closed on the next day."""
        assert life.ledger is not None
        life.ledger.pay(amount)
        life.paid_on = self.world.clock.now().astimezone(LENDER_ZONE).date()
        if not life.ledger.left:
            at = lives.some_days_on(self.random, self.office_of(life.owner), self.minute, 1)
            self.later(at, partial(self.enter_stage, life, "closed"))

    async def round(self) -> None:
        """Have the worker do what is due now, and plan the answers to what it posts."""
        self._is_news = False
        reminders, escalations = await self.world.round()
        for reminder in reminders:
            self.posts.append(reminder.post)
            self.answers.plan(reminder)
        for post in escalations:
            self.escalations.append(post)
            self.answers.plan_for_manager(post)

    def _plan_lives(self, borrowers: Sequence[Life]) -> None:
        for life in borrowers:
            if life.starts_as == "inquiry":
                office = self.office_of(life.owner)
                at = lives.some_days_on(self.random, office, minute_of(life.begins), 0)
                if office.date_of(at) >= self.first:
                    self.later(at, partial(self._inquire, life))
        by_day: dict[datetime, list[Life]] = {}
        for life in borrowers:
            if life.starts_as != "inquiry":
                by_day.setdefault(life.begins, []).append(life)
        for at, some in sorted(by_day.items()):
            self.later(minute_of(at), partial(self._import, some))

    async def _inquire(self, life: Life) -> None:
        owner = life.owner = self.present(life.owner)
        reply = await self.world.type(owner, f"/loan new {life.name} {life.phone}")
        number = NUMBER.search(reply.full_text)
        assert number is not None
        life.number, life.stage = number[0], "inquiry"
        self._opened(life)

    async def _import(self, some: Sequence[Life]) -> None:
        for life in some:
            life.owner = self.present(life.owner)
            life.stage = life.starts_as
        await self.world.import_file(HEADER, [self._line(life, life.stage) for life in some])
        for life in some:
            self._opened(life)
            if life.stage == "disbursed" and life.autopay_on is None:
                office = self.office_of(life.owner)
                at = lives.some_days_on(self.random, office, self.minute, 0)
                self.later(at, partial(self.give_schedule, life))
            elif life.stage == "disbursed":
                self._plan_debits(life)

    def _opened(self, life: Life) -> None:
        self.by_number[life.number] = life
        self.facts.append(Opened(self.minute, life.number, life.owner, life.stage, life.autopay_on))
        office, minute = self.office_of(life.owner), self.minute
        for days, stage in life.steps:
            minute = lives.some_days_on(self.random, office, minute, days)
            self.later(minute, partial(self.enter_stage, life, stage))

    def _plan_debits(self, life: Life) -> None:
        """Plan what the lender's file says of a loan on autopay: now and then a debit fails, and is made good days later."""
        assert life.autopay_on is not None
        day = self.world.clock.now().astimezone(LENDER_ZONE).date()
        while (day := day + timedelta(days=1)) < self._last:
            is_last = (day + timedelta(days=1)).month != day.month
            if day.day != life.autopay_on and not (is_last and day.day < life.autopay_on):
                continue
            if self.random.random() < 0.3:
                told = lives.lender_minute(day + timedelta(days=1), time(6, 10))
                self.later(told, partial(self._tell_debit, life, day))
                good = day + timedelta(days=self.random.randrange(3, 20))
                self.later(lives.lender_minute(good, time(6, 20)), partial(self._tell_debit, life, None))

    async def _tell_debit(self, life: Life, since: date | None) -> None:
        if life.stage == "disbursed":
            await self.world.import_file(HEADER, [self._line(life, life.stage, since)])
            self.facts.append(DebitFailed(self.minute, life.number, since))

    def _line(self, life: Life, stage: str, since: date | None = None) -> str:
        autopay = f"{life.autopay_on},yes" if life.autopay_on else ",no"
        return f"{life.number},{life.name},{life.phone},{stage},{life.owner},{life.amount},{autopay},{since or ''}"

    def _plan_absences(self) -> None:
        for day, until, who, cover in lives.absences(
            self.random, list(self.world.people.values()), self.first, self.days
        ):
            office = self.office_of(who)
            begin = office.on_or_after(day)
            if begin <= until:
                at = lives.some_days_on(self.random, office, minute_of(_noon(begin, office)), 0)
                self.later(at, partial(self._go_away, who, until, cover))

    async def _go_away(self, who: str, until: date, cover: str | None) -> None:
        words = f" cover <@{cover}>" if cover else ""
        manager = self.manager_of(who)
        await self.world.type(manager, f"/loan-team away <@{who}> until {until}{words}")
        self.absent[who] = self.office_of(who).date_of(self.minute), until
        self.facts.append(Away(self.minute, who, until, cover))

    async def reassign(self, life: Life) -> None:
        """Give a loan to another agent of the team."""
        people = self.world.people
        mates = [p.slack_id for p in people.values() if (p.team, p.role) == (people[life.owner].team, "agent")]
        there = [each for each in mates if each != life.owner and not self.is_away(each)]
        if there and life.stage not in ("closed", "withdrawn", "declined"):
            to = self.random.choice(there)
            await self.world.type(self.manager_of(to), f"/loan-reassign {life.number} <@{to}>")
            outgoing, life.owner = life.owner, to
            self.appointments.hand_over(life, outgoing)
            self.facts.append(Reassigned(self.minute, life.number, to))

    def manager_of(self, who: str) -> str:
        """Return the manager of a member's team."""
        people = self.world.people
        return next(p.slack_id for p in people.values() if (p.team, p.role) == (people[who].team, "manager"))

    def present(self, who: str) -> str:
        """Return the member, or a mate who is there."""
        people = self.world.people
        mates = [p.slack_id for p in people.values() if (p.team, p.role) == (people[who].team, people[who].role)]
        return next(each for each in [who, *mates] if not self.is_away(each))


def announced(posts: Sequence[Post]) -> list[Announcement]:
    """Return what posts announce."""
    return sorted(row for post in posts for row in post.rows)


def _noon(day: date, office: Office) -> datetime:
    return datetime.combine(day, time(12), office.zone)
