"""Pace and retry deliveries with DBOS Transact. No other module knows DBOS.

Our rows alone decide what is sent. DBOS gets ids: one workflow of one step for each attempt, named after the notice and
the number of the attempt. Its tables are in a file beside SQLite's, or in a schema of PostgreSQL's. The two commit
separately, so each may lag behind the other; `_scan` and `_sweep` repair that.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, EnqueueOptions, WorkflowStatus
from sqlalchemy.engine import URL, make_url

from bot import monitoring
from bot.delivery.sender import Sender
from storage.engine.database import IDLE_SECONDS, make_private
from storage.engine.trouble import is_outage, log_fields
from storage.queries.messages import sending
from storage.queries.messages.sending import LEASE, PendingNotice

log = structlog.get_logger()
T = TypeVar("T")

URGENT = "urgent"
DIGESTS = "digests"

_VERSION = "1"
"""Fixed: DBOS runs nothing that was queued under another version, and a release must not lose deliveries."""

_SCHEMA = "delivery_engine"
_WORKFLOW = "deliver"
_BATCH = 200
_LOST_AFTER = timedelta(minutes=2)
_OWN_LOST_AFTER = timedelta(minutes=5)
_RETENTION = timedelta(days=1)
_AHEAD = timedelta(minutes=5)
"""Work that started further in the future started before the clock was set back."""
_ALIVE = ("ENQUEUED", "PENDING", "DELAYED")
_DONE: list[str] = ["SUCCESS", "ERROR", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits as `(messages, seconds)`, in a channel for urgent notices and for digests, and for all digests together.

    Both stay within Slack's one message per second and channel, and most of what Slack allows in a workspace (several
    hundred messages a minute) is left to urgent notices. DBOS polls its queues every `poll_seconds`, we scan our rows every
    `scan_seconds`. After `abandoned_seconds` another process resumes what one started.
    """

    urgent: tuple[int, float] = (2, 3.0)
    digests: tuple[int, float] = (1, 3.0)
    digests_overall: tuple[int, float] = (3, 1.0)
    poll_seconds: float = 0.5
    scan_seconds: float = 0.5
    sweep_seconds: float = 10.0
    abandoned_seconds: float = LEASE.total_seconds()
    at_once: int = 32


class AttemptFailedError(Exception):
    """An attempt did not finish: the database is away, or we made a mistake. Its text is only the error's name."""


