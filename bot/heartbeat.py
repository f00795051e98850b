"""The name of a running process, and its signs of life."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import structlog

from bot.settings import Settings
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.engine.trouble import log_fields
from storage.queries.people import workspaces
from storage.tables import Process, Workspace
from storage.upkeep import processes

log = structlog.get_logger()

Kind = Literal["desk", "web", "socket", "worker"]

BEAT_SECONDS = 2.0
BEATS_UNTIL_DEAD = 3
"""A process that misses so many beats is dead, and a starting one takes over its name."""

_LONGEST_BEAT = 30.0
"""Seconds after which a beat is given up: longer than any statement may take."""

_CLAIMS = 3
"""How often a starting process tries to claim its name while the database is slow to answer."""

_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Identity:
    """The delivery engine knows a worker by `name`, so a restart does not change it."""

    kind: Kind
    name: str


def identity(settings: Settings, command: Literal["serve", "socket", "worker"]) -> Identity:
    """Return the name set, or one made from the machine's name; on SQLite always the same one."""
    if settings.on_sqlite:
        return Identity("desk", "desk-1")
    kind: Kind = "web" if command == "serve" else command
    default = f"{socket.gethostname()}-{kind}" + (f"-{settings.port}" if kind == "web" else "")
    return Identity(kind, settings.executor_id or default)


class NameTakenError(Exception):
    """A running process of the same kind has this name."""


@dataclass(slots=True)
class Heartbeat:
    """Claim the name, then beat until stopped. No clocks are compared: a process is alive when its count goes on.

    `worked_at` returns when a round of its worker last began. `overtaken` is set when another process took this one for
    dead and took over its name: this one must end. Of a desk of one workspace, the beat follows its settings too; of one of
    several, `follow` follows which there are, with their settings and tokens.
    """

    office: Office
    workspace: Workspace | None
    identity: Identity
    worked_at: Callable[[], datetime | None] = lambda: None
    seconds: float = BEAT_SECONDS
    follow: Callable[[], Awaitable[None]] | None = None
    overtaken: asyncio.Event = field(default_factory=asyncio.Event)
    _incarnation: UUID = field(default_factory=uuid4)
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Claim the name and start beating. Wait for a beat of the process that has the name.

        A database that is slow to answer is asked again: a process that froze may hold up the others for seconds. Raises
        NameTakenError, and TimeoutError when the database stays slow.
        """
        for attempts_left in reversed(range(_CLAIMS)):
            try:
                await self._take_name()
                break
            except TimeoutError as error:
                if not attempts_left:
                    raise
                log.warning("name_not_claimed_yet", **log_fields(error))
        self._task = asyncio.create_task(self._beat(), name="heartbeat")

    async def _take_name(self) -> None:
        holder = await self._claim()
        if holder is None:
            return
        await asyncio.sleep(self.seconds * BEATS_UNTIL_DEAD)
        async with self.office.database.transaction() as session:
            if not await processes.take_over(session, holder, self._incarnation, self.office.clock.now()):
                raise NameTakenError(self.identity.name)
        log.warning("name_taken_over_from_a_dead_process", name=self.identity.name)

    async def stop(self) -> None:
        """Release the name."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with self.office.database.transaction() as session:
                await processes.leave(session, self._incarnation)
        except Exception as error:  # the database is away: the next process to start misses our beat
            log.warning("name_not_given_back", **log_fields(error))

    async def _claim(self) -> Process | None:
        now, own = self.office.clock.now(), self.identity
        async with self.office.database.transaction() as session:
            await processes.delete_before(session, now - _FORGOTTEN_AFTER)
            return await processes.claim(session, own.kind, own.name, self._incarnation, now)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            try:
                async with asyncio.timeout(_LONGEST_BEAT):
                    ours = await self._say_alive()
            except (Exception, asyncio.CancelledError) as error:
                if _is_cancelled():
                    raise
                # The database may be away for a while, and a driver may cancel what waits for a connection that is lost.
                log.error("heartbeat_failed", **log_fields(error))
                continue
            if not ours:
                log.error("name_taken_by_another_process", name=self.identity.name)
                self.overtaken.set()
                return

    async def _say_alive(self) -> bool:
        """Beat once, and follow what other processes may have changed. Return whether the name is still ours."""
        async with self.office.database.transaction() as session:
            ours = await processes.beat(session, self._incarnation, self.office.clock.now(), self.worked_at())
            row = await session.get(Workspace, self.workspace.id) if self.workspace is not None else None
        if self.follow is not None:
            await self.follow()
        if row is not None and self.workspace is not None:
            workspaces.copy_onto(self.workspace, row)
        return ours


def _is_cancelled() -> bool:
    """Return whether the current task was told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
