"""Delete from a restored backup what was deleted for good since it was made: by retention, or because a borrower asked for it.

The list is a file outside the database, which is lost when a backup is restored: a line has the instant, the workspace, the
table, the row's id and why.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from storage.engine.work import Work
from storage.queries.core import retention_due
from storage.tables.retained import all_tables
from storage.upkeep import demo
from storage.upkeep.erasing import erase

_BATCH = 100


class BadErasedListError(Exception):
    """A line of the list cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A row that was deleted for good."""

    at: datetime
    workspace_id: UUID
    table: str
    id: UUID
    why: str


def erased_line(row: Erased) -> str:
    """Return a row as a line of the list."""
    return f"{row.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {row.workspace_id} {row.table} {row.id} {row.why}\n"


def read_erased(lines: Iterable[str]) -> list[Erased]:
    """Return the rows of a list. Raises BadErasedListError."""
    found: list[Erased] = []
    for number, line in enumerate(lines, start=1):
        try:
            at, workspace_id, table, row_id, why = line.split()
            row = Erased(datetime.fromisoformat(at), UUID(workspace_id), table, UUID(row_id), why)
        except ValueError:
            raise BadErasedListError(f"line {number} of the list of erased records cannot be read") from None
        if table not in all_tables() or row.at.tzinfo is None:
            raise BadErasedListError(f"line {number} of the list of erased records names no table of the desk")
        found.append(row)
    return found


async def erase_again(session: Work, erased: Iterable[Erased], now: datetime) -> int:
    """Delete these rows with all that belongs to them where a restore brought them back, and note them. Return how many there
    were."""
    by_table: dict[tuple[UUID, str, str], list[UUID]] = defaultdict(list)
    for row in erased:
        by_table[row.workspace_id, row.table, row.why].append(row.id)
    there = 0
    loans_first = sorted(by_table.items(), key=lambda each: (each[0][1] != "loan", each[0]))
    batches = [(key, ids[start : start + _BATCH]) for key, ids in loans_first for start in range(0, len(ids), _BATCH)]
    for (workspace_id, table, _), ids in batches:
        there += len(await retention_due.present(session, table, workspace_id, ids))
    for (workspace_id, table, why), ids in batches:
        present = await retention_due.present(session, table, workspace_id, ids)
        await (demo.remove(session, present, now) if table == "loan" else erase(session, table, present))
        await retention_due.note_erased(session, workspace_id, table, ids, why, now)
    return there
