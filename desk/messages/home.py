"""A member's App Home: calls due today, loans, open documents, and the team's workload for managers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.permissions import allows, sees_unowned
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.documents.waiting import count_waiting
from desk.follow_ups.appointments_of_day import AppointmentOfDay, appointments_of_day
from desk.follow_ups.due_lists import DueRow, Kind, end_of_day, late_window, purposes_of, rows_of
from desk.follow_ups.escalation_views import NO_ESCALATIONS, WaitingEscalations, waiting_for
from desk.loans.lists import LoanRow, loan_rows
from desk.messages import overview
from desk.messages.compliance_home import ComplianceLists, compliance_lists
from desk.messages.digests import TeamDigest, team_digest_of
from desk.messages.failing_webhooks import FailingWebhook, failing_webhooks
from desk.messages.figures import Asked, Figures, figures_of
from desk.messages.imports import ImportView, last_imports
from desk.messages.overview import OpenDocuments
from desk.people.members import acts_for, today_of
from desk.people.offers import Offers, offers_to, queues_for
from desk.rules.checks import PURPOSES as CHECKS
from desk.rules.queues import QueueKind
from desk.rules.stages import BEFORE_PAYOUT
from storage.queries.follow_ups import due_lists
from storage.queries.follow_ups.due_lists import Whose, Window
from storage.queries.loans import loans
from storage.queries.messages import homes
from storage.queries.people.scopes import People
from storage.tables import Home

PAGE = 10
"""Calls of one page."""

MOVABLE = 5
"""Loans that have a button for their next stage."""

SOON = timedelta(hours=1)
"""A call due within this time is shown as due now."""

UPDATED_FOR = timedelta(minutes=30)
"""How long a home is kept up to date after it was opened."""

CHECK_INTERVAL = timedelta(seconds=5)
"""The shortest time between two checks of a home, so that many changes at once make one update."""

_KINDS: dict[str, Kind] = {"verification": "verification", "repayment": "repayment"}


@dataclass(frozen=True, slots=True)
class HomePage:
    """The calls to show: of one kind or all, from `offset` on, below the introduction for newcomers if `first_visit`."""

    kind: Kind | None = None
    offset: int = 0
    first_visit: bool = False


@dataclass(frozen=True, slots=True)
class HomeView:
    """`late`, `now` and `later` are one page of today's `total` calls, most urgent first. `reader` is a Slack id.

    `unplanned` and `arrears` count loans as their lists do. `by_stage` counts the reader's live loans, `movable` are those before
    payout that are the longest in their stage, `documents` the first loans with open documents. `documents_total` counts all
    of these documents and `to_accept` those to review. Only managers have a `team`; `escalations` wait for one.
    """

    page: HomePage
    reader: str
    late: tuple[DueRow, ...]
    now: tuple[DueRow, ...]
    later: tuple[DueRow, ...]
    total: int
    late_total: int
    by_stage: tuple[tuple[str, int], ...]
    movable: tuple[LoanRow, ...]
    documents: tuple[OpenDocuments, ...]
    documents_total: int
    to_accept: int
    unplanned: int
    arrears: int
    team: TeamDigest | None
    is_admin: bool
    offers: Offers
    sees_unowned: bool = False
    compliance: ComplianceLists | None = None
    escalations: WaitingEscalations = NO_ESCALATIONS
    queues: tuple[QueueKind, ...] = ()
    reports_calls: bool = False
    """Whether the phone system reports calls, and the reader may assign those that fit nobody."""
    imports: tuple[ImportView, ...] | None = None
    """The last imports, None for who may not import, or where the desk takes no files."""
    webhooks: tuple[FailingWebhook, ...] = ()
    """For admins, the endpoints of webhooks that take nothing."""
    figures: Figures | None = None
    """What a manager's team did today, and what waits there now."""
    appointments: tuple[AppointmentOfDay, ...] = ()
    """What the reader, and those for whom they act, attend today."""

    @property
    def more(self) -> int:
        """Return how many calls come after this page."""
        return self.total - self.page.offset - len(self.late) - len(self.now) - len(self.later)


async def open_home(desk: Desk) -> HomePage:
    """Record that the acting member opened their home; return the page last shown, or the introduction the first time."""
    there = await desk.session.get(Home, desk.member.id)
    await homes.record_opened(desk.session, desk.workspace.id, desk.member.id, desk.now)
    if there is None:
        return HomePage(first_visit=True)
    return replace(read_page(there.showing), first_visit=False)


