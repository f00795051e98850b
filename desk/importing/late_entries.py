"""The entries of search that an import writes behind its loans, those of thousands at once.

Each entry is at a place of its own in the index. With the few hundred loans of a transaction, SQLite writes most pages of a large
index again in each; with those of thousands, sorted and a part of the index at a time, it writes each page once. Until then a new
borrower is found by the phone and the loan by its number. On PostgreSQL, where the server does this, nothing waits.
"""

import time
from dataclasses import field
from operator import itemgetter
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.queries.core.rows import chunks
from storage.queries.loans import index_versions
from storage.queries.loans.index_versions import StoredEntry
from storage.tables import Workspace

_MOST = 10_000
"""Borrowers who wait at most."""

_SECONDS = 30.0
"""How long they wait, as far as the import goes on."""

_AT_ONCE = 5_000
"""Entries of a transaction, which holds up others for some hundredths of a second."""


@dataclass(slots=True)
class Unindexed:
    """Borrowers of new loans, and those of their entries that are still to be written."""

    borrower_ids: list[UUID] = field(default_factory=list[UUID])
    entries: list[StoredEntry] = field(default_factory=list[StoredEntry], repr=False)


class LateEntries:
    """What waits in one import. Lost with its process: the worker then makes the entries (`desk.loans.indexing`)."""

    def __init__(self, office: Office, workspace: Workspace) -> None:
        self._office, self._workspace = office, workspace
        self._waiting = Unindexed()
        self._since = 0.0

    def add(self, left: Unindexed) -> None:
        """Take over what a transaction left that is committed."""
        if not self._waiting.borrower_ids:
            self._since = time.monotonic()
        self._waiting.borrower_ids += left.borrower_ids
        self._waiting.entries += left.entries

    @property
    def are_due(self) -> bool:
        """Whether so many wait, or for so long, that they are to be written now."""
        count = len(self._waiting.borrower_ids)
        return count >= _MOST or (count > 0 and time.monotonic() - self._since >= _SECONDS)

    async def write(self) -> None:
        """Write everything that waits, in short transactions."""
        ids, entries = self._waiting.borrower_ids, self._waiting.entries
        self._waiting = Unindexed()
        entries.sort(key=itemgetter(0))
        for start in range(0, len(entries), _AT_ONCE):
            async with self._office.desk(self._workspace) as desk:
                part = entries[start : start + _AT_ONCE]
                await index_versions.add_awaited(desk.session, self._workspace.id, part, len(ids))
        for some in chunks(ids):
            async with self._office.desk(self._workspace) as desk:
                await index_versions.end_awaiting(desk.session, some)
