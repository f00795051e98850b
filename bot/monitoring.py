"""Health (is the process alive, is the desk ready, and if not, why) and metrics for Prometheus.

Labels of metrics name the desk's own parts, never a person, borrower, channel or loan.
"""

import asyncio
import math
from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from bot.logs import kind_of
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.engine import schema
from storage.engine.trouble import is_outage
from storage.queries.messages import backlogs
from storage.upkeep import processes

log = structlog.get_logger()

CHECK_SECONDS = 2.0
"""Time limit of a check of the database."""

WORKER_SILENT_AFTER = timedelta(seconds=30)

_ANSWER_TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_LATENESS = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)

COMMANDS = Histogram(
    "loandesk_command_seconds", "Commands: from receipt to answer.", ("command", "outcome"), buckets=_ANSWER_TIMES
)
PRESSES = Histogram(
    "loandesk_press_seconds", "Presses: from receipt to answer.", ("press", "outcome"), buckets=_ANSWER_TIMES
)
REQUESTS = Histogram(
    "loandesk_api_seconds", "Requests of the API: from receipt to answer.", ("route", "status"), buckets=_ANSWER_TIMES
)
LATENESS = Histogram(
    "loandesk_notice_lateness_seconds",
    "Messages posted: delay after the instant they were meant for.",
    ("kind",),
    buckets=_LATENESS,
)
DELIVERIES = Counter("loandesk_deliveries", "Attempts to bring a message to Slack.", ("result",))
WEBHOOKS = Counter("loandesk_webhooks", "Attempts to bring an event to an endpoint of webhooks.", ("result",))
CHORES_FAILED = Counter("loandesk_chores_failed", "Rounds of the worker in which a chore failed.", ("chore",))
SOCKET = Counter("loandesk_socket_connections", "Socket Mode: connections made, and why replaced.", ("event",))
BACKLOG = Gauge("loandesk_backlog", "Messages that are pending. The same in every process: take the maximum.")
OLDEST_PENDING = Gauge(
    "loandesk_oldest_owed_seconds", "Age of the message that has been pending longest; 0 when there is none."
)
WORKER_AGE = Gauge("loandesk_worker_age_seconds", "Time since a worker's last complete round, in any process.")

KEY_STORE_AWAY = Gauge("loandesk_key_store_away", "1 when the KMS does not open the wrapped keys; 0 without a KMS.")


def count_answer(name: str, outcome: str, seconds: float) -> None:
    """Record the answer to a command or press."""
    family = COMMANDS if name.startswith("/") else PRESSES
    family.labels(name, outcome).observe(seconds)


def count_request(name: str, status: int, seconds: float) -> None:
    """Record the answer to a request of the API."""
    REQUESTS.labels(name, str(status)).observe(seconds)


_BEHIND = "the database is not at this release's schema: run loandesk migrate"


@dataclass(slots=True)
class _State:
    """What a check found; seconds, None: unknown."""

    database: str = "cannot be reached"
    migrations: str = "unknown"
    pending: int | None = None
    oldest: float | None = None
    worker_age: float | None = None


@dataclass(slots=True)
class Health:
    """Check the database on each request. `workspaces` returns those that are served. `connected` tells whether Socket Mode is;
    None without Socket Mode. `key_store` is what is wrong with the KMS, empty if nothing is; None without one."""

    office: Office
    workspaces: Callable[[], Collection[UUID]]
    longest_backlog: timedelta
    connected: Callable[[], bool] | None = None
    key_store: Callable[[], str | None] = lambda: None

    async def report(self) -> dict[str, object]:
        """Return `ready`, and for each part `ok` or what is wrong."""
        state = await self._check()
        parts: dict[str, object] = {"database": state.database, "migrations": state.migrations}
        parts |= {"worker": _worker(state), "backlog": self._backlog(state)}
        if self.connected is not None:
            parts["socket"] = "ok" if self.connected() else "there is no connection to Slack"
        ready = all(part == "ok" for part in parts.values())
        if (trouble := self.key_store()) is not None:  # the keys are in memory: what runs is ready all the same
            parts["key_store"] = trouble or "ok"
        return {"ready": ready} | parts | {"owed": state.pending, "oldest_owed_seconds": state.oldest}

    async def measure(self) -> None:
        """Set the gauges to the current state."""
        state = await self._check()
        BACKLOG.set(math.nan if state.pending is None else state.pending)
        OLDEST_PENDING.set(math.nan if state.oldest is None else state.oldest)
        WORKER_AGE.set(math.nan if state.worker_age is None else state.worker_age)
        if (trouble := self.key_store()) is not None:
            KEY_STORE_AWAY.set(bool(trouble))

    async def _check(self) -> _State:
        state = _State()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._read(state)
        except Exception as error:  # without the newest tables the rest cannot be read
            if state.migrations != _BEHIND and is_outage(error):
                state.database = f"cannot be reached: {kind_of(error)}"
            elif state.migrations != _BEHIND:
                state.database = f"a query fails: {kind_of(error)}"
                log.exception("health_not_read")
        return state

    async def _read(self, state: _State) -> None:
        database, now = self.office.database, self.office.clock.now()
        state.migrations = "ok" if await schema.is_current(database) else _BEHIND
        state.database = "ok"
        async with database.reading() as session:
            state.pending, since = await backlogs.waiting(session, self.workspaces())
            worked_at = await processes.last_worked(session)
        state.oldest = max(0.0, (now - since).total_seconds()) if since else 0.0
        state.worker_age = (now - worked_at).total_seconds() if worked_at else None

    def _backlog(self, state: _State) -> str:
        if state.oldest is None:
            return "unknown"
        if state.oldest > self.longest_backlog.total_seconds():
            return f"{state.pending} messages are pending, the oldest for {state.oldest:.0f} s"
        return "ok"


def _worker(state: _State) -> str:
    if state.pending is None:
        return "unknown"
    if state.worker_age is None:
        return "none has run yet: is a worker running?"
    if state.worker_age > WORKER_SILENT_AFTER.total_seconds():
        return f"none has run for {state.worker_age:.0f} s: is a worker running?"
    return "ok"


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


async def alive(_request: web.BaseRequest) -> web.Response:
    """`GET /healthz`: the process answers."""
    return web.json_response({"ok": True})
