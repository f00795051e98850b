"""Lists of follow-ups due today, tomorrow, this week or late, of loans with nothing planned, and of loans in arrears."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotAllowed
from desk.core.permissions import allows, has_role_for, refusal, require, sees_all
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, PurposeKind
from desk.follow_ups import arrears_queue, chasing, listed_loans
from desk.follow_ups.chasing import Paper
from desk.follow_ups.listed_loans import ListedLoan
from desk.follow_ups.listed_states import states_of_loans
from desk.follow_ups.promises import Promise, promises_of
from desk.loans import borrowers
from desk.loans.views import FollowUpView, follow_up_view
from desk.people.members import (
    acts_for,
    ids_stood_in_for,
    managers_for,
    manages,
    today_of,
    zone_of,
)
from desk.people.offers import may_export
from desk.rules.arrears import Bucket
from desk.rules.queues import QueueKind
from desk.rules.working_time import instant_of
from storage.queries.follow_ups import due_lists
from storage.queries.follow_ups.due_lists import Whose, Window
from storage.queries.people import members, scopes
from storage.queries.people.scopes import People
from storage.tables import Member, Team

PAGE = 10
"""Rows of one list."""

TABLE = 200
"""Rows of a list shown as a table."""

MOST_COUNTED = 1000
"""A longer list is not counted to its end, only this far beyond the page."""

_FEW = 200
"""Up to how many members of a team are named one by one in a query."""

Period = Literal["today", "tomorrow", "week", "late", "all", "arrears", "unplanned"]
Kind = PurposeKind

OF_LOANS: frozenset[Period] = frozenset({"arrears", "unplanned"})
"""The lists whose rows are loans, not follow-ups."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """A follow-up and its borrower: a channel sees `masked`, an ephemeral answer may show `name`. `asks_for` are the documents
    that a call asks for, `promise` what was promised before it, `states` the codes of what is recorded that bears on contact."""

    follow_up: FollowUpView
    loan_id: UUID
    name: str = field(repr=False)
    masked: str = field(repr=False)
    tail: str = field(repr=False)
    kind: str
    assignee_name: str
    asks_for: tuple[Paper, ...] = ()
    promise: Promise | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DueList:
    """One page of a list: `rows` of follow-ups or `loans`.

    `whose` is another member's Slack id, `team`, or None for the reader's own. `of` is the Slack id of the member whose own
    list or team it is, if not the reader's. `covers_for` are the Slack ids of the absent members whose rows are in it too.
    `of_reminder`: only what one reminder lists.
    `is_longer`: there are more than the `total` rows that were counted. `buckets` counts all loans in arrears by the bucket of
    their days past due, the latest first. `queue` is the one whose next call the reader may take. `may_export`: the reader may
    have the list as a file. `may_see_playbook`: the reader may see what to say in a call.
    """

    period: Period
    kind: Kind | None
    whose: str | None
    total: int
    offset: int
    rows: tuple[DueRow, ...] = ()
    loans: tuple[ListedLoan, ...] = ()
    of: str | None = None
    covers_for: tuple[str, ...] = ()
    of_reminder: bool = False
    is_longer: bool = False
    buckets: tuple[tuple[Bucket, int], ...] = ()
    queue: QueueKind | None = None
    may_export: bool = False
    may_see_playbook: bool = False

    @property
    def more(self) -> int:
        """Return how many rows come after this page, as far as they were counted."""
        return self.total - self.offset - len(self.rows) - len(self.loans)

    def first(self, rows: int) -> "DueList":
        """Return the list cut to that many rows."""
        return replace(self, rows=self.rows[:rows], loans=self.loans[:rows])


async def list_due(
    desk: Desk,
    *,
    period: Period,
    kind: Kind | None = None,
    whose: Member | Literal["team"] | None = None,
    of: Member | None = None,
    reminded: Sequence[UUID] | None = None,
    alone: bool = False,
    offset: int = 0,
    limit: int = PAGE,
) -> DueList:
    """Return a page of what is due, as `of` (None: the acting member) sees it for themselves, or for `whose`; of the
    follow-ups `reminded` alone, whenever they are due, if given. `alone`: without those of the people whom a member covers.

    Raises NotAllowed (`others_may_act`) for a member or team whose list the acting member may not see.
    """
    reader = of or desk.member
    listed = await people_listed(desk, reader, whose, alone=alone)
    owners = owners_of(desk, listed, whose)
    most = offset + MOST_COUNTED + 1
    view = DueList(
        period=period,
        kind=None if period in OF_LOANS else kind,
        whose=whose.slack_user_id if isinstance(whose, Member) else whose,
        total=0,
        offset=offset,
        of=reader.slack_user_id if reader.id != desk.member.id else None,
        covers_for=tuple(member.slack_user_id for member in listed.covered) if whose is None else (),
        of_reminder=reminded is not None,
        queue=_queue(desk, period, kind) if reader.id == desk.member.id and not isinstance(whose, Member) else None,
        may_export=reminded is None and may_export(desk),
        may_see_playbook=has_role_for(desk.member, "see_playbook"),
    )
    match period:
        case "unplanned":
            counted = await due_lists.count_unplanned(desk.session, owners, desk.workspace_today, limit=most)
            view = replace(view, loans=await listed_loans.unplanned(desk, owners, limit=limit, offset=offset))
        case "arrears":
            page = await arrears_queue.arrears_page(desk, owners, limit=limit, offset=offset)
            return replace(view, loans=page.rows, total=page.total, is_longer=page.is_longer, buckets=page.buckets)
        case _:
            if reminded is None:
                window = window_of(desk, listed.people, period, kind)
            else:
                window = Window(listed.people, None, None, only=reminded)
            counted = await due_lists.count_due(desk.session, window, limit=most)
            view = replace(view, rows=await rows_of(desk, window, limit=limit, offset=offset))
    return replace(view, total=min(counted, most - 1), is_longer=counted == most)


def _queue(desk: Desk, period: Period, kind: Kind | None) -> QueueKind | None:
    if not has_role_for(desk.member, "take_next_call"):
        return None
    if period == "arrears":
        return "arrears"
    return "checks" if kind == "verification" and period not in OF_LOANS else None


async def rows_of(desk: Desk, window: Window, *, limit: int, offset: int = 0) -> tuple[DueRow, ...]:
    """Return the follow-ups of a window, most urgent first."""
    found = await due_lists.due(desk.session, window, limit=limit, offset=offset)
    assignees = await members.by_ids(desk.session, {follow_up.assignee_id for follow_up, _, _ in found})
    about_documents = [row for row, _, _ in found if row.purpose == chasing.PURPOSE]
    papers = await chasing.papers_by_call(
        desk, {row.loan_id for row in about_documents}, [row.id for row in about_documents]
    )
    promises = await promises_of(desk, [row for row, _, _ in found])
    states = await states_of_loans(desk, {loan.id for _, loan, _ in found})
    return tuple(
        DueRow(
            follow_up=follow_up_view(desk, loan, follow_up, assignees[follow_up.assignee_id]),
            loan_id=loan.id,
            name=(contact := borrowers.contact(desk, borrower)).name,
            masked=contact.masked,
            tail=contact.tail,
            kind=VOCABULARY.purpose(follow_up.purpose).kind,
            assignee_name=assignees[follow_up.assignee_id].name,
            asks_for=papers.get(follow_up.id, ()),
            promise=promises.get(follow_up.id),
            states=states.get(loan.id, ()),
        )
        for follow_up, loan, borrower in found
    )


def purposes_of(kind: Kind | None) -> Sequence[str] | None:
    """Return the purposes of a kind, or None for every purpose."""
    return None if kind is None else [p.code for p in VOCABULARY.purposes if p.kind == kind]


def end_of_day(desk: Desk, member: Member, *, days: int = 0) -> datetime:
    """Return the end of the member's local day, today or that many days later."""
    day = today_of(desk, member) + timedelta(days=days + 1)
    return instant_of(day, datetime.min.time(), zone_of(desk, member))


