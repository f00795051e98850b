"""Lists of follow-ups due today, tomorrow, this week or late, and of loans with nothing planned."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from desk.core.permissions import allows, refusal
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.loans import borrowers
from desk.loans.views import FollowUpView, follow_up_view
from desk.people.members import managers_for, stand_ins_for, stands_in_for, today_of, zone_of
from desk.rules.working_time import instant_of
from storage.queries.follow_ups import due_lists
from storage.queries.follow_ups.due_lists import Window
from storage.queries.people import members
from storage.tables import Borrower, Loan, Member

PAGE = 10
"""Rows of one list."""

TABLE = 200
"""Rows of a list shown as a table."""

Period = Literal["today", "tomorrow", "week", "late", "unplanned"]
Kind = Literal["verification", "repayment"]


@dataclass(frozen=True, slots=True)
class DueRow:
    """A follow-up and its borrower: a channel sees `masked`, an ephemeral answer may show `name`."""

    follow_up: FollowUpView
    loan_id: UUID
    name: str = field(repr=False)
    masked: str = field(repr=False)
    tail: str = field(repr=False)
    kind: str
    assignee_name: str


@dataclass(frozen=True, slots=True)
class UnplannedRow:
    """A live loan with nothing planned; `since` is when it entered its stage."""

    loan_id: UUID
    number: str
    stage: str
    since: datetime
    name: str = field(repr=False)
    tail: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DueList:
    """One page of a list. `whose` is another member's Slack id, `team`, or None for the reader's own."""

    period: Period
    kind: Kind | None
    whose: str | None
    rows: tuple[DueRow, ...]
    unplanned: tuple[UnplannedRow, ...]
    total: int
    offset: int

    @property
    def more(self) -> int:
        """Return how many rows come after this page."""
        return self.total - self.offset - len(self.rows) - len(self.unplanned)

    def first(self, rows: int) -> "DueList":
        """Return the list cut to that many rows."""
        return replace(self, rows=self.rows[:rows], unplanned=self.unplanned[:rows])


async def list_due(
    desk: Desk,
    *,
    period: Period,
    kind: Kind | None,
    whose: Member | Literal["team"] | None,
    offset: int = 0,
    limit: int = PAGE,
) -> DueList:
    """Return a page of what is due. Raises NotAllowed (`others_may_act`) for a member of another team."""
    ids = [member.id for member in await _people(desk, whose)]
    label = whose.slack_user_id if isinstance(whose, Member) else whose
    if period == "unplanned":
        nobodys_of = desk.workspace.id if whose == "team" else None
        found = await due_lists.unplanned(desk.session, ids, nobodys_of=nobodys_of, limit=limit, offset=offset)
        total = await due_lists.count_unplanned(desk.session, ids, nobodys_of=nobodys_of)
        return DueList(period, kind, label, (), tuple(_unplanned_row(desk, *each) for each in found), total, offset)
    window = _window(desk, ids, period, kind)
    total = sum((await due_lists.count_due(desk.session, window)).values())
    return DueList(period, kind, label, await rows_of(desk, window, limit=limit, offset=offset), (), total, offset)


async def rows_of(desk: Desk, window: Window, *, limit: int, offset: int = 0) -> tuple[DueRow, ...]:
    """Return the follow-ups of a window, most urgent first."""
    found = await due_lists.due(desk.session, window, limit=limit, offset=offset)
    assignees = await members.by_ids(desk.session, {follow_up.assignee_id for follow_up, _, _ in found})
    return tuple(
        DueRow(
            follow_up=follow_up_view(desk, loan, follow_up, assignees[follow_up.assignee_id]),
            loan_id=loan.id,
            name=(contact := borrowers.contact(desk, borrower)).name,
            masked=contact.masked,
            tail=contact.tail,
            kind=VOCABULARY.purpose(follow_up.purpose).kind,
            assignee_name=assignees[follow_up.assignee_id].name,
        )
        for follow_up, loan, borrower in found
    )


async def acts_for(desk: Desk, member: Member) -> list[Member]:
    """Return the member and the absent members for whom they act today."""
    covered = await stands_in_for(desk, member)
    found = await stand_ins_for(desk, covered)
    return [member, *(m for m in covered if found.acting(m, today_of(desk, m)).id == member.id)]


def purposes_of(kind: Kind | None) -> Sequence[str] | None:
    """Return the purposes of a kind, or None for every purpose."""
    return None if kind is None else [p.code for p in VOCABULARY.purposes if p.kind == kind]


def end_of_day(desk: Desk, member: Member, *, days: int = 0) -> datetime:
    """Return the end of the member's local day, today or that many days later."""
    day = today_of(desk, member) + timedelta(days=days + 1)
    return instant_of(day, datetime.min.time(), zone_of(member))


def late_window(desk: Desk, ids: Sequence[UUID], purposes: Sequence[str] | None) -> Window:
    """Return the window of late follow-ups; in its own minute a call is due and not yet late."""
    return Window(ids, None, desk.now - timedelta.resolution, purposes)


def _unplanned_row(desk: Desk, loan: Loan, borrower: Borrower) -> UnplannedRow:
    contact = borrowers.contact(desk, borrower)
    return UnplannedRow(loan.id, loan.number, loan.stage, loan.stage_since, contact.name, contact.tail)


def _window(desk: Desk, ids: Sequence[UUID], period: Period, kind: Kind | None) -> Window:
    purposes = purposes_of(kind)
    if period == "late":
        return late_window(desk, ids, purposes)
    if period == "tomorrow":
        return Window(ids, end_of_day(desk, desk.member), end_of_day(desk, desk.member, days=1), purposes)
    days = 6 - today_of(desk, desk.member).weekday() if period == "week" else 0
    return Window(ids, None, end_of_day(desk, desk.member, days=days), purposes)


async def _people(desk: Desk, whose: Member | Literal["team"] | None) -> list[Member]:
    member = desk.member
    if whose is None or (whose != "team" and whose.id == member.id):
        return await acts_for(desk, member)
    if whose == "team":
        return await team_of(desk, member)
    if allows(member, "see_due_list", {"team"} if whose.team_id == member.team_id else ()):
        return [whose]
    raise refusal("see_due_list", who=tuple(m.slack_user_id for m in await managers_for(desk, whose)))


async def team_of(desk: Desk, member: Member) -> list[Member]:
    """Return the members whom a manager manages, else the member's own team, else all members."""
    managed = await members.teams_managed_by(desk.session, member.id)
    ids = {team.id for team in managed} or ({member.team_id} if member.team_id else set())
    everybody = await members.everybody(desk.session, desk.workspace.id)
    if not ids and allows(member, "see_due_list"):
        return everybody
    return [m for m in everybody if m.team_id in (ids or {None})]
