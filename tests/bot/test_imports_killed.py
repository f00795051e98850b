"""A worker that is killed while it imports a sent file: the next goes on behind its last batch, and nothing is lost or doubled.
Now is Wednesday 10:00."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.importer import Importer
from desk.core.file_storage import FileStorage
from desk.core.transaction import Office
from desk.importing import ahead, decisions, progress, working
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.files.disk import DiskStore
from storage.queries.people import workspaces
from storage.tables import Borrower, FileImport, FollowUp, Loan, Payment, StoredFile, Workspace
from tests.bot.forks import FORKS
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock
from tests.sample_files import store_file

COUNT = 50
BATCH = 10


def loans_file() -> bytes:
    rows = (f"A-{n},王小明,1380013{n:04},disbursed,UAGENT,{n % 28 + 1}" for n in range(COUNT))
    return "\n".join(["number,name,phone,stage,owner,due day", *rows, ""]).encode()


def with_files(office: Office, workspace: Workspace, folder: str) -> Office:
    return replace(
        office, files=FileStorage(DiskStore(Path(folder), workspace.id), "https://desk.example.com", 2**20, 2**20)
    )


def small_batches(of: Any) -> None:
    of.BATCH = of._MOST = BATCH


def work_until_struck(url: str, folder: str, now: str, batches: int) -> None:
    """Import in a process that is killed in the transaction of the batch behind so many."""
    small_batches(ahead)
    record, recorded = progress.Recorded.record, 0

    async def record_and_die(self: Any, desk: Any, batch: Any) -> None:
        nonlocal recorded
        await record(self, desk, batch)
        await desk.session.flush()
        if recorded == batches:
            os.kill(os.getpid(), signal.SIGKILL)
        recorded += 1

    progress.Recorded.record = record_and_die  # pyright: ignore[reportAttributeAccessIssue]

    async def run() -> None:
        cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
        office = Office(database=Database(url), cipher=cipher, clock=FrozenClock(datetime.fromisoformat(now)))
        async with office.database.reading() as session:
            workspace = (await workspaces.every(session))[0]
        await Importer(with_files(office, workspace, folder), workspace).round()

    asyncio.run(run())


async def rows(office: Office, table: type[Any]) -> list[Any]:
    async with office.database.reading() as session:
        return list((await session.exec(select(table))).all())


@pytest.mark.parametrize("batches", [0, 2])
@pytest.mark.every_example
async def test_a_killed_import_goes_on_behind_its_last_batch(
    office: Office,
    workspace: Workspace,
    database_url: str,
    clock: FrozenClock,
    tmp_path: Path,
    batches: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "BATCH", BATCH)
    monkeypatch.setattr(ahead, "_MOST", BATCH)
    await make_member(office, workspace, "UAGENT")
    manager = await make_member(office, workspace, "UMANAGER", roles="manager")
    here = with_files(office, workspace, str(tmp_path))
    await store_file(here, manager, loans_file(), name="loans.csv")
    importer = Importer(here, workspace)
    await importer.round()
    (row,) = await rows(office, FileImport)
    assert (row.state, row.counts["new"]) == ("checked", COUNT)
    async with here.desk(workspace, manager) as desk:
        await decisions.start(desk, row.id, row.version, good_rows=False)

    process = FORKS.Process(
        target=work_until_struck, args=(database_url, str(tmp_path), clock.now().isoformat(), batches)
    )
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    assert len(await rows(office, Loan)) == batches * BATCH
    assert not await importer.round(), "another worker holds it for a minute"

    clock.advance(seconds=61)
    assert await importer.round()
    (row,) = await rows(office, FileImport)
    assert (row.state, row.done, row.refused) == ("done", COUNT, 0)
    assert row.counts["new"] == COUNT
    assert row.counts["planned"] == COUNT
    for table in (Loan, Borrower, FollowUp):
        assert len(await rows(office, table)) == COUNT
    assert await rows(office, StoredFile) == []


async def test_a_worker_that_was_overtaken_writes_nothing_more(
    office: Office, workspace: Workspace, tmp_path: Path, clock: FrozenClock
) -> None:
    await make_loan(office, workspace, "A-1", stage="disbursed")
    manager = await make_member(office, workspace, "UMANAGER", roles="manager")
    here = with_files(office, workspace, str(tmp_path))
    content = b"number,date,amount\nA-1,2026-11-20,100\nA-1,2026-11-21,200\n"
    await store_file(here, manager, content, name="payments.csv")
    importer = Importer(here, workspace)
    await importer.round()
    (row,) = await rows(office, FileImport)
    async with here.desk(workspace, manager) as desk:
        await decisions.start(desk, row.id, row.version, good_rows=False)
    async with here.desk(workspace) as desk:
        slow = await working.hold_next(desk)
    assert slow is not None
    clock.advance(seconds=61)
    read = await importer._read(slow, lambda _percent: None)

    assert await importer.round()
    with pytest.raises(progress.OvertakenError):
        await working.carry_out(here, workspace, slow.held, read)

    assert sorted(payment.amount for payment in await rows(office, Payment)) == [100, 200]