class DbosEngine:
    """Deliver notices while the program runs; one engine per process.

    `executor_id` names the process, also after a restart: then it resumes its unfinished work, or another process does.
    """

    def __init__(self, sender: Sender, *, executor_id: str, pace: Pace | None = None) -> None:
        self._sender = sender
        self._executor_id = executor_id
        self._pace = pace or Pace()
        # DBOS runs in a thread of ours: its async methods would replace the event loop's thread pool.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="delivery-engine")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._in_flight: set[Future[Any]] = set()
        self._ended_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._swept_at = float("-inf")
        self._checked_until: UUID | None = None

    async def start(self) -> None:
        """Launch DBOS, resume what this executor left unfinished, and start scanning for pending notices."""
        self._loop = asyncio.get_running_loop()
        await self._in_thread(self._launch)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the attempts in flight and stop. Queued work stays queued."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        # DBOS records the end of an attempt a moment later; an unrecorded one would be resumed at the next start.
        just_ended = asyncio.get_running_loop().time() - self._ended_at < 1.0
        timeout = int(LEASE.total_seconds()) if self._in_flight or just_ended else 0
        await self._in_thread(lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=timeout))
        self._thread.shutdown()

    async def _run(self) -> None:
        while True:
            try:
                await self._scan()
                await self._sweep()
            except Exception as error:  # a database may be away for a while; pending notices stay pending
                log.error("delivery_tick_failed", **log_fields(error))
            await asyncio.sleep(self._pace.scan_seconds)

    async def _scan(self) -> None:
        """Enqueue pending notices that DBOS does not have. Enqueued twice, an attempt is still one workflow: it has one id."""
        office, workspace = self._sender.office, self._sender.workspace
        now = office.clock.now()
        async with office.database.reading() as session:
            pending = await sending.to_enqueue(session, workspace.id, now, _BATCH)
            if any(not notice.urgent for notice in pending):
                busy = await sending.channels_with_urgent(session, workspace.id, now)
                if any(not notice.urgent and notice.channel in busy for notice in pending):
                    # Read again, because what waits for one channel may be all that was read.
                    pending = await sending.to_enqueue(session, workspace.id, now, _BATCH, busy)
        if pending:
            await self._in_thread(lambda: _enqueue(pending))
            async with office.database.transaction() as session:
                await sending.mark_enqueued(session, pending)

    async def _sweep(self) -> None:
        """Resume work that other processes abandoned, and enqueue again what DBOS has lost."""
        uptime = asyncio.get_running_loop().time()
        if uptime - self._swept_at < self._pace.sweep_seconds:
            return
        self._swept_at = uptime
        now = datetime.now(UTC)  # DBOS's tables use the real time, whatever our clock says
        abandoned = timedelta(seconds=self._pace.abandoned_seconds)
        resumed = await self._in_thread(lambda: _resume(self._executor_id, now, abandoned))
        if resumed:
            log.warning("abandoned_deliveries_resumed", count=resumed)
        await self._enqueue_lost()
        await self._in_thread(lambda: _prune(now))

    async def _enqueue_lost(self) -> None:
        office, workspace = self._sender.office, self._sender.workspace
        now = office.clock.now()
        async with office.database.reading() as session:
            enqueued = await sending.enqueued_since(
                session, workspace.id, now, before=now - _LOST_AFTER, after=self._checked_until, limit=_BATCH
            )
        self._checked_until = enqueued[-1].notice_id if len(enqueued) == _BATCH else None
        if not enqueued:
            return
        alive = await self._in_thread(lambda: _alive(enqueued))
        lost = [notice for notice in enqueued if _workflow_id(notice) not in alive]
        if lost:
            log.warning("forgotten_deliveries_given_again", count=len(lost))
            async with office.database.transaction() as session:
                await sending.skip_attempts(session, lost)

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _launch(self) -> None:
        # DBOS has a loop in a thread of its own; an attempt needs the program's, to which connections belong.
        async def attempt(notice_id: str) -> str:
            return await asyncio.wrap_future(self._on_our_loop(self._attempt(notice_id)))

        # The step is retried only when our database fails: the row records whatever Slack does.
        step = DBOS.step(name="attempt", retries_allowed=True, interval_seconds=1.0, backoff_rate=2.0, max_attempts=7)(
            attempt
        )

        async def deliver(notice_id: str) -> str:
            return await step(notice_id)

        DBOS.workflow(name=_WORKFLOW)(deliver)
        # Because it has a handler, DBOS adds none, and its lines go to the program's log.
        logging.getLogger("dbos").addHandler(logging.NullHandler())
        url = engine_url(self._sender.office.database.url)
        if url.drivername == "sqlite":
            _prepare_file(url.database or "")
        DBOS(config=_config(url, self._executor_id))
        DBOS.launch()
        _register_queues(self._pace)

    async def _attempt(self, notice_id: str) -> str:
        try:
            return (await self._sender.attempt(UUID(notice_id))).value
        except Exception as error:
            monitoring.DELIVERIES.labels("database_trouble" if is_outage(error) else "error").inc()
            log.error("delivery_failed", notice=notice_id, **log_fields(error))
            # DBOS stores what is raised; the text of a database error repeats values.
            raise AttemptFailedError(type(error).__name__) from None
        finally:
            self._ended_at = asyncio.get_running_loop().time()

    def _on_our_loop(self, coroutine: Coroutine[Any, Any, str]) -> Future[str]:
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        self._in_flight.add(future)
        future.add_done_callback(self._in_flight.discard)
        return future


