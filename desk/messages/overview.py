"""What a command typed alone shows: the next things it could be about."""

from desk.core.dataclass import dataclass
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.follow_ups.due_lists import DueRow, Period, list_due
from desk.loans.lists import LoanRow, loan_rows, mine
from desk.messages.digests import AgentLoad, team_digest_of
from storage.queries.documents import documents

SHOWN = 5
"""Rows shown."""


@dataclass(frozen=True, slots=True)
class OpenDocuments:
    """A loan of the reader, its number of open documents, and of those whose date has passed before they came."""

    loan: LoanRow
    count: int
    late: int


async def calls(desk: Desk, period: Period) -> tuple[DueRow, ...]:
    """Return the reader's most urgent follow-ups of that period."""
    return (await list_due(desk, period=period)).rows[:SHOWN]


async def loans(desk: Desk) -> tuple[LoanRow, ...]:
    """Return the reader's live loans, the longest in its stage first."""
    return (await mine(desk)).rows[:SHOWN]


async def open_documents(desk: Desk) -> tuple[OpenDocuments, ...]:
    """Return the reader's loans with open documents, the longest waiting first."""
    found = await documents.open_of_owner(
        desk.session, desk.member.id, now=desk.now, today=desk.workspace_today, limit=SHOWN
    )
    rows = await loan_rows(desk, [loan for loan, _, _ in found])
    return tuple(OpenDocuments(row, count, late) for row, (_, count, late) in zip(rows, found, strict=True))


async def loads(desk: Desk) -> tuple[AgentLoad, ...]:
    """Return the workloads of a manager's team, nothing for other members."""
    return (await team_digest_of(desk, desk.member)).agents if allows(desk.member, "see_team_digest") else ()
