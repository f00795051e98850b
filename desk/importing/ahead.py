"""The batches of an import, read and computed ahead: while the database writes one, the next is made."""

import asyncio
from collections.abc import Collection, Iterator
from itertools import islice

from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.importing.adding import Prospects
from desk.importing.importing import BATCH, KnownLines, known_lines
from desk.importing.results import ImportResult
from desk.importing.rows import ImportRow
from storage.queries.loans.search import DigestCache
from storage.tables import Workspace

_AT_ONCE = 50
"""Rows that are computed before the event loop may go on: some milliseconds."""

_MOST = 1_000
"""Rows of a batch; it has at least `BATCH`."""

_SHORT, _LONG = 0.06, 0.12
"""Seconds of a transaction after which batches are larger, or smaller: others wait for SQLite's lock, and on PostgreSQL for
the loans that are changed."""


_NONE = KnownLines(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one transaction with what they are as new loans, and how many others are unchanged and need none."""

    rows: list[ImportRow]
    prospects: Prospects
    unchanged: int


class BatchesAhead:
    """Makes the batches. Their size follows how long transactions take."""

    def __init__(self, office: Office, workspace: Workspace, rows: Collection[ImportRow], *, begin_at: int = 0) -> None:
        self._office, self._workspace = office, workspace
        self._rows: Iterator[ImportRow] = islice(rows, begin_at, None)
        self._digests = DigestCache(office.cipher)
        self._size = BATCH
        self._looks_first = True

    async def next(self) -> Batch | None:
        """Return the next batch, None at the end."""
        rows: list[ImportRow] = []
        while len(rows) < self._size and (some := list(islice(self._rows, min(_AT_ONCE, self._size - len(rows))))):
            rows += some
            await asyncio.sleep(0)
        if not rows:
            return None
        known = await self._known(rows) if self._looks_first else _NONE
        left = [row for row in rows if row.line not in known.unchanged] if known.unchanged else rows
        prospects = Prospects(self._office.cipher, self._digests)
        for start in range(0, len(left), _AT_ONCE):
            some = left[start : start + _AT_ONCE]
            prospects.add(row for row in some if row.line not in known.every)
            prospects.expect(row for row in some if row.line in known.every)
            await asyncio.sleep(0)
        return Batch(left, prospects, len(rows) - len(left))

    async def _known(self, rows: list[ImportRow]) -> KnownLines:
        """Return the rows about loans at the desk, and look again only if there were any."""
        async with self._office.reading_desk(self._workspace) as desk:
            known = await known_lines(desk, rows)
        self._looks_first = bool(known.every)
        return known

    def follow(self, batch: Batch, result: ImportResult, seconds: float) -> None:
        """Take the size of the next batches from how long the transaction of one took."""
        self._looks_first |= result.effects["same"] > 0 or result.effects["changed"] > 0
        if seconds > _LONG:
            self._size = max(BATCH, self._size // 2)
        elif seconds < _SHORT and len(batch.rows) * 2 > self._size:
            self._size = min(_MOST, self._size * 2)