def engine_url(database_url: str) -> URL:
    """Return the URL of the engine's tables: a file beside SQLite's, or the same PostgreSQL database."""
    url = make_url(database_url)
    if url.drivername.startswith("sqlite"):
        return url.set(drivername="sqlite", database=f"{url.database}-engine")
    url = url.set(drivername="postgresql").update_query_dict(
        {"options": f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s"}
    )
    if "ssl" in url.query:  # asyncpg's word for it
        return url.difference_update_query(["ssl"]).update_query_dict({"sslmode": url.query["ssl"]})
    return url


def _prepare_file(path: str) -> None:
    make_private(Path(path))
    # The file stores this: writers no longer wait for readers, and a commit is one fsync instead of three.
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _config(url: URL, executor_id: str) -> DBOSConfig:
    return {
        "name": "loandesk",
        "system_database_url": url.render_as_string(hide_password=False),
        "dbos_system_schema": _SCHEMA,
        "executor_id": executor_id,
        "application_version": _VERSION,
        "sys_db_pool_size": 5,
        "max_executor_threads": 16,
        "use_listen_notify": False,
        "notification_listener_polling_interval_sec": 0.2,  # ending takes as long
        "log_level": "WARNING",
    }


def _register_queues(pace: Pace) -> None:
    every: Any = {
        "partition_worker_concurrency": 1,  # so that the messages of a channel appear in order
        "polling_interval_sec": pace.poll_seconds,
        "on_conflict": "always_update",
    }
    urgent, digests, all_digests = map(_rate_limit, (pace.urgent, pace.digests, pace.digests_overall))
    DBOS.register_queue(URGENT, partition_limiter=urgent, worker_concurrency=pace.at_once, **every)
    few = max(1, pace.at_once // 4)
    DBOS.register_queue(DIGESTS, partition_limiter=digests, limiter=all_digests, worker_concurrency=few, **every)


def _rate_limit(rate: tuple[int, float]) -> Any:
    return {"limit": rate[0], "period": rate[1]}


def _workflow_id(notice: PendingNotice) -> str:
    return f"{notice.notice_id}:{notice.attempt}"


def _enqueue(pending: Iterable[PendingNotice]) -> None:
    for notice in pending:
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": URGENT if notice.urgent else DIGESTS,
            "workflow_id": _workflow_id(notice),
            "queue_partition_key": notice.channel,
            "app_version": _VERSION,
        }
        DBOS.enqueue_workflow_with_options(options, str(notice.notice_id))


def _resume(executor_id: str, now: datetime, abandoned_after: timedelta) -> int:
    """Resume the work of dead or frozen processes, and return how much. The lease decides who sends."""
    pending = DBOS.list_workflows(
        status="PENDING", queue_name=[URGENT, DIGESTS], limit=1000, load_input=False, load_output=False
    )
    abandoned = [
        workflow
        for workflow in pending
        if _is_abandoned(workflow, now, _OWN_LOST_AFTER if workflow.executor_id == executor_id else abandoned_after)
    ]
    for queue in (URGENT, DIGESTS):
        if ids := [workflow.workflow_id for workflow in abandoned if workflow.queue_name == queue]:
            # Without the queue's name they would run at once, whatever the limits.
            DBOS.resume_workflows(ids, queue_name=queue)
    return len(abandoned)


def _is_abandoned(workflow: WorkflowStatus, now: datetime, after: timedelta) -> bool:
    if workflow.dequeued_at is None:
        return False
    age = now.timestamp() - workflow.dequeued_at / 1000
    return age > after.total_seconds() or -age > _AHEAD.total_seconds()


def _alive(enqueued: Iterable[PendingNotice]) -> set[str]:
    ids = [_workflow_id(notice) for notice in enqueued]
    found = DBOS.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
    return {workflow.workflow_id for workflow in found if workflow.status in _ALIVE}


def _prune(now: datetime) -> None:
    done = DBOS.list_workflows(
        status=_DONE, completed_before=(now - _RETENTION).isoformat(), limit=500, load_input=False, load_output=False
    )
    # Work from the future counts against the limits of its channel until the clock reaches it.
    done += DBOS.list_workflows(
        status=_DONE, dequeued_after=(now + _AHEAD).isoformat(), limit=500, load_input=False, load_output=False
    )
    if done:
        DBOS.delete_workflows([workflow.workflow_id for workflow in done])
