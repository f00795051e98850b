"""A worker in its own process that gets a signal at a given step of a delivery."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import engine as engine_module
from bot.delivery.engine import DbosEngine
from bot.delivery.rounds import Pace
from bot.delivery.sender import Sender
from desk.core.transaction import Desk, Office
from handlers.messages.block_kit.message import Message
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.queries.people import workspaces
from storage.tables import Notice
from tests.bot.forks import FORKS

_AT_WORK: ContextVar[UUID | None] = ContextVar("at_work", default=None)
"""The notice that the current task attempts."""

POST_STEPS = (
    "before _enqueue",
    "after _enqueue",
    "before take_lease",
    "after take_lease",
    "after record_attempt",
    "after post",
    "after record_posted",
)
"""The steps of a first delivery: functions of the engine, the ledger or Slack's API."""

REWRITE_STEPS = ("after take_lease", "after renew_lease", "after update", "after record_updated")
"""The steps of an update."""


@dataclass(frozen=True)
class FastClock:
    """A clock `speed` times as fast as real time. It showed `start` at the Unix time `since`."""

    start: datetime
    speed: float = 0.0
    since: float = 0.0

    def now(self) -> datetime:
        return (self.start + timedelta(seconds=(time.time() - self.since) * self.speed)).astimezone(UTC)


@dataclass(frozen=True)
class Interruption:
    """Send the process a signal at `step` of the delivery of `notice_id` (None: of any)."""

    step: str
    number: int = signal.SIGKILL
    notice_id: UUID | None = None


async def compose(_desk: Desk, notice: Notice) -> Message:
    """Return the text of a notice: its kind and revision."""
    return Message(text=f"{notice.kind}, revision {notice.wanted}", blocks=[])


def begin(
    database_url: str,
    api_url: str,
    clock: FastClock,
    *,
    executor_id: str,
    pace: Pace,
    interruption: Interruption | None = None,
) -> BaseProcess:
    """Start a worker. The caller ends it."""
    process = FORKS.Process(
        target=_run, args=(database_url, api_url, clock, executor_id, pace, interruption), daemon=True
    )
    process.start()
    return process


async def ended(process: BaseProcess, seconds: float = 120.0) -> int | None:
    """Wait for the end and return the exit code; None after `seconds`."""
    await asyncio.to_thread(process.join, seconds)
    return process.exitcode


def is_stopped(process: BaseProcess) -> bool:
    """Return whether a signal has stopped the process."""
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def _run(
    database_url: str, api_url: str, clock: FastClock, executor_id: str, pace: Pace, interruption: Interruption | None
) -> None:
    asyncio.run(_work(database_url, api_url, clock, executor_id, pace, interruption))


async def _work(
    database_url: str, api_url: str, clock: FastClock, executor_id: str, pace: Pace, interruption: Interruption | None
) -> None:
    cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
    office = Office(Database(database_url), cipher, clock)
    async with office.database.reading() as session:
        workspace = (await workspaces.every(session))[0]
    async with aiohttp.ClientSession() as http:
        client = AsyncWebClient(token="xoxb-sandbox-token", base_url=api_url, session=http)
        sender: Any = Sender(office, client, workspace, compose)
        if interruption is not None:
            _install(interruption, sender)
        await DbosEngine(office, sender, executor_id=executor_id, pace=pace).start()
        await asyncio.sleep(300)


def _install(interruption: Interruption, sender: Any) -> None:
    when, _, name = interruption.step.partition(" ")
    if name == "_enqueue":
        give = engine_module._enqueue  # pyright: ignore[reportPrivateUsage]

        def give_interrupted(*given: Any) -> None:
            _interrupt(interruption, when == "before")
            give(*given)
            _interrupt(interruption, when == "after")

        engine_module._enqueue = give_interrupted  # pyright: ignore[reportPrivateUsage]
        return
    deliver = sender.deliver

    async def deliver_known(notice_id: UUID) -> Any:
        _AT_WORK.set(notice_id)
        return await deliver(notice_id)

    sender.deliver = deliver_known
    owner = next(one for one in (sender._ledger, sender._slack) if hasattr(one, name))
    whole = getattr(owner, name)

    async def interrupted(*arguments: Any, **options: Any) -> Any:
        mine = _concerned(interruption, arguments)
        _interrupt(interruption, mine and when == "before")
        result = await whole(*arguments, **options)
        _interrupt(interruption, mine and when == "after")
        return result

    setattr(owner, name, interrupted)


def _concerned(interruption: Interruption, arguments: Sequence[Any]) -> bool:
    if interruption.notice_id in (None, _AT_WORK.get()):
        return True
    return any(interruption.notice_id == getattr(one, "notice_id", None) for one in arguments)


def _interrupt(interruption: Interruption, now: bool) -> None:
    if now:
        os.kill(os.getpid(), interruption.number)
