"""Members as lists and answers show them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import require, require_role
from desk.core.transaction import Desk
from desk.people.absences import Leave, begins_on
from desk.people.members import StandIns, hours_of, is_away_today, stand_ins_for, today_of
from desk.rules.hours import WorkingHours
from storage.queries.people import absences, members
from storage.tables import Member


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as a list shows them. `cover` and `acting` are Slack ids: whom they named, and who acts today while they are
    away or have lost their account (`account_lost`: `deactivated`, `guest`); None: they act themselves, or nobody does.

    `absent_until` is the last day of the present absence, or of the next one, which begins on `absent_from`; `later` are the
    first and last days of those after it.
    """

    slack_user_id: str
    roles: tuple[str, ...]
    team: str | None
    hours: WorkingHours
    zone: str
    channel: str | None
    digest_time: time | None
    absent_from: date | None = None
    absent_until: date | None = None
    cover: str | None = None
    later: tuple[tuple[date, date], ...] = ()
    account_lost: Literal["deactivated", "guest"] | None = None
    acting: str | None = None


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """An absence, both days inclusive. `ahead`: it has not begun. `cover` is a Slack id, None: the manager acts."""

    since: date
    until: date
    cover: str | None
    ahead: bool


@dataclass(frozen=True, slots=True)
class MemberChange:
    """A changed member, and how many open follow-ups and loans they have, or gave to `acting` (a Slack id) when removed.

    `under_way`: the worker is still to recompute the times that follow; `moving`: it is still to hand over what they have.
    `before` is the member as they were, where the act replaces something. `absence` is the one that was entered, or cancelled
    before it began; `replaced` are the first and last days of the planned ones that it takes the place of. `may_move_calls`: the
    acting member may move the calls of today to other days.
    """

    member: MemberView
    undo_id: UUID
    moved: int = 0
    loans: int = 0
    acting: str | None = None
    under_way: bool = False
    moving: bool = False
    before: MemberView | None = None
    absence: AbsenceView | None = None
    replaced: tuple[tuple[date, date], ...] = ()
    may_move_calls: bool = False


PAGE = 20
"""Members of one page."""


@dataclass(frozen=True, slots=True)
class TeamPage:
    """A page of the members of the desk, of whom there are `total`."""

    members: tuple[MemberView, ...]
    total: int
    offset: int = 0

    @property
    def more(self) -> int:
        """Return how many members come after this page."""
        return self.total - self.offset - len(self.members)


async def list_team(desk: Desk, *, offset: int = 0) -> TeamPage:
    """Return a page of the members of the desk, by team and Slack id."""
    require(desk, "see_team")
    names = {team.id: team.name for team in await members.teams(desk.session, desk.workspace.id)}
    counts = await members.counts_by_team(desk.session, desk.workspace.id)
    found: list[Member] = []
    before = 0  # members of the teams that come first
    for team_id in sorted(counts, key=lambda each: names[each] if each else ""):
        first, room = max(0, offset - before), PAGE - len(found)
        if room and first < counts[team_id]:
            found += await members.page_of_team(desk.session, desk.workspace.id, team_id, limit=room, offset=first)
        before += counts[team_id]
    stand_ins, later = await stand_ins_for(desk, found), await _later(desk, found)
    return TeamPage(tuple(_view(desk, member, names, stand_ins, later) for member in found), before, offset)


async def member_now(desk: Desk, slack_user_id: str) -> MemberView | None:
    """Return a present member as a form shows them, or None for others. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "add_member")
    member = await members.by_slack_id(desk.session, desk.workspace.id, slack_user_id)
    return await view_of(desk, member) if member is not None and member.removed_at is None else None


async def view_of(desk: Desk, member: Member) -> MemberView:
    """Return a member as a list shows them."""
    teams = {team.id: team.name for team in await members.teams(desk.session, desk.workspace.id)}
    return _view(desk, member, teams, await stand_ins_for(desk, [member]), await _later(desk, [member]))


async def absence_view(desk: Desk, leave: Leave, *, ahead: bool) -> AbsenceView:
    """Return an absence as an answer shows it."""
    cover = (await members.by_ids(desk.session, [leave.cover_id]))[leave.cover_id] if leave.cover_id else None
    return AbsenceView(leave.since, leave.until, cover.slack_user_id if cover else None, ahead)


async def _later(desk: Desk, people: Sequence[Member]) -> dict[UUID, list[tuple[date, date]]]:
    found: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
    away = [each.id for each in people if each.absent_until is not None]  # the others have none ahead either
    for row in await absences.planned_of(desk.session, away) if away else ():
        found[row.member_id].append((row.absent_from, row.absent_until))
    return found


def _view(
    desk: Desk,
    member: Member,
    teams: dict[UUID, str],
    found: StandIns,
    later: Mapping[UUID, Sequence[tuple[date, date]]],
) -> MemberView:
    cover = found.people.get(member.cover_id) if member.cover_id else None
    acting = found.acting(member, today_of(desk, member)) if is_away_today(desk, member) else member
    hours = hours_of(desk, member)
    return MemberView(
        slack_user_id=member.slack_user_id,
        roles=tuple(member.roles.split()),
        team=teams.get(member.team_id) if member.team_id else None,
        hours=hours,
        zone=hours.zone.key,
        channel=member.reminder_channel_id if member.channel_lost_at is None else None,
        digest_time=member.digest_time,
        absent_from=begins_on(desk, member),
        absent_until=member.absent_until,
        cover=cover.slack_user_id if cover else None,
        account_lost="guest"
        if member.account_lost_why == "guest"
        else "deactivated"
        if member.account_lost_at
        else None,
        later=tuple(later.get(member.id, ())),
        acting=acting.slack_user_id if acting.id != member.id else None,
    )
