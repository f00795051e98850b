"""The daily digest: each member's calls of the day, and the team's workload for managers."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, allows, makes_calls, require
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.appointments_of_day import AppointmentOfDay, appointments_of_day
from desk.follow_ups.collection_steps import StepOfDay, steps_of_day
from desk.follow_ups.due_lists import DueRow, end_of_day, narrowed, rows_of, team_of
from desk.loans.lists import LoanRow, loan_rows
from desk.messages import kinds
from desk.messages.digest_times import digest_key, next_for
from desk.messages.notices import queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import acts_for, hours_of, is_away, is_away_today, stand_ins_for, today_of, zone_of
from desk.rules.digests import is_late
from desk.rules.working_time import day_bounds
from storage.queries.calls import calls
from storage.queries.follow_ups import due_lists, quiet_periods
from storage.queries.follow_ups.due_lists import NONE_OPEN, Whose, Window
from storage.queries.messages import due_scan
from storage.queries.people import members, scopes
from storage.queries.people.scopes import People
from storage.tables import Member

ROWS = 10
"""Rows of a digest; the rest is behind a button."""

MOST_LOADS = 100
"""Members of a large team whose workload a digest shows: those with the most late and due follow-ups."""

BATCH = 500
"""Members whose digests one transaction queues."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A member's calls of a day, most urgent first. `counts` has all by kind, `more` is the number not shown.

    `member_id` and `reader`, a Slack id, say whose digest it is. `covers_for` are the names of the absent members
    whose calls are in it. `count_again` are their loans that needed nothing until today, `steps` what they are to do beyond
    calls by today.
    """

    member_id: UUID
    reader: str
    on: date
    rows: tuple[DueRow, ...]
    counts: dict[str, int]
    more: int
    covers_for: tuple[str, ...] = ()
    count_again: tuple[LoanRow, ...] = ()
    steps: tuple[StepOfDay, ...] = ()
    appointments: tuple[AppointmentOfDay, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """The workload of one member; `due` counts today's and late follow-ups together.

    `away_until` is the last day of their absence, if they are away today, and `acting` the name of who acts for them.
    """

    member_id: UUID
    name: str
    open: int
    due: int
    late: int
    done: int
    away_until: date | None = None
    acting: str | None = None

    @property
    def is_away(self) -> bool:
        """Return whether the member is away today."""
        return self.acting is not None


@dataclass(frozen=True, slots=True)
class TeamDigest:
    """The workload of a manager's team, most late calls first.

    `done_on` is the last working day, which `done` and `outcomes` (the number of calls by outcome, most frequent first)
    refer to. `unplanned` and `arrears` count loans as their lists do. `others` are the members of a large team who are not
    among `agents`, because they have the least to do.
    """

    manager_id: UUID
    on: date
    done_on: date
    agents: tuple[AgentLoad, ...]
    unplanned: int
    arrears: int
    done: int
    outcomes: tuple[tuple[str, int], ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class DigestSetting:
    """When the member's digest comes (None for never); after a change also `undo_id`, and `before`: when it came until then."""

    at: time | None
    next_at: datetime | None
    zone: str
    undo_id: str | None = None
    before: time | None = None


