"""The figures of a manager's team: what each member did in a period, and what waits now. Definitions: `docs/figures.md`."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import makes_calls, require, require_role
from desk.core.transaction import Desk
from desk.follow_ups.arrears_queue import arrears_queue, count_by_bucket
from desk.follow_ups.due_lists import narrowed, team_among
from desk.follow_ups.workspace_cadence import scale_of
from desk.messages.promised_money import PromisedMoney, money_of, promised_rows
from desk.messages.roll_rates import Roll, rolls_of
from desk.people.members import member_by_id, today_of, zone_of
from desk.rules.arrears import Bucket
from desk.rules.figures import COUNTING, FALLEN_DUE, KEPT, OPEN, SPANS, Days, Span, Tally, days_of, total
from desk.rules.queues import QUEUE, SPOKEN
from desk.rules.stages import BEFORE_PAYOUT
from desk.rules.working_time import day_bounds
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.messages import figures
from storage.queries.messages.figures import Between, Silence
from storage.queries.people import members, scopes
from storage.queries.people.scopes import People
from storage.tables import Member, Team

MOST_MEMBERS = 50
"""Members whose figures one page shows, those with the most late and due calls first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose figures, and of which days: of all teams of a manager, of one `team` of theirs, or of one `member`."""

    manager_id: UUID
    span: Span | None = "today"
    on: date | None = None
    team_id: UUID | None = None
    member_id: UUID | None = None


def read_asked(about: Mapping[str, Any], reader: Member) -> Asked:
    """Return whose figures a button asks for, and of which days: by default the reader's team, today."""
    spans: Mapping[str, Span] = {span: span for span in SPANS}
    return Asked(
        manager_id=UUID(about["of"]) if "of" in about else reader.id,
        span=spans.get(str(about.get("s")), "today") if "d" not in about else None,
        on=date.fromisoformat(about["d"]) if "d" in about else None,
        team_id=UUID(about["t"]) if "t" in about else None,
        member_id=UUID(about["w"]) if "w" in about else None,
    )


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """The figures of one member."""

    member_id: UUID
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a team or member for some days. `sum` has those of all, `members` the first of many; `others` are not among
    them. `buckets` counts the loans in arrears by how long, without the empty buckets. `money` is what was promised and came, by
    currency; `rolls` are the roll rates of a month. `teams` (id, name) can be chosen.

    `title` is the name of the team or member, empty for all that the manager sees. `silent_days`: after how many days a borrower
    counts as not spoken to.
    """

    asked: Asked
    days: Days
    title: str
    sum: Tally
    members: tuple[MemberFigures, ...]
    others: int
    buckets: tuple[tuple[Bucket, int], ...]
    money: tuple[PromisedMoney, ...]
    rolls: tuple[Roll, ...]
    teams: tuple[tuple[UUID, str], ...]
    made_within_minutes: int
    silent_days: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are counted: `callers` make calls and hold follow-ups, `owners` have the loans. `title` as in `Figures`.

    The manager's own calls are not counted with the team's; loans without an owner are.
    """

    manager: Member
    callers: People
    owners: Whose
    but: UUID | None
    title: str
    teams: tuple[Team, ...]


async def figures_of(desk: Desk, asked: Asked) -> Figures:
    """Return the figures that were asked for.

    Raises NotAllowed (`role_missing`, `team_figures`) for a reader who does not manage that team, NotFound (`member_gone`,
    `team_gone`).
    """
    return await _counted(desk, await scope_of(desk, asked), asked)


async def digest_figures(desk: Desk, manager: Member, on: date) -> Figures:
    """Return the figures of a manager's team for one day, as the digest to this manager states them."""
    asked = Asked(manager.id, span=None, on=on)
    return await _counted(desk, await _scope(desk, manager, asked), asked)


async def scope_of(desk: Desk, asked: Asked) -> Scope:
    """Return whose rows are counted. Raises as `figures_of` does."""
    manager = await member_by_id(desk, asked.manager_id)
    require_role(desk, "see_figures")
    require(desk, "see_figures", {"managed"} if await _manages_the_same(desk, manager) else ())
    return await _scope(desk, manager, asked)


async def _manages_the_same(desk: Desk, manager: Member) -> bool:
    """Return whether the acting member manages every team that is counted for that manager."""
    if manager.id == desk.member.id:
        return True
    own = await members.teams_managed_by(desk.session, desk.member.id)
    theirs = await members.teams_managed_by(desk.session, manager.id)
    return bool(theirs) and {team.id for team in theirs} <= {team.id for team in own}


async def _scope(desk: Desk, manager: Member, asked: Asked) -> Scope:
    teams = tuple(await members.teams_managed_by(desk.session, manager.id))
    everybody = team_among(desk, manager, teams)
    if asked.member_id is not None:
        member = await desk.session.get(Member, asked.member_id)
        if member is None or member.id not in {*await scopes.ids_among(desk.session, everybody, [asked.member_id])}:
            raise NotFound("member_gone")
        one = People.of([member.id])
        return Scope(manager, one, Whose(one), None, member.name, teams)
    if asked.team_id is not None:
        team = next((each for each in teams if each.id == asked.team_id), None)
        if team is None:
            raise NotFound("team_gone")
        people = await narrowed(desk, People("teams", (team.id,), desk.workspace.id))
        return Scope(manager, people, Whose(people), manager.id, team.name, teams)
    people = await narrowed(desk, everybody)
    return Scope(manager, people, Whose(people, desk.workspace.id), manager.id, "", teams)