def late_window(desk: Desk, people: People, purposes: Sequence[str] | None) -> Window:
    """Return the window of late follow-ups; in its own minute a call is due and not yet late."""
    return Window(people, None, desk.now - timedelta.resolution, purposes)


def window_of(desk: Desk, people: People, period: Period, kind: Kind | None) -> Window:
    """Return the follow-ups of a period, by the acting member's days."""
    purposes = purposes_of(kind)
    if period == "late":
        return late_window(desk, people, purposes)
    if period == "all":
        return Window(people, None, None, purposes)
    if period == "tomorrow":
        return Window(people, end_of_day(desk, desk.member), end_of_day(desk, desk.member, days=1), purposes)
    days = 6 - today_of(desk, desk.member).weekday() if period == "week" else 0
    return Window(people, None, end_of_day(desk, desk.member, days=days), purposes)


@dataclass(frozen=True, slots=True)
class Listed:
    """Whose rows a list has, and the absent members among them for whom the reader acts."""

    people: People
    covered: tuple[Member, ...] = ()


def owners_of(desk: Desk, listed: Listed, whose: Member | Literal["team"] | None) -> Whose:
    """Return whose loans a list of loans has: those of the people listed, and with a team's those of nobody."""
    return Whose(listed.people, desk.workspace.id if whose == "team" else None)


