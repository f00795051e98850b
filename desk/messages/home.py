"""Somebody's App Home: what is due today, their loans, their open documents, and for managers how the team stands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.due_lists import DueRow, Kind, acts_for, end_of_day, overdue, purposes_of, rows_of
from desk.messages import overview
from desk.messages.digests import TeamDigest, team_digest_of
from desk.messages.overview import OpenDocuments
from storage.queries.documents import documents
from storage.queries.follow_ups import due_lists
from storage.queries.follow_ups.due_lists import Window
from storage.queries.loans import loans
from storage.queries.messages import homes
from storage.tables import Home

PAGE = 10
"""Calls of one page."""

SOON = timedelta(hours=1)
"""What is due within it is due now."""

KEPT_TRUE_FOR = timedelta(minutes=30)
"""How long after it was opened a home is kept true."""

LOOKED_AT_EVERY = timedelta(seconds=5)
"""How often at most a home is looked at: many changes of one moment are one update."""

_KINDS: dict[str, Kind] = {"verification": "verification", "repayment": "repayment"}


@dataclass(frozen=True, slots=True)
class Showing:
    """Which calls the reader wants to see: of one kind or all, from which on. `first_visit` has what a newcomer needs
    stand above them, until that is dismissed."""

    kind: Kind | None = None
    offset: int = 0
    first_visit: bool = False


@dataclass(frozen=True, slots=True)
class HomeView:
    """`overdue`, `now` and `later` are one page of today's calls, most urgent first; `total` counts them all.

    `by_stage` are the reader's live loans, `documents` their loans with open documents, `to_accept` how many documents have
    come and wait to be looked at. `team` is there for managers.
    """

    showing: Showing
    overdue: tuple[DueRow, ...]
    now: tuple[DueRow, ...]
    later: tuple[DueRow, ...]
    total: int
    overdue_total: int
    by_stage: tuple[tuple[str, int], ...]
    documents: tuple[OpenDocuments, ...]
    to_accept: int
    unplanned: int
    team: TeamDigest | None
    is_admin: bool

    @property
    def more(self) -> int:
        """How many calls follow behind this page."""
        return self.total - self.showing.offset - len(self.overdue) - len(self.now) - len(self.later)


async def open_home(desk: Desk) -> Showing:
    """The acting member opens their home. Gives what it showed before; the first time, what a first visit shows."""
    there = await desk.session.get(Home, desk.member.id)
    await homes.record_opened(desk.session, desk.workspace.id, desk.member.id, desk.now)
    if there is None:
        return Showing(first_visit=True)
    return replace(read_showing(there.showing), first_visit=False)


async def published(desk: Desk, content: str, view_hash: str, showing: Mapping[str, Any]) -> None:
    """Notes what stands in the acting member's home now, and Slack's name for it."""
    digest = desk.cipher.digest("home", content)
    await homes.record_published(
        desk.session, desk.member.id, digest=digest, view_hash=view_hash, showing=dict(showing)
    )


async def stale_homes(desk: Desk, *, limit: int) -> list[Home]:
    """Homes that were opened lately and that this process is to look at now, the longest unseen first."""
    return await homes.take_stale(
        desk.session,
        desk.workspace.id,
        opened_after=desk.now - KEPT_TRUE_FOR,
        checked_before=desk.now - LOOKED_AT_EVERY,
        now=desk.now,
        limit=limit,
    )


def read_showing(value: Mapping[str, Any]) -> Showing:
    """Which page a button or a home carries."""
    kind = str(value.get("k", ""))
    return Showing(_KINDS.get(kind), int(value.get("o", 0)), first_visit=bool(value.get("w")))


async def home_of(desk: Desk, showing: Showing) -> HomeView:
    """The acting member's home as it is now. A page that is no longer there is the first."""
    member = desk.member
    ids = [each.id for each in await acts_for(desk, member)]
    purposes = purposes_of(showing.kind)
    today = Window(ids, None, end_of_day(desk, member), purposes)
    total = sum((await due_lists.count_due(desk.session, today)).values())
    late = sum((await due_lists.count_due(desk.session, overdue(desk, ids, purposes))).values())
    if showing.offset >= total:
        showing = replace(showing, offset=0)
    rows = await rows_of(desk, today, limit=PAGE, offset=showing.offset)
    counts = await loans.counts_of_owner(desk.session, member.id)
    return HomeView(
        showing=showing,
        overdue=tuple(row for row in rows if row.follow_up.overdue),
        now=tuple(row for row in rows if not row.follow_up.overdue and _is_soon(desk, row)),
        later=tuple(row for row in rows if not row.follow_up.overdue and not _is_soon(desk, row)),
        total=total,
        overdue_total=late,
        by_stage=tuple((stage.code, counts[stage.code]) for stage in VOCABULARY.stages if counts.get(stage.code)),
        documents=await overview.open_documents(desk),
        to_accept=await documents.count_received(desk.session, member.id),
        unplanned=await due_lists.count_unplanned(desk.session, [member.id]),
        team=await team_digest_of(desk, member) if allows(member, "see_team_digest") else None,
        is_admin=allows(member, "change_workspace"),
    )


def _is_soon(desk: Desk, row: DueRow) -> bool:
    return row.follow_up.due.at is not None and row.follow_up.due.at <= desk.now + SOON