async def digests_due(desk: Desk) -> list[list[UUID]]:
    """Return the members whose digests `queue_due_digests` would queue, each in a list of their own."""
    due = await due_scan.due_digests(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    return [[member_id] for member_id in due]


async def queue_due_digests(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Queue the digests that are due (of `only` these members, if given), one per member and local date; return how many.

    After an outage they come up to three hours late, once; members on leave get none.
    """
    queued = 0
    for member in await due_scan.take_digests(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only):
        due_at = member.next_digest_at
        assert due_at is not None
        member.next_digest_at = await next_for(desk, member)
        desk.add(member)
        on = due_at.astimezone(zone_of(desk, member)).date()
        if not makes_calls(member) or is_late(due_at, desk.now) or is_away(member, on):
            continue
        for kind in (kinds.DIGEST, kinds.TEAM_DIGEST) if allows(member, "see_team_digest") else (kinds.DIGEST,):
            key = digest_key(kind, member, on)
            await queue_notice(desk, kind=kind, key=key, to=member, local_date=on, arose_at=due_at)
            queued += 1
    return queued


async def own_digest(desk: Desk) -> Digest:
    """Return the acting member's digest as it is now. Raises Invalid (`no_digest`) for a member who makes no calls."""
    _require_calls(desk.member)
    return await digest_of(desk, desk.member)


async def digest_of(desk: Desk, member: Member) -> Digest:
    """Return the calls that are due today or late for the member and those whom they cover."""
    people = await acts_for(desk, member)
    window = Window(People.of(each.id for each in people), None, end_of_day(desk, member))
    counts: Counter[str] = Counter()
    for purpose, count in (await due_lists.count_by_purpose(desk.session, window)).items():
        counts[VOCABULARY.purpose(purpose).kind] += count
    rows = await rows_of(desk, window, limit=ROWS)
    return Digest(
        member_id=member.id,
        reader=member.slack_user_id,
        on=today_of(desk, member),
        rows=rows,
        counts=counts,
        more=counts.total() - len(rows),
        covers_for=tuple(each.name for each in people[1:]),
        count_again=await _counting_again(desk, member, people),
        steps=await steps_of_day(desk, people, today_of(desk, member)),
        appointments=await appointments_of_day(desk, member, people, today_of(desk, member)),
    )


async def _counting_again(desk: Desk, member: Member, people: Sequence[Member]) -> tuple[LoanRow, ...]:
    """Return the loans of these people with nothing planned that needed nothing until today, or a day off before it."""
    today = today_of(desk, member)
    before = (await calendar_of(desk)).previous_working_day(today, hours_of(desk, member))
    found = await quiet_periods.over(
        desk.session, desk.workspace.id, [each.id for each in people], after=before, until=today, limit=ROWS
    )
    return await loan_rows(desk, [loan for loan, _ in found]) if found else ()


async def team_digest_of(desk: Desk, manager: Member) -> TeamDigest:
    """Return the workload of the manager's team."""
    people = await team_of(desk, manager)
    named = await narrowed(desk, people)
    done_on = (await calendar_of(desk)).previous_working_day(today_of(desk, manager), hours_of(desk, manager))
    start, end = day_bounds(done_on, zone_of(desk, manager))
    team, others = await _members_shown(desk, manager, people, named)
    ids = [member.id for member in team]
    held = await due_lists.counts_by_assignee(desk.session, ids, now=desk.now, until=end_of_day(desk, manager))
    done = await due_lists.done_between(desk.session, ids, start, end)
    counted = people if others else People.of(ids)
    outcomes = await calls.outcomes_between(desk.session, counted, start, end, but=manager.id)
    away = [member for member in team if is_away_today(desk, member)]
    stand_ins = await stand_ins_for(desk, away)
    acting = {member.id: stand_ins.acting(member, today_of(desk, member)).name for member in away}
    loads = (
        AgentLoad(
            member_id=member.id,
            name=member.name,
            open=counts.open,
            due=counts.due,
            late=counts.late,
            done=done.get(member.id, 0),
            away_until=member.absent_until if member.id in acting else None,
            acting=acting.get(member.id),
        )
        for member in team
        if makes_calls(member)
        for counts in [held.get(member.id, NONE_OPEN)]
    )
    return TeamDigest(
        manager_id=manager.id,
        on=today_of(desk, manager),
        done_on=done_on,
        agents=tuple(sorted(loads, key=lambda load: (-load.late, -load.due, -load.open, load.name))),
        unplanned=await due_lists.count_unplanned(desk.session, Whose(named, desk.workspace.id), desk.workspace_today),
        arrears=await due_lists.count_in_arrears(desk.session, Whose(named, desk.workspace.id), desk.workspace_today),
        done=(
            await due_lists.count_done(desk.session, people, start, end, but=manager.id)
            if others
            else sum(done.get(member.id, 0) for member in team if makes_calls(member))
        ),
        outcomes=tuple(sorted(outcomes.items(), key=lambda each: (-each[1], each[0]))),
        others=others,
    )


async def _members_shown(desk: Desk, manager: Member, people: People, named: People) -> tuple[Sequence[Member], int]:
    """Return the members of the manager's team whose workload is shown, and how many are left out: of a small team nobody."""
    if named.scope == "members":
        return [member for member in await scopes.members_of(desk.session, people) if member.id != manager.id], 0
    ids = await due_lists.busiest(
        desk.session, people, now=desk.now, until=end_of_day(desk, manager), but=manager.id, limit=MOST_LOADS
    )
    team = [member for member in (await members.by_ids(desk.session, set(ids))).values() if makes_calls(member)]
    return team, await scopes.count_of(desk.session, people, CALLERS, but=manager.id) - len(team)


def setting_of(desk: Desk, member: Member) -> DigestSetting:
    """Return when the member's digest comes. Raises Invalid (`no_digest`) for a member who makes no calls."""
    _require_calls(member)
    return DigestSetting(at=member.digest_time, next_at=member.next_digest_at, zone=zone_of(desk, member).key)


async def set_digest(desk: Desk, at: time | None) -> DigestSetting:
    """Set the local time of the acting member's digest, None for never. Raises Invalid (`no_digest`, `no_working_day`)."""
    _require_calls(desk.member)
    member = track(desk, require(desk, "change_own_settings", {"own"}))
    before, member.digest_time = member.digest_time, at
    member.next_digest_at = await next_for(desk, member)
    if at is not None and member.next_digest_at is None:
        raise Invalid("no_working_day")
    desk.audit("set_digest", subject_id=member.id, at=at.isoformat() if at else None)
    await desk.session.flush()
    undo_id = offer_undo(desk, "set_digest")
    return DigestSetting(
        at=at, next_at=member.next_digest_at, zone=zone_of(desk, member).key, undo_id=str(undo_id), before=before
    )


def _require_calls(member: Member) -> None:
    if not makes_calls(member):
        raise Invalid("no_digest")
