"""The worker: announce once a second what has fallen due, and run the delivery engine."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot import monitoring
from bot.delivery.engine import DbosEngine
from bot.home_updater import HomeUpdater
from desk.core.deliveries import forget_old
from desk.core.recomputations import recompute_pending
from desk.core.transaction import Desk, Office
from desk.loans.indexing import index_next
from desk.messages.digests import queue_due_digests
from desk.messages.reminders import announce_due, escalate_due
from desk.people.team import end_absences
from storage.engine.trouble import log_fields
from storage.tables import Workspace

log = structlog.get_logger()

TICK_SECONDS = 1.0


CHORES: tuple[Callable[[Desk], Awaitable[object]], ...] = (
    recompute_pending,
    end_absences,
    announce_due,
    escalate_due,
    queue_due_digests,
    forget_old,
    index_next,
)
"""The chores of a round, each in its own transaction."""

REPEATED: Mapping[Callable[[Desk], Awaitable[object]], int] = {recompute_pending: 50, index_next: 20}
"""The chores of which a round does several batches, each in its own transaction, as long as there is one: at most so many,
so that the other chores get their turn."""


async def do_chores(office: Office, workspace: Workspace) -> bool:
    """Do one round of chores; one that fails is logged and left to the next round. Return False when all failed."""
    failed = 0
    for chore in CHORES:
        try:
            for _ in range(REPEATED.get(chore, 1)):
                async with office.desk(workspace) as desk:
                    if not await chore(desk):
                        break
        except Exception as error:  # one chore with a bad row must not stop the others
            log.error("chore_failed", chore=chore.__name__, **log_fields(error))
            monitoring.CHORES_FAILED.labels(chore.__name__).inc()
            failed += 1
    return failed < len(CHORES)


@dataclass(slots=True)
class Worker:
    """Do the chores and run the delivery engine until stopped. `worked_at`: when the last complete round started."""

    office: Office
    workspace: Workspace
    engine: DbosEngine
    homes: HomeUpdater
    worked_at: datetime | None = None
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the engine and the rounds."""
        await self.engine.start()
        self._task = asyncio.create_task(self._work(), name="worker")

    async def stop(self) -> None:
        """Finish the current round and the deliveries in flight."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.engine.stop()

    async def _work(self) -> None:
        while True:
            await asyncio.shield(self._round())
            await asyncio.shield(self._update_homes())
            await asyncio.sleep(TICK_SECONDS)

    async def _round(self) -> None:
        started_at = self.office.clock.now()
        if await do_chores(self.office, self.workspace):
            self.worked_at = started_at

    async def _update_homes(self) -> None:
        try:
            await self.homes.round()
        except Exception as error:  # a Home that cannot be published must stop neither reminders nor other Homes
            log.error("home_not_kept", **log_fields(error))
