"""Remove stored bytes that belong to no row, one part of the store after the other."""

from dataclasses import field
from datetime import datetime, timedelta

import structlog

from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.files.upkeep import leftovers
from storage.files.store import SHARDS, MissingBytesError, StoreAwayError
from storage.tables import Workspace

log = structlog.get_logger()

PAUSE = timedelta(seconds=10)
"""The pause between two parts: the whole store is gone through in 43 minutes."""


@dataclass(slots=True)
class FileSweeper:
    """Goes through the store. Several may do so at once: what one has deleted, the other does not find."""

    office: Office
    workspace: Workspace
    shard: int = 0
    _not_before: datetime | None = field(default=None)

    async def round(self) -> None:
        """Sweep the next part of the store if its time has come."""
        files, now = self.office.files, self.office.clock.now()
        if files is None or (self._not_before is not None and now < self._not_before <= now + PAUSE):
            return
        self._not_before = now + PAUSE
        await self.sweep(self.shard)
        self.shard = (self.shard + 1) % SHARDS

    async def sweep(self, shard: int) -> int:
        """Delete the leftovers of a part of the store, and return how many."""
        assert self.office.files is not None
        store = self.office.files.store
        try:
            stored = await store.ids(shard)
            async with self.office.reading_desk(self.workspace) as desk:
                gone = await leftovers(desk, stored)
            for blob_id in gone:
                await store.delete(blob_id)
                log.info("leftover_file_deleted", blob=str(blob_id))
        except (StoreAwayError, MissingBytesError) as error:
            log.warning("files_not_swept", error=str(error) or type(error).__name__)
            return 0
        return len(gone)