async def people_listed(
    desk: Desk, reader: Member, whose: Member | Literal["team"] | None, *, alone: bool = False
) -> Listed:
    """Return whose rows are listed: the reader's, those of `whose`, or their team's; `alone`: without those of the people whom
    `whose` covers. Raises NotAllowed (`others_may_act`; `role_missing`: of an admin, that role alone shows no team's)."""
    if alone and isinstance(whose, Member):
        await people_listed(desk, reader, whose)
        return Listed(People.of([whose.id]))
    if whose == "team":
        team = await team_of(desk, reader)
        if reader.id == desk.member.id:
            require(desk, "see_due_list", {"team", "managed"})
            return Listed(await narrowed(desk, team))
        if await _may_see_all(desk, team):
            return Listed(await narrowed(desk, team))
        raise await _not_shown(desk, reader)
    if isinstance(whose, Member) and whose.id != reader.id:
        if whose.id == desk.member.id or await _may_see(desk, whose):
            return Listed(People.of([whose.id]))
        raise await _not_shown(desk, whose)
    people = await acts_for(desk, reader)
    if reader.id != desk.member.id:
        if not await _may_see(desk, reader):
            raise await _not_shown(desk, reader)
        people = [member for member in people if await _may_see(desk, member)]
    return Listed(People.of(member.id for member in people), tuple(people[1:]))


async def _not_shown(desk: Desk, about: Member) -> NotAllowed:
    return refusal("see_due_list", who=tuple(m.slack_user_id for m in await managers_for(desk, about)))


async def _may_see_all(desk: Desk, team: People) -> bool:
    if sees_all(desk.member, desk.workspace):
        return True
    return all([await _may_see(desk, member) for member in await scopes.members_of(desk.session, team)])


async def _may_see(desk: Desk, member: Member) -> bool:
    if sees_all(desk.member, desk.workspace):
        return True
    if allows(desk.member, "see_due_list", {"team"} if member.team_id == desk.member.team_id else ()):
        return True
    if allows(desk.member, "see_due_list", {"managed"}) and await manages(desk, member):
        return True
    return member.id in await ids_stood_in_for(desk) and allows(desk.member, "see_due_list", {"covered"})


async def team_of(desk: Desk, member: Member) -> People:
    """Return the members whom a manager manages, else the member's own team, else the members without a team; all members, for
    a member who sees all and has neither."""
    return team_among(desk, member, await members.teams_managed_by(desk.session, member.id))


def team_among(desk: Desk, member: Member, managed: Sequence[Team]) -> People:
    """Return the same, where the teams that the member manages are known."""
    ids = tuple(team.id for team in managed) or ((member.team_id,) if member.team_id else ())
    if ids:
        return People("teams", ids, member.workspace_id)
    return People("everybody" if sees_all(member, desk.workspace) else "no_team", workspace_id=member.workspace_id)


async def narrowed(desk: Desk, team: People) -> People:
    """Return a team by the ids of its members unless it is large: of few, an index finds the rows."""
    ids = await scopes.ids_of(desk.session, team, limit=_FEW + 1)
    return People.of(ids) if len(ids) <= _FEW else team
