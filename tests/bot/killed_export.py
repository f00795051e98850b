"""A worker in its own process that is killed at a given step of an export."""

import asyncio
import os
import signal
import tempfile
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from bot.export_builder import ExportBuilder
from desk.core.file_storage import FileStorage
from desk.core.transaction import Office
from desk.exports import building, rows
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.files.disk import DiskStore
from storage.queries.people import workspaces
from tests.bot.delivery.killed_worker import FastClock
from tests.bot.forks import FORKS

Step = Literal["after a page", "before it is recorded", "after it is recorded"]
STEPS: tuple[Step, ...] = ("after a page", "before it is recorded", "after it is recorded")


def files_of(folder: Path, workspace_id: UUID) -> FileStorage:
    """Return the store of a desk that keeps its files in a folder."""
    return FileStorage(DiskStore(folder, workspace_id), "https://desk.example.com", 10**7, 10**7)


def begin(database_url: str, folder: Path, temporary: Path, now: datetime, step: Step, *, page: int) -> BaseProcess:
    """Start a worker that makes one export and is killed at that step. Its pages have so many rows."""
    arguments = (database_url, folder, temporary, FastClock(now), step, page)
    process = FORKS.Process(target=_run, args=arguments, daemon=True)
    process.start()
    return process


def _run(database_url: str, folder: Path, temporary: Path, clock: FastClock, step: Step, page: int) -> None:
    tempfile.tempdir = str(temporary)
    rows.PAGE = page
    keep, record, pages = building.keep_hold, building.record_built, 0

    async def keep_interrupted(*arguments: Any) -> None:
        nonlocal pages
        pages += 1
        if step == "after a page" and pages == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        await keep(*arguments)

    async def record_interrupted(*arguments: Any) -> bool:
        if step == "before it is recorded":
            os.kill(os.getpid(), signal.SIGKILL)
        return await record(*arguments)

    building.keep_hold, building.record_built = keep_interrupted, record_interrupted
    asyncio.run(_work(database_url, folder, clock))
    os.kill(os.getpid(), signal.SIGKILL)


async def _work(database_url: str, folder: Path, clock: FastClock) -> None:
    cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
    database = Database(database_url)
    async with database.reading() as session:
        workspace = (await workspaces.every(session))[0]
    office = Office(database, cipher, clock, files_of(folder, workspace.id))
    await ExportBuilder(office, workspace).round()
