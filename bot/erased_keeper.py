"""Write what was deleted for good to the file `erased.txt`, so that a restored backup does not bring it back."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from bot.settings import Settings
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.queries.core import retention_runs
from storage.upkeep.erased_list import BadErasedListError, Erased, ErasedList

log = structlog.get_logger()

_OVERLAP = timedelta(hours=1)
"""How far back a round looks: a row has the time at which its transaction began, by the clock of the process that deleted it."""

_AGAIN_AFTER = timedelta(hours=1)
"""When a list that was changed is looked at again: `loandesk retention` says what to do."""


def erased_file(settings: Settings) -> Path:
    """Return the list of what was deleted for good: it is kept beside the heads of the audit trail."""
    return settings.audit_heads.with_name("erased.txt")


async def catch_up(office: Office, erased: ErasedList, since: datetime | None = None) -> None:
    """Write to the list what is not on it yet, of what was deleted from `since` on: another process deleted it, or one that was
    killed. Raises BadErasedListError, OSError."""
    async with office.database.reading() as session:
        rows = await retention_runs.erased(session, since)
    if not rows:
        return
    listed = {row.id for row in erased.read()} if erased.file.exists() else set[UUID]()
    missing = [row for row in rows if row.id not in listed]
    erased.append([Erased(row.at, row.workspace_id, row.table_name, row.id, row.why) for row in missing])


@dataclass(slots=True)
class ErasedKeeper:
    """Writes what members have erased to the list as soon as it is gone. When it last did, there were `count` rows from `since`
    on."""

    office: Office
    erased: ErasedList
    since: datetime | None = None
    count: int = 0
    again_at: datetime | None = None

    async def round(self) -> None:
        """Write what is not on the list yet. Raises OSError, and what the database raises; a changed list is logged once an
        hour, and not written on."""
        now = self.office.clock.now()
        if self.again_at is not None and now < self.again_at:
            return
        if self.since is not None and await self._count(self.since) == self.count:
            return
        since = now - _OVERLAP
        count = await self._count(since)
        try:
            await catch_up(self.office, self.erased, self.since)
        except BadErasedListError as error:
            log.error("erased_list_changed", why=str(error))
            self.again_at = now + _AGAIN_AFTER
            return
        self.since, self.count, self.again_at = since, count, None

    async def _count(self, since: datetime) -> int:
        async with self.office.database.reading() as session:
            return await retention_runs.count_erased(session, since)
