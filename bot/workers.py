"""The worker of this process: one for each workspace that it serves, and one delivery engine for all.

Each works in tasks of its own, so that a workspace whose Slack does not answer holds up no other.
"""

import asyncio
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from bot.steps import Steps
from bot.worker import TICK_SECONDS, UPKEEP, Worker, do_chores
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.engine.trouble import log_fields

if TYPE_CHECKING:
    from bot.delivery.engine import DbosEngine
    from bot.served_workspaces import ServedWorkspaces
    from bot.token_refresher import TokenRefresher

log = structlog.get_logger()


@dataclass(slots=True)
class Workers:
    """Runs them until stopped, and follows which workspaces there are."""

    workspaces: "ServedWorkspaces"
    engine: "DbosEngine"
    office: Office
    refresher: "TokenRefresher | None" = None
    _working: dict[UUID, Worker] = field(default_factory=dict[UUID, Worker])
    _followed_at: datetime | None = None
    _task: asyncio.Task[None] | None = None
    _steps: Steps = field(default_factory=Steps)

    @property
    def worked_at(self) -> datetime | None:
        """When the last complete round started: of the workspace that has waited longest for one. None before all had one."""
        worked = [worker.worked_at for worker in self._working.values()]
        if not worked:
            return self._followed_at
        return None if None in worked else min(at for at in worked if at is not None)

    async def start(self) -> None:
        """Start the engine and a worker for each workspace."""
        await self.engine.start()
        await self._follow()
        if self.workspaces.several:
            self._task = asyncio.create_task(self._keep_following(), name="workers")

    async def stop(self) -> None:
        """Finish the current rounds and the deliveries in flight."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._steps.finish()
        await asyncio.gather(*(worker.stop() for worker in self._working.values()))
        await self.engine.stop()

    async def _keep_following(self) -> None:
        while True:
            try:
                await self._steps.do(self._follow())
                if self.refresher is not None:
                    await self._steps.do(self.refresher.round())
                for workspace in self.workspaces.ended():
                    await self._steps.do(do_chores(self.office, workspace, UPKEEP))
            except Exception as error:  # the database may be away for a while
                log.error("workspaces_not_followed", **log_fields(error))
            await asyncio.sleep(TICK_SECONDS)

    async def _follow(self) -> None:
        await self.workspaces.refresh()
        present = {served.workspace.id: served for served in self.workspaces.present()}
        for workspace_id in self._working.keys() - present.keys():
            self.engine.remove(workspace_id)
            await self._working.pop(workspace_id).stop()
        for workspace_id in present.keys() - self._working.keys():
            worker = self._working[workspace_id] = Worker(present[workspace_id])
            self.engine.add(present[workspace_id].sender, {"webhooks": present[workspace_id].webhooks})
            await worker.start()
        self._followed_at = self.office.clock.now()
