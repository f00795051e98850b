"""What borrowers and the lender do in a simulation, drawn with a seed: from the inquiry to the payoff."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from random import Random

from tests.simulation.days import LENDER_ZONE, Office, minute_of
from tests.simulation.facts import Person
from tests.simulation.ledger import Ledger, level_payments

GIVEN = (
    "Anna",
    "Boris",
    "Carla",
    "David",
    "Elena",
    "Felix",
    "Greta",
    "Hugo",
    "Irene",
    "Jonas",
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
)
FAMILY = (
    "Adler",
    "Brandt",
    "Conti",
    "Dumas",
    "Egger",
    "Fuchs",
    "Gruber",
    "Huber",
    "Ivanov",
    "Jansen",
    "王",
    "李",
    "张",
)

STAFF = (
    ("East", "Shanghai", ("lin", "wu", "xu"), ("fang", "gao"), "chen", "zhou"),
    ("West", "Berlin", ("anna", "ben", "clara"), ("dora",), "emil", "frieda"),
)
"""Each team with its office, agents, verifiers, collector and manager."""

CHINESE = ("UFANG", "UGAO", "UCHEN", "UZHOU")
"""The members who read Chinese."""

OWN_DAYS = {date(2026, 3, 20): False, date(2026, 3, 21): True, date(2026, 8, 14): False}
"""The lender's own exceptions to the public calendar: True for a working day."""


def staff() -> list[Person]:
    """Return the members of both teams."""
    found: list[Person] = []
    for team, office, agents, verifiers, collector, manager in STAFF:
        roles = [*((name, "agent") for name in agents), *((name, "verifier") for name in verifiers)]
        roles += [(collector, "collector"), (manager, "manager")]
        found += [Person(f"U{name}".upper(), name, office, team, role) for name, role in roles]
    return found


@dataclass(slots=True)
class Life:
    """A borrower and a loan: how it begins, what comes of it, and what was paid so far. `steps` are (days later, stage)."""

    name: str
    phone: str
    owner: str
    begins: datetime
    starts_as: str
    steps: list[tuple[int, str]]
    amount: Decimal
    rate: Decimal
    months: int
    number: str = ""
    autopay_on: int | None = None
    by_file: bool = False
    has_failed: bool = False
    computed: bool = False
    pays_well: float = 0.5
    ledger: Ledger | None = None
    stage: str = ""
    paid_on: date | None = None
    first_due: date | None = None
    rows: list[tuple[date, Decimal]] = field(default_factory=list)


def lives(random: Random, borrowers: int, first: date, days: int, people: Sequence[Person]) -> Iterator[Life]:
    """Draw the borrowers of a simulation that begins on that date."""
    agents = [person for person in people if person.role == "agent"]
    names = [f"{given} {family}" if given.isascii() else f"{family}{given}" for given, family in product(GIVEN, FAMILY)]
    names = [name for name in names if name.isascii() or len(name) <= 3]
    random.shuffle(names)
    for place in range(borrowers):
        agent = agents[place % len(agents)]
        kind = random.choices(("inquiry", "application", "disbursed"), (30, 40, 30))[0]
        opens_on = first + timedelta(days=0 if kind == "disbursed" else random.randrange(max(1, days * 3 // 5)))
        yield Life(
            name=names[place % len(names)],
            phone=f"139{random.randrange(10**4):04d}{place:04d}",
            owner=agent.slack_id,
            begins=datetime.combine(opens_on, time(7), LENDER_ZONE),
            starts_as=kind,
            steps=_steps(random, kind),
            amount=Decimal(random.randrange(40_000, 240_000, 1000)),
            rate=Decimal(random.choice(("3.6", "4.5", "5.99", "7.2"))),
            months=random.choice((12, 24, 36)) if kind != "disbursed" else random.choice((2, 3, 6, 12)),
            number="" if kind == "inquiry" else f"A-{1000 + place}",
            autopay_on=random.randrange(1, 32) if kind != "inquiry" and random.random() < 0.25 else None,
            by_file=kind != "inquiry" and random.random() < 0.4,
            computed=random.random() < 0.4,
            pays_well=random.choice((0.15, 0.5, 0.9)),
        )


def _steps(random: Random, kind: str) -> list[tuple[int, str]]:
    """Return what becomes of a loan, with the working days from step to step."""
    steps: list[tuple[int, str]] = []
    if kind == "disbursed":
        return steps
    if kind == "inquiry":
        if random.random() < 0.2:
            return [(random.randrange(1, 8), "withdrawn")]
        steps.append((random.randrange(1, 8), "application"))
    if random.random() < 0.15:
        return [*steps, (random.randrange(2, 6), "declined")]
    steps.append((random.randrange(2, 6), "approved"))
    if random.random() < 0.1:
        return [*steps, (random.randrange(1, 4), "withdrawn")]
    return [*steps, (random.randrange(1, 4), "signed"), (random.randrange(1, 4), "disbursed")]


def schedule_of(life: Life, first_due: date) -> list[tuple[date, Decimal]]:
    """Return the instalments of a loan: equal ones, on the same day of each month or on its last."""
    amounts = level_payments(life.amount, life.rate, life.months)
    return [(month_later(first_due, place), Decimal(each) / 100) for place, each in enumerate(amounts)]


def month_later(day: date, months: int) -> date:
    """Return the same day that many months later, in a short month its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def absences(
    random: Random, people: Sequence[Person], first: date, days: int
) -> Iterator[tuple[date, date, str, str | None]]:
    """Yield from when until when a member is away, and who covers: of a team one at a time, no manager, no collector."""
    for team in dict.fromkeys(person.team for person in people):
        day = first + timedelta(days=random.randrange(2, 6))
        mates = [person for person in people if person.team == team and person.role in ("agent", "verifier")]
        while day < first + timedelta(days=days - 10):
            away = random.choice(mates)
            until = day + timedelta(days=random.randrange(0, 6))
            covers = [p for p in mates if p.role == away.role and p is not away]
            yield day, until, away.slack_id, random.choice([*(p.slack_id for p in covers), None])
            day = until + timedelta(days=random.randrange(2, 12))


def at_half_past(minute: int) -> datetime:
    """Return thirty seconds past a minute: people never act on the second on which something falls due."""
    return datetime.fromtimestamp(minute * 60 + 30, LENDER_ZONE)


def some_days_on(random: Random, office: Office, minute: int, days: int) -> int:
    """Return some working minute of the day that many working days later."""
    start, end = office.spans[office.on_or_after(office.working_days_after(office.date_of(minute), days))]
    return random.randrange(start + 7, end - 7)


def lender_minute(day: date, clock: time) -> int:
    """Return the minute with that time in the lender's zone."""
    return minute_of(datetime.combine(day, clock, LENDER_ZONE))
