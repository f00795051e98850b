"""Run the rounds of delivery with DBOS Transact. No other module knows DBOS.

Our rows alone decide what is sent. DBOS gets ids: one workflow for each round of a channel, which any process may take from
the queue of its lane: messages to Slack and webhooks do not hold each other up. Its tables are in a file beside SQLite's, or in a
schema of PostgreSQL's. The two commit separately: a round that DBOS lost, or whose process died, is over when its lease ends,
and the next one begins.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from bot.delivery.rounds import Pace, Rounds
from bot.delivery.sender import Sender
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.engine.database import IDLE_SECONDS, make_private
from storage.engine.trouble import log_fields
from storage.queries.messages.rounds import Round
from storage.queries.messages.sending import LEASE

log = structlog.get_logger()
T = TypeVar("T")

_VERSION = "1"
"""Fixed: DBOS runs nothing that was queued under another version, and a release must not lose deliveries."""

_NAME = "loandesk"
_SCHEMA = "delivery_engine"
_RETENTION = timedelta(days=1)
"""Longer than any round."""
_PRUNE_SECONDS = 60.0

_FINISH_SECONDS = 12
"""How long a stop waits for open rounds, each of which is at one message: a request to Slack ends after 10 s. What is not
finished by then is another worker's when its lease ends."""


class RoundFailedError(Exception):
    """A round did not finish: the database is away, or we made a mistake. Its text is only the error's name."""


class Deliverer(Protocol):
    """Delivers something in rounds: `look` begins those that are due, `run` works on one, which any process may do."""

    async def look(self) -> list[Round]:
        """Begin the rounds that are due, and return them."""
        ...

    async def run(self, channel: str, number: int) -> int:
        """Work on a round that was begun. Return the attempts made."""
        ...

    def stop(self) -> None:
        """Have the open rounds finish what they are at, and end."""
        ...


@dataclass(slots=True)
class Lane:
    """What is delivered by itself, with its names in DBOS: at most `rounds` of it are open at once in a process. Each workspace
    has a deliverer. `to_give` are rounds that began and that DBOS has not been given yet."""

    workflow: str
    queue: str
    rounds: int
    deliverers: dict[UUID, Deliverer] = field(default_factory=dict[UUID, Deliverer])
    to_give: list[tuple[UUID, Round]] = field(default_factory=list[tuple[UUID, Round]])