def days_asked(desk: Desk, manager: Member, asked: Asked) -> Days:
    """Return the days that were asked for, by the manager's calendar."""
    return Days(asked.on, asked.on) if asked.on is not None else days_of(asked.span or "today", today_of(desk, manager))


def bounds_of(desk: Desk, manager: Member, days: Days) -> Between:
    """Return the first instant of these days in the manager's zone, and the first after them."""
    zone = zone_of(desk, manager)
    return day_bounds(days.first, zone)[0], day_bounds(days.last, zone)[1]


def silence(desk: Desk) -> Silence:
    """Return what makes a borrower one who was not spoken to."""
    last_silent = desk.workspace_today - timedelta(days=QUEUE.not_spoken_days)
    _, since = day_bounds(last_silent, ZoneInfo(desk.workspace.zone))
    return Silence(BEFORE_PAYOUT, SPOKEN, since, desk.workspace_today)


async def by_bucket(desk: Desk, owners: Whose) -> tuple[Mapping[Bucket, Sequence[tuple[UUID, int]]], bool]:
    """Return the loans in arrears of these owners, those the longest past due first, with their days past due, by bucket; and
    whether there are more, of whom some are past due for a shorter time."""
    queue = await arrears_queue(desk, owners)
    buckets: defaultdict[Bucket, list[tuple[UUID, int]]] = defaultdict(list)
    for loan_id, days in sorted(queue.days.items(), key=lambda each: (-each[1], each[0])):
        buckets[scale_of(desk).bucket(days)].append((loan_id, days))
    return buckets, queue.is_longer


async def _counted(desk: Desk, scope: Scope, asked: Asked) -> Figures:
    days = days_asked(desk, scope.manager, asked)
    tallies = await _tallies(desk, scope, days)
    shown, others = await _shown(desk, scope, tallies)
    buckets = await count_by_bucket(desk, scope.owners)
    return Figures(
        asked=asked,
        days=days,
        title=scope.title,
        sum=total(tallies.values()),
        members=shown,
        others=others,
        buckets=tuple((bucket, buckets[bucket]) for bucket in scale_of(desk).buckets if bucket in buckets),
        money=money_of(await promised_rows(desk, scope.callers, days, but=scope.but)),
        rolls=await rolls_of(desk, scope.owners, days.first) if days.span == "month" else (),
        teams=tuple((team.id, team.name) for team in scope.teams) if len(scope.teams) > 1 else (),
        made_within_minutes=COUNTING.made_within_minutes,
        silent_days=QUEUE.not_spoken_days,
    )


async def _tallies(desk: Desk, scope: Scope, days: Days) -> dict[UUID | None, Tally]:
    """Return what is counted of each member, and of the loans without an owner."""
    session, people, between = desk.session, scope.callers, bounds_of(desk, scope.manager, days)
    counts: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    for member, outcome, calls, of_others in await figures.calls_by_member(session, people, between):
        counts[member]["calls"] += calls
        if outcome in SPOKEN:
            counts[member] += Counter(conversations=calls, with_borrower=calls - of_others)
    for member, done, due in await figures.done_by_member(session, people, between):
        counts[member] += Counter(done=done, due=due, in_time=due)
    for member, late_at, closed_at in await figures.finished_after(session, people, between):
        if closed_at is not None and not COUNTING.made_by_its_time(late_at, closed_at):
            counts[member]["in_time"] -= 1
    for member, every, due, late in await figures.open_by_member(session, people, between, desk.now):
        counts[member] += Counter(open=every, due=due, late=late)
    promised = await figures.promises_by_member(session, desk.workspace.id, people, days.first, days.last)
    for member, state, promises in promised:
        fallen_due = promises if state in FALLEN_DUE else 0
        kept, waiting = (promises if state == each else 0 for each in (KEPT, OPEN))
        counts[member] += Counter(promises=fallen_due, kept=kept, promises_open=waiting)
    taken = await figures.steps_by_member(
        session, desk.workspace.id, people, days.first, days.last, desk.workspace_today
    )
    for member, every, done, late in taken:
        counts[member] += Counter(steps=every, steps_taken=done, steps_late=late)
    counts.pop(scope.but, None)  # the manager's own calls are in their own digest
    for owner, live, needing_calls, silent in await figures.loans_by_owner(session, scope.owners, silence(desk)):
        counts[owner] += Counter(loans=live, callable=needing_calls, silent=silent)
    return {member: Tally(**counted) for member, counted in counts.items()}


async def _shown(
    desk: Desk, scope: Scope, tallies: Mapping[UUID | None, Tally]
) -> tuple[tuple[MemberFigures, ...], int]:
    """Return the figures of each member, of many the busiest, and how many are left out."""
    if scope.but is None:
        return (), 0
    people = await _members_of(desk, scope, tallies)
    rows = [MemberFigures(member.id, member.name, tallies.get(member.id, Tally())) for member in people]
    rows.sort(key=lambda row: (-row.tally.late, -row.tally.due, -row.tally.calls, row.name))
    return tuple(rows[:MOST_MEMBERS]), len(rows) - len(rows[:MOST_MEMBERS])


async def _members_of(desk: Desk, scope: Scope, tallies: Mapping[UUID | None, Tally]) -> Sequence[Member]:
    if scope.callers.scope == "members":
        found: Sequence[Member] = [*(await members.by_ids(desk.session, scope.callers.ids)).values()]
    else:
        found = [*(await members.by_ids(desk.session, filter(None, tallies))).values()]
    return [member for member in found if makes_calls(member) and member.id != scope.manager.id]
