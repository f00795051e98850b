"""A running process keeps a unique name and signals that it is alive."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import structlog

from bot.settings import Settings
from desk.core.transaction import Office
from storage.engine.trouble import log_fields
from storage.queries.people import workspaces
from storage.tables import Process, Workspace
from storage.upkeep import processes

log = structlog.get_logger()

Kind = Literal["desk", "web", "socket", "worker"]

BEAT_SECONDS = 2.0
BEATS_UNTIL_DEAD = 3
"""How many beats a starting process waits for another one of its name; if none comes, that one is dead."""

_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Identity:
    """The kind and name of a process. The delivery engine knows a worker by `name`, so a restart does not change it."""

    kind: Kind
    name: str


def identity(settings: Settings, command: Literal["serve", "socket", "worker"]) -> Identity:
    """Return the name from the settings or from the machine's name; on SQLite always the same one."""
    if settings.on_sqlite:
        return Identity("desk", "desk-1")
    kind: Kind = "web" if command == "serve" else command
    made = f"{socket.gethostname()}-{kind}" + (f"-{settings.port}" if kind == "web" else "")
    return Identity(kind, settings.executor_id or made)


class NameTakenError(Exception):
    """A running process of the same kind has this name."""


class Heartbeat:
    """Claim the name, then beat until stopped. No clocks are compared: a process is alive when its count goes on."""

    def __init__(
        self,
        office: Office,
        workspace: Workspace,
        identity: Identity,
        *,
        worked: Callable[[], datetime | None] = lambda: None,
        seconds: float = BEAT_SECONDS,
    ) -> None:
        self._office = office
        self._workspace = workspace
        self._identity = identity
        self._worked = worked
        self._seconds = seconds
        self._incarnation: UUID = uuid4()
        self._beating: asyncio.Task[None] | None = None
        self.overtaken = asyncio.Event()
        """Set when another process took this one for dead and took over its name: this one must end."""

    async def start(self) -> None:
        """Claim the name and start beating. After a crash, first wait until the earlier process is known to be dead.

        Raise NameTakenError when it is not.
        """
        there = await self._claim()
        if there is not None:
            await asyncio.sleep(self._seconds * BEATS_UNTIL_DEAD)
            async with self._office.database.transaction() as session:
                if not await processes.take_over(session, there, self._incarnation, self._office.clock.now()):
                    raise NameTakenError(self._identity.name)
            log.warning("name_taken_over_from_a_dead_process", name=self._identity.name)
        self._beating = asyncio.create_task(self._beat(), name="heartbeat")

    async def stop(self) -> None:
        """Release the name."""
        if self._beating is None:
            return
        self._beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._beating
        try:
            async with self._office.database.transaction() as session:
                await processes.leave(session, self._incarnation)
        except Exception as error:  # the database is away: the next start sees that there is no beat
            log.warning("name_not_given_back", **log_fields(error))

    async def _claim(self) -> Process | None:
        now = self._office.clock.now()
        async with self._office.database.transaction() as session:
            await processes.delete_before(session, now - _FORGOTTEN_AFTER)
            return await processes.claim(
                session, self._workspace.id, self._identity.kind, self._identity.name, self._incarnation, now
            )

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                async with self._office.database.transaction() as session:
                    ours = await processes.beat(session, self._incarnation, self._office.clock.now(), self._worked())
                    row = await session.get(Workspace, self._workspace.id)
            except Exception as error:  # the database may be away for a while
                log.error("heartbeat_failed", **log_fields(error))
                continue
            if row is not None:  # another process may have changed its settings
                workspaces.copy_onto(self._workspace, row)
            if not ours:
                log.error("name_taken_by_another_process", name=self._identity.name)
                self.overtaken.set()
                return
