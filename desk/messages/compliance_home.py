"""What compliance reads in their Home: unusual days, refused attempts, overridden rules, and legal holds that end."""

from dataclasses import field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.disclosures import REFUSED
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.loans.holds import HoldView, holds
from desk.messages.compliance import unusual_days
from storage.queries.core import audit, compliance
from storage.queries.follow_ups import contacts
from storage.queries.loans import loans
from storage.queries.people import members
from storage.queries.rights import person_requests
from storage.tables import ContactDecision

DAYS = 7
"""How many days the lists go back, today among them."""

ENDING = timedelta(days=30)
"""How far ahead the end of a legal hold is named."""

SHOWN = 5
"""How many rows each list has; the audit trail has the others."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """A day on which a member looked at `count` phone numbers, where `usual` a day is their median."""

    day: date
    member_id: UUID
    name: str
    count: int
    usual: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many attempts of a member were refused in the days; no `member_id`: of people who are no members."""

    member_id: UUID | None
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Override:
    """A call that a manager allowed against contact rules: who, on which loan, and why; `taken_back`: they have undone it."""

    at: datetime
    member_id: UUID
    name: str
    loan_id: UUID
    loan: str
    reason: str = field(repr=False)
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class DueRequest:
    """An open data request: of which kind (its code), on which loan (empty: on none), and the last day for the answer."""

    kind: str
    number: str
    due_on: date
    is_late: bool


@dataclass(frozen=True, slots=True)
class ComplianceLists:
    """The lists of the days from `since` on, each with its first rows; `ending` are the legal holds that end within 30 days,
    `requests` the open data requests, those due first at the beginning."""

    since: date
    unusual: tuple[Unusual, ...]
    refused: tuple[Refusals, ...]
    overridden: tuple[Override, ...]
    ending: tuple[HoldView, ...]
    requests: tuple[DueRequest, ...]


async def compliance_lists(desk: Desk) -> ComplianceLists | None:
    """Return the lists for a member who may read the whole audit trail; None for others."""
    if not allows(desk.member, "see_audit") or not allows(desk.member, "keep_holds"):
        return None
    zone, today = ZoneInfo(desk.workspace.zone), desk.workspace_today
    since, soon = today - timedelta(days=DAYS - 1), today + ENDING
    begin = datetime.combine(since, time(), zone)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    unusual = await unusual_days(desk, days, zone)
    counts = await compliance.count_acts(
        desk.session, desk.workspace.id, REFUSED, since=begin, until=desk.now + timedelta(minutes=1)
    )
    refused = sorted(counts.items(), key=lambda each: -each[1])[:SHOWN]
    allowed = await audit.entries(desk.session, desk.workspace.id, since=begin, acts=("override_contact",), limit=SHOWN)
    loan_ids = {entry.loan_id for entry in allowed if entry.loan_id}
    decisions = (await contacts.overridden_on(desk.session, loan_ids, begin))[:SHOWN]
    concerned = [each.member_id for _, each in unusual] + [key for key, _ in refused] + [row.by_id for row in decisions]
    people = await members.by_ids(desk.session, filter(None, concerned))
    on = await loans.by_ids(desk.session, {row.loan_id for row in decisions})
    return ComplianceLists(
        since=since,
        unusual=tuple(
            Unusual(day, each.member_id, people[each.member_id].name, each.count, f"{each.usual:g}")
            for day, each in unusual[:SHOWN]
        ),
        refused=tuple(Refusals(key, people[key].name if key else "", count) for key, count in refused),
        overridden=tuple(
            Override(
                row.at,
                row.by_id,
                people[row.by_id].name,
                row.loan_id,
                on[row.loan_id].number,
                unreadable.read(desk, ContactDecision.reason_cipher, row),
                row.undone_at is not None,
            )
            for row in decisions
            if row.by_id is not None
        ),
        ending=tuple(each for each in (await holds(desk)).holds if each.until is not None and each.until <= soon)[
            :SHOWN
        ],
        requests=await _requests(desk),
    )


async def _requests(desk: Desk) -> tuple[DueRequest, ...]:
    rows = await person_requests.page(desk.session, desk.workspace.id, is_open=True, offset=0, limit=SHOWN)
    named = await loans.by_ids(desk.session, {row.loan_id for row in rows if row.loan_id})
    return tuple(
        DueRequest(
            row.kind,
            named[row.loan_id].number if row.loan_id else "",
            row.due_on,
            row.due_on < desk.workspace_today,
        )
        for row in rows
    )
