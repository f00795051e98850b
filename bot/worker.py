"""The worker: once a second, announce what has fallen due and have it delivered."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog

from bot import metrics
from bot.home_updater import HomeUpdater
from desk.core.deliveries import forget_old
from desk.core.transaction import Desk, Office
from desk.messages.digests import queue_due_digests
from desk.messages.reminders import announce_due, escalate_due
from desk.people.team import end_absences
from storage.engine.trouble import log_fields
from storage.tables import Workspace

log = structlog.get_logger()

TICK_SECONDS = 1.0


class Engine(Protocol):
    """Delivers pending notices for as long as the program runs."""

    async def start(self) -> None:
        """Start delivering."""
        ...

    async def stop(self) -> None:
        """Finish the deliveries in flight and stop."""
        ...


Chore = Callable[[Desk], Awaitable[object]]

CHORES: tuple[Chore, ...] = (end_absences, announce_due, escalate_due, queue_due_digests, forget_old)
"""The chores of a round, each in its own transaction."""


async def do_chores(office: Office, workspace: Workspace) -> bool:
    """Do one round of chores. A chore that fails is logged and tried again in the next round; the others go on.

    Return False when all of them failed.
    """
    failed = 0
    for chore in CHORES:
        try:
            async with office.desk(workspace) as desk:
                await chore(desk)
        except Exception as error:  # one chore with a bad row must not stop the others
            log.error("chore_failed", chore=chore.__name__, **log_fields(error))
            metrics.CHORES_FAILED.labels(chore.__name__).inc()
            failed += 1
    return failed < len(CHORES)


class Worker:
    """Do the chores and run the delivery engine until stopped."""

    def __init__(self, office: Office, workspace: Workspace, engine: Engine, homes: HomeUpdater) -> None:
        self._office = office
        self._workspace = workspace
        self._engine = engine
        self._homes = homes
        self._task: asyncio.Task[None] | None = None
        self.worked_at: datetime | None = None
        """When the last complete round started."""

    async def start(self) -> None:
        """Start the engine and the rounds."""
        await self._engine.start()
        self._task = asyncio.create_task(self._work(), name="worker")

    async def stop(self) -> None:
        """Finish the current round and the deliveries in flight."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._engine.stop()

    async def _work(self) -> None:
        while True:
            await asyncio.shield(self._round())
            await asyncio.shield(self._update_homes())
            await asyncio.sleep(TICK_SECONDS)

    async def _round(self) -> None:
        began = self._office.clock.now()
        if await do_chores(self._office, self._workspace):
            self.worked_at = began

    async def _update_homes(self) -> None:
        try:
            await self._homes.round()
        except Exception as error:  # a Home that cannot be written must stop neither the reminders nor the other Homes
            log.error("home_not_kept", **log_fields(error))
