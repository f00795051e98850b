"""Report whether the process is alive and the desk is ready, and what is wrong when it is not."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import metrics
from bot.logs import kind_of
from desk.core.transaction import Office
from storage.engine import schema
from storage.engine.trouble import is_outage
from storage.queries.messages import sending
from storage.tables import Workspace
from storage.upkeep import processes

log = structlog.get_logger()

LOOK_SECONDS = 2.0
"""Time limit of a look at the database."""

WORKER_SILENT_AFTER = timedelta(seconds=30)

_BEHIND = "the database is not at this release's schema: run loandesk migrate"


@dataclass(slots=True)
class Health:
    """Check the database on each request. `connected` tells whether Socket Mode is connected; None without Socket Mode."""

    office: Office
    workspace: Workspace
    longest_backlog: timedelta
    connected: Callable[[], bool] | None = None

    async def report(self) -> dict[str, object]:
        """Return `ready`, and for each part `ok` or what is wrong."""
        look = await self._look()
        parts: dict[str, object] = {"database": look.database, "migrations": look.migrations}
        parts |= {"worker": self._worker(look), "backlog": self._backlog(look)}
        if self.connected is not None:
            parts["socket"] = "ok" if self.connected() else "there is no connection to Slack"
        ready = all(said == "ok" for said in parts.values())
        return {"ready": ready} | parts | {"owed": look.owed, "oldest_owed_seconds": look.oldest}

    async def measure(self) -> None:
        """Set the gauges to the current state."""
        look = await self._look()
        metrics.BACKLOG.set(math.nan if look.owed is None else look.owed)
        metrics.OLDEST_OWED.set(math.nan if look.oldest is None else look.oldest)
        metrics.WORKER_AGE.set(math.nan if look.worker_age is None else look.worker_age)

    async def _look(self) -> "_Look":
        look = _Look()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._read(look)
        except Exception as error:  # without the newest tables the rest cannot be read
            if look.migrations != _BEHIND and is_outage(error):
                look.database = f"cannot be reached: {kind_of(error)}"
            elif look.migrations != _BEHIND:
                look.database = f"a query fails: {kind_of(error)}"
                log.exception("health_not_read")
        return look

    async def _read(self, look: "_Look") -> None:
        database, now = self.office.database, self.office.clock.now()
        look.migrations = "ok" if await schema.is_current(database) else _BEHIND
        look.database = "ok"
        async with database.reading() as session:
            look.owed, since = await sending.waiting(session, self.workspace.id)
            worked_at = await processes.last_worked(session, self.workspace.id)
        look.oldest = max(0.0, (now - since).total_seconds()) if since else 0.0
        look.worker_age = (now - worked_at).total_seconds() if worked_at else None

    def _worker(self, look: "_Look") -> str:
        if look.owed is None:
            return "unknown"
        if look.worker_age is None:
            return "none has run yet: is a worker running?"
        if look.worker_age > WORKER_SILENT_AFTER.total_seconds():
            return f"none has run for {look.worker_age:.0f} s: is a worker running?"
        return "ok"

    def _backlog(self, look: "_Look") -> str:
        if look.oldest is None:
            return "unknown"
        if look.oldest > self.longest_backlog.total_seconds():
            return f"{look.owed} messages are pending, the oldest for {look.oldest:.0f} s"
        return "ok"


@dataclass(slots=True)
class _Look:
    database: str = "cannot be reached"
    migrations: str = "unknown"
    owed: int | None = None
    oldest: float | None = None
    worker_age: float | None = None


def admin_application(health: Health) -> web.Application:
    """`GET /healthz`, `/readyz` and `/metrics`, for the operator's own network."""

    async def readyz(_request: web.Request) -> web.Response:
        report = await health.report()
        return web.json_response(report, status=200 if report["ready"] else 503)

    async def read_metrics(_request: web.Request) -> web.Response:
        await health.measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.add_routes([web.get("/healthz", alive), web.get("/readyz", readyz), web.get("/metrics", read_metrics)])
    return application


async def alive(_request: web.Request) -> web.Response:
    """`GET /healthz`: the process answers."""
    return web.json_response({"ok": True})