async def record_published(desk: Desk, content: str, view_hash: str, page: Mapping[str, Any]) -> None:
    """Record the content of the acting member's home and its Slack hash."""
    digest = desk.cipher.digest("home", content)
    await homes.record_published(desk.session, desk.member.id, digest=digest, view_hash=view_hash, showing=dict(page))


async def stale_homes(desk: Desk, *, limit: int) -> list[Home]:
    """Return the recently opened homes that this process must check now, the longest unchecked first."""
    return await homes.take_stale(
        desk.session,
        desk.workspace.id,
        opened_after=desk.now - UPDATED_FOR,
        checked_before=desk.now - CHECK_INTERVAL,
        now=desk.now,
        limit=limit,
    )


def read_page(value: Mapping[str, Any]) -> HomePage:
    """Return the page that a button or a stored home holds."""
    kind = str(value.get("k", ""))
    return HomePage(_KINDS.get(kind), int(value.get("o", 0)), first_visit=bool(value.get("w")))


async def home_of(desk: Desk, page: HomePage) -> HomeView:
    """Return the acting member's present home; a page past the end becomes the first."""
    member, offers = desk.member, offers_to(desk)
    manages = allows(member, "see_team_digest")
    acting_for = await acts_for(desk, member)
    people = People.of(each.id for each in acting_for)
    purposes = purposes_of(page.kind)
    today = Window(people, None, end_of_day(desk, member), purposes)
    by_purpose = await due_lists.count_by_purpose(desk.session, today)
    total = sum(by_purpose.values())
    late = sum((await due_lists.count_by_purpose(desk.session, late_window(desk, people, purposes))).values())
    if page.offset >= total:
        page = replace(page, offset=0)
    rows = await rows_of(desk, today, limit=PAGE, offset=page.offset)
    counts = await loans.counts_of_owner(desk.session, member.id)
    arrears = await due_lists.count_in_arrears(desk.session, Whose(people), desk.workspace_today)
    return HomeView(
        page=page,
        reader=member.slack_user_id,
        late=tuple(row for row in rows if row.follow_up.late),
        now=tuple(row for row in rows if _is_soon(desk, row)),
        later=tuple(row for row in rows if not row.follow_up.late and not _is_soon(desk, row)),
        total=total,
        late_total=late,
        by_stage=tuple((stage.code, counts[stage.code]) for stage in VOCABULARY.stages if counts.get(stage.code)),
        movable=await _movable(desk, counts) if offers.change_stage else (),
        documents=await overview.open_documents(desk),
        to_accept=await count_waiting(desk, "received"),
        documents_total=await count_waiting(desk, "open"),
        unplanned=await due_lists.count_unplanned(desk.session, Whose(people), desk.workspace_today),
        arrears=arrears,
        team=await team_digest_of(desk, member) if manages else None,
        is_admin=allows(member, "change_workspace"),
        offers=offers,
        sees_unowned=offers.reassign and sees_unowned(member, desk.workspace),
        compliance=await compliance_lists(desk),
        escalations=await waiting_for(desk, member),
        reports_calls=offers.assign_phone_call and desk.workspace.phone_calls_at is not None,
        imports=await last_imports(desk) if desk.files is not None else None,
        webhooks=await failing_webhooks(desk) if allows(member, "change_workspace") else (),
        figures=await figures_of(desk, Asked(member.id)) if manages else None,
        appointments=await appointments_of_day(desk, member, acting_for, today_of(desk, member)),
        queues=queues_for(member, in_arrears=arrears > 0, checks=not by_purpose.keys().isdisjoint(CHECKS)),
    )


async def _movable(desk: Desk, counts: Mapping[str, int]) -> tuple[LoanRow, ...]:
    """Return the acting member's loans before payout that are the longest in their stage."""
    if not any(counts.get(stage) for stage in BEFORE_PAYOUT):
        return ()
    return await loan_rows(desk, await loans.of_owner(desk.session, desk.member.id, BEFORE_PAYOUT, limit=MOVABLE))


def _is_soon(desk: Desk, row: DueRow) -> bool:
    due_at = row.follow_up.due.at
    return not row.follow_up.late and due_at is not None and due_at <= desk.now + SOON