class DbosEngine:
    """Deliver notices, and what further lanes deliver, while the program runs; one engine per process, for all workspaces.

    `executor_id` names the process, also after a restart: then DBOS runs its unfinished rounds again, if they are not over.
    """

    def __init__(
        self,
        office: Office,
        *senders: Sender,
        executor_id: str,
        pace: Pace | None = None,
        lanes: Iterable[Lane] = (),
    ) -> None:
        self._executor_id = executor_id
        self._clock = office.clock
        self._database_url = office.database.url
        self._pace = pace or Pace()
        self._slack = Lane("deliver_round", "rounds", self._pace.rounds)
        self._lanes = (self._slack, *lanes)
        for sender in senders:
            self.add(sender)
        # DBOS runs in a thread of ours: its async methods would replace the event loop's thread pool.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="delivery-engine")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._in_flight: set[Future[Any]] = set()
        self._ended_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._pruned_at = float("-inf")
        self._client: _Client | None = None

    def add(self, sender: Sender, others: Mapping[str, Deliverer] | None = None) -> None:
        """Deliver the notices of another workspace too, and in the lanes of these queues what `others` deliver."""
        workspace_id = sender.workspace.id
        self._slack.deliverers[workspace_id] = Rounds(sender, self._pace)
        for lane in self._lanes:
            if (deliverer := (others or {}).get(lane.queue)) is not None:
                lane.deliverers[workspace_id] = deliverer

    def remove(self, workspace_id: UUID) -> None:
        """Have the open rounds of a workspace finish what they are at, and begin no more."""
        for lane in self._lanes:
            if (deliverer := lane.deliverers.pop(workspace_id, None)) is not None:
                deliverer.stop()

    async def start(self) -> None:
        """Launch DBOS, and start to look for pending notices."""
        self._loop = asyncio.get_running_loop()
        await self._in_thread(self._launch)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the attempts in flight, end the open rounds and stop. Queued rounds stay queued."""
        for lane in self._lanes:
            for deliverer in lane.deliverers.values():
                deliverer.stop()
        self._stopping.set()
        if self._task is not None:  # not cancelled: each round that it began is still given to DBOS
            await self._task
        # DBOS records the end of a round a moment later; an unrecorded one would be run again at the next start.
        just_ended = asyncio.get_running_loop().time() - self._ended_at < 1.0
        timeout = _FINISH_SECONDS if self._in_flight or just_ended else 0
        await self._in_thread(lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=timeout))
        if self._client is not None:
            await self._in_thread(self._client.close)
        self._thread.shutdown()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            for lane in self._lanes:
                for workspace_id, deliverer in list(lane.deliverers.items()):
                    await self._tick(lane, workspace_id, deliverer)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.scan_seconds):
                    await self._stopping.wait()

    async def _tick(self, lane: Lane, workspace_id: UUID, deliverer: Deliverer) -> None:
        try:
            await self._give(lane, workspace_id, await deliverer.look())
            await self._prune()
        except Exception as error:  # a database may be away for a while; what is pending stays pending
            log.error("delivery_tick_failed", lane=lane.queue, **log_fields(error))

    async def _give(self, lane: Lane, workspace_id: UUID, begun: Iterable[Round]) -> None:
        """Give DBOS these rounds, and those that it could not be given before, unless they are over."""
        now, new = self._clock.now(), [(workspace_id, one) for one in begun]
        lane.to_give = [given for given in [*lane.to_give, *new] if now < given[1].begun_at + LEASE]
        if lane.to_give and self._client is not None:
            await self._in_thread(partial(_enqueue, self._client, lane.to_give, lane))
            lane.to_give = []

    async def _prune(self) -> None:
        uptime = asyncio.get_running_loop().time()
        if uptime - self._pruned_at >= _PRUNE_SECONDS:
            self._pruned_at = uptime
            # DBOS's tables use the real time, whatever our clock says.
            await self._in_thread(lambda: _delete_before(datetime.now(UTC) - _RETENTION))

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _launch(self) -> None:
        for lane in self._lanes:
            self._register(lane)
        # Because it has a handler, DBOS adds none, and its lines go to the program's log.
        logging.getLogger("dbos").addHandler(logging.NullHandler())
        url = engine_url(self._database_url)
        if url.drivername == "sqlite":
            _prepare_file(url.database or "")
        self._client = _Client(url)
        DBOS(config=_config(url, self._executor_id))
        DBOS.listen_queues([lane.queue for lane in self._lanes])  # not to those of an earlier release
        DBOS.launch()
        for lane in self._lanes:
            DBOS.register_queue(
                lane.queue,
                worker_concurrency=lane.rounds,
                polling_interval_sec=self._pace.poll_seconds,
                on_conflict="always_update",
            )

    def _register(self, lane: Lane) -> None:
        # DBOS has a loop in a thread of its own; a round needs the program's, to which connections belong.
        async def deliver_round(channel: str, number: int, workspace: str = "") -> int:
            return await asyncio.wrap_future(self._on_our_loop(self._deliver_round(lane, channel, number, workspace)))

        DBOS.workflow(name=lane.workflow)(deliver_round)

    async def _deliver_round(self, lane: Lane, channel: str, number: int, workspace: str) -> int:
        try:
            # An earlier release had one workspace, and did not name it. One that is not served any more is sent nothing.
            named = lane.deliverers.get(UUID(workspace)) if workspace else next(iter(lane.deliverers.values()), None)
            return await named.run(channel, number) if named is not None else 0
        except Exception as error:
            log.error("round_failed", channel=channel, **log_fields(error))
            # DBOS stores what is raised; the text of a database error repeats values.
            raise RoundFailedError(type(error).__name__) from None
        finally:
            self._ended_at = asyncio.get_running_loop().time()

    def _on_our_loop(self, coroutine: Coroutine[Any, Any, int]) -> Future[int]:
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
        "name": _NAME,
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


class _Client:
    """Give rounds to DBOS's queue, those of a look in one transaction."""

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(url if url.drivername == "sqlite" else url.set(drivername="postgresql+psycopg"))
        self._client = DBOSClient(
            system_database_engine=self._engine, dbos_system_schema=_SCHEMA, application_name=_NAME, lazy=True
        )

    def enqueue(self, begun: Iterable[tuple[UUID, Round]], lane: Lane) -> None:
        with self._engine.begin() as connection:
            for workspace_id, one in begun:
                options: EnqueueOptions = {
                    "workflow_name": lane.workflow,
                    "queue_name": lane.queue,
                    "workflow_id": f"{one.begun_at:%Y%m%dT%H%M%S.%f}:{workspace_id}:{one.channel}:{one.number}",
                    "app_version": _VERSION,
                }
                self._client.enqueue_in_transaction(connection, options, one.channel, one.number, str(workspace_id))

    def close(self) -> None:
        self._client.destroy()
        self._engine.dispose()


def _enqueue(client: _Client, begun: Iterable[tuple[UUID, Round]], lane: Lane) -> None:
    client.enqueue(begun, lane)


def _delete_before(instant: datetime) -> None:
    old = DBOS.list_workflows(end_time=instant.isoformat(), limit=500, load_input=False, load_output=False)
    if old:
        DBOS.delete_workflows([workflow.workflow_id for workflow in old])
