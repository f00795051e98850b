"""The day's report to compliance: who looked at unusually many numbers, what was refused, and where the audit trail ended."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.disclosures import REFUSED
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.messages.person_requests import remind_of_requests
from desk.people.calendars import calendar_of
from desk.rules.hours import WorkingHours
from storage.queries.core import audit, compliance
from storage.queries.people import members
from storage.tables import Member

REPORTED_AT = time(8)
"""When the report of the day before is made, in the workspace's time zone; later where no worker runs then."""

USUAL_DAYS = 20
"""How many working days say what is usual for a member."""

FEW = 30
"""So many numbers in a day are never unusual."""

TIMES = 3
"""More than so many times what is usual is unusual."""


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """A member who looked at `count` numbers in a day; `usual` is their median of the working days before."""

    member_id: UUID
    count: int
    usual: float


@dataclass(frozen=True, slots=True)
class NamedDay:
    """The same with the member's name, because in a channel a mention would notify them; `usual` in digits."""

    name: str
    count: int
    usual: str


@dataclass(frozen=True, slots=True)
class DayReport:
    """The report of a day: unusual members, how many attempts were refused, and the head of the audit trail when it was made.

    `segment` is 0 where the trail had no head yet.
    """

    day: date
    unusual: tuple[NamedDay, ...]
    refused: int
    segment: int
    place: int
    head: str
    late_requests: int


def is_unusual(count: int, usual: float) -> bool:
    """Return whether so many numbers in a day are unusual for a member."""
    return count > max(FEW, TIMES * usual)


async def report_to_compliance(desk: Desk) -> bool:
    """Queue the report of the day before, once a day. Return False: there is one a day."""
    zone = ZoneInfo(desk.workspace.zone)
    today = desk.workspace_today
    rules = await compliance.rules(desk.session, desk.workspace.id)
    if desk.now.astimezone(zone).time() < REPORTED_AT or (rules and rules.reported_on and rules.reported_on >= today):
        return False
    readers = await members.with_role(desk.session, desk.workspace.id, "compliance")
    if not readers and (rules is None or rules.channel_id is None):
        return False
    if not await compliance.mark_reported(desk.session, desk.workspace.id, today):
        return False
    facts = await _facts(desk, today - timedelta(days=1), zone) | {"late_requests": await remind_of_requests(desk)}
    if not (facts["unusual"] or facts["refused"] or facts["segment"] or facts["late_requests"]):
        return False
    to: Sequence[Member | str] = [rules.channel_id] if rules is not None and rules.channel_id else readers
    for reader in to:
        name = reader if isinstance(reader, str) else str(reader.id)
        key = f"compliance:{today}:{name}"
        await queue_notice(desk, kind=kinds.COMPLIANCE_DAY, key=key, to=reader, local_date=today, facts=facts)
    return False


async def _facts(desk: Desk, day: date, zone: ZoneInfo) -> dict[str, Any]:
    begin, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    session, workspace_id = desk.session, desk.workspace.id
    refused = await compliance.count_acts(session, workspace_id, REFUSED, since=begin, until=end)
    chain = await audit.chain(session, workspace_id)
    return {
        "day": day.isoformat(),
        "unusual": [[str(each.member_id), each.count, each.usual] for _, each in await unusual_days(desk, [day], zone)],
        "refused": sum(refused.values()),
        "place": chain.entries if chain else 0,
        "segment": chain.segments if chain else 0,
        "head": chain.head.hex() if chain else "",
    }


async def day_report(desk: Desk, facts: Mapping[str, Any]) -> DayReport:
    """Return the report that a notice holds, with names."""
    people = await members.by_ids(desk.session, [UUID(each) for each, _, _ in facts["unusual"]])
    return DayReport(
        day=date.fromisoformat(facts["day"]),
        unusual=tuple(
            NamedDay(people[UUID(each)].name, count, f"{usual:g}") for each, count, usual in facts["unusual"]
        ),
        refused=facts["refused"],
        segment=facts["segment"],
        place=facts["place"],
        head=facts["head"],
        late_requests=facts.get("late_requests", 0),
    )


async def unusual_days(desk: Desk, days: Sequence[date], zone: ZoneInfo) -> list[tuple[date, UnusualDay]]:
    """Return the members who looked at unusually many numbers on these days in a row, by day as given, the most first."""
    ordered = sorted(days)
    bounds = [datetime.combine(day, time(), zone) for day in (*ordered, ordered[-1] + timedelta(days=1))]
    counts = await compliance.count_between(desk.session, desk.workspace.id, compliance.REVEAL, bounds)
    many = {
        (day, member_id): count
        for member_id, by_day in counts.items()
        for day, count in zip(ordered, by_day, strict=True)
        if member_id and count > FEW
    }
    if not many:
        return []
    before = {day: await _working_days_before(desk, day, zone) for day in {day for day, _ in many}}
    since = datetime.combine(min(each[-1] for each in before.values()), time(), zone)
    seen = await compliance.reveals_of(desk.session, desk.workspace.id, {each for _, each in many}, since=since)
    found: list[tuple[date, UnusualDay]] = []
    for (day, member_id), count in many.items():
        usual = _median(before[day], (at.astimezone(zone).date() for at in seen[member_id]))
        if is_unusual(count, usual):
            found.append((day, UnusualDay(member_id, count, usual)))
    return sorted(found, key=lambda each: (days.index(each[0]), -each[1].count))


async def _working_days_before(desk: Desk, day: date, zone: ZoneInfo) -> list[date]:
    """Return the working days before a day that say what is usual, the last first."""
    calendar, before, found = await calendar_of(desk), day, list[date]()
    hours = WorkingHours(time(9), time(18), frozenset(range(5)), zone)
    for _ in range(USUAL_DAYS):
        before = calendar.previous_working_day(before, hours)
        found.append(before)
    return found


def _median(days: Sequence[date], seen: Iterable[date]) -> float:
    counted = Counter(seen)
    return float(median(counted[day] for day in days))
