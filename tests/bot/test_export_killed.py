"""A worker that is killed in the middle of an export is followed by another: no row is lost and none is doubled."""

import asyncio
import csv
import io
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from bot import export_builder
from bot.export_builder import ExportBuilder
from bot.list_files import ABANDONED
from desk.core.transaction import Office
from desk.exports.asking import ask_export
from desk.exports.building import HELD_FOR, hold_next
from desk.exports.lists import Format
from desk.exports.rows import Wanted
from desk.files.made import TRIES
from storage.files.disk import DiskStore
from storage.files.sealing import unseal
from storage.tables import AuditEntry, ExportedLoan, ListExport, Member, Notice, StoredFile, Workspace
from tests.bot import killed_export
from tests.bot.delivery import killed_worker
from tests.bot.killed_export import STEPS, Step, files_of
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock
from tests.wire.exporting import rows_of_xlsx

LOANS = 7


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A folder for temporary files of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def at_work(office: Office, workspace: Workspace, tmp_path: Path) -> Office:
    """An office that keeps files."""
    return replace(office, files=files_of(tmp_path / "files", workspace.id))


async def make_next(office: Office, workspace: Workspace, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Have the next export made; return whether there was one."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        return await ExportBuilder(office, workspace).round()


def left_in(temporary: Path) -> list[Path]:
    """Return what is in the folder for temporary files."""
    return list(temporary.iterdir())


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    member = await make_member(office, workspace, "ULIN", roles="manager")
    for n in range(LOANS):
        await make_loan(office, workspace, f"A-{n}", owner=member)
    return member


async def ask(office: Office, workspace: Workspace, member: Member, file_format: Format) -> None:
    async with office.desk(workspace, member) as desk:
        await ask_export(desk, Wanted("portfolio"), file_format)


async def content_of(office: Office, workspace: Workspace) -> bytes:
    """Return the bytes of the only file that is kept."""
    async with office.reading_desk(workspace) as desk:
        (file,) = await desk.session.exec(select(StoredFile).where(StoredFile.state == "made"))
        key = desk.cipher.decrypt(StoredFile.key_cipher, file)
    assert office.files is not None
    assert file.blob_id is not None
    async with aclosing(unseal(office.files.store.read(file.blob_id), key, file.blob_id)) as plain:
        return b"".join([piece async for piece in plain])


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_export_is_made_once_by_another_worker(
    at_work: Office,
    workspace: Workspace,
    lin: Member,
    database_url: str,
    clock: FrozenClock,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    file_format: Format,
) -> None:
    await ask(at_work, workspace, lin, file_format)
    process = killed_export.begin(database_url, tmp_path / "files", temporary, clock.now(), step, page=2)
    try:
        assert await killed_worker.ended(process) == -signal.SIGKILL
    finally:
        process.kill()
    another = (at_work, workspace, temporary, monkeypatch)
    assert not await make_next(*another)  # the other one may still be at it
    clock.advance(seconds=HELD_FOR.total_seconds())
    assert await make_next(*another) is (step != "after it is recorded")
    assert not await make_next(*another)

    content = await content_of(at_work, workspace)
    found = (
        rows_of_xlsx(content) if file_format == "xlsx" else list(csv.reader(io.StringIO(content.decode(), newline="")))
    )
    assert [row[0] for row in found] == ["Loan", *(f"A-{n}" for n in range(LOANS))]
    async with at_work.reading_desk(workspace) as desk:
        (export,) = await desk.session.exec(select(ListExport))
        entries = (await desk.session.exec(select(AuditEntry))).all()
        named = (await desk.session.exec(select(ExportedLoan))).all()
        told = (await desk.session.exec(select(Notice).where(Notice.kind == "export_ready"))).all()
    assert (export.rows, export.loans, export.build_at, export.why) == (LOANS, LOANS, None, None)
    assert len(named) == LOANS
    assert len(told) == 1
    assert [entry.act for entry in entries].count("exported") == 1
    (disclosed,) = [entry for entry in entries if entry.act == "disclosure"]
    assert len(disclosed.details["shown"]) == LOANS


async def test_an_export_whose_store_is_slow_is_kept_and_no_other_worker_begins_it(
    at_work: Office, workspace: Workspace, lin: Member, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last page and the store's answer a large workbook may take minutes."""
    begun: list[object] = []
    write = DiskStore.write

    async def kept_until() -> datetime | None:
        async with at_work.reading_desk(workspace) as desk:
            return (await desk.session.exec(select(ListExport))).one().build_at

    async def write_slowly(store: DiskStore, blob_id: UUID, pieces: AsyncIterator[bytes]) -> None:
        await write(store, blob_id, pieces)
        for _ in range(3):
            clock.advance(seconds=HELD_FOR.total_seconds() - 1)
            async with asyncio.timeout(60):
                while await kept_until() != clock.now() + HELD_FOR:
                    pass
            async with at_work.desk(workspace) as desk:
                begun.append(await hold_next(desk))

    monkeypatch.setattr(export_builder, "RENEWED_EVERY", 0)
    monkeypatch.setattr(DiskStore, "write", write_slowly)
    await ask(at_work, workspace, lin, "csv")
    assert await ExportBuilder(at_work, workspace).round()
    assert begun == [None, None, None]
    assert (await content_of(at_work, workspace)).startswith(b"Loan,")


async def test_what_a_killed_worker_left_of_a_workbook_is_removed(
    at_work: Office,
    workspace: Workspace,
    lin: Member,
    database_url: str,
    clock: FrozenClock,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ask(at_work, workspace, lin, "xlsx")
    process = killed_export.begin(database_url, tmp_path / "files", temporary, clock.now(), "after a page", page=2)
    assert await killed_worker.ended(process) == -signal.SIGKILL
    (left,) = left_in(temporary)
    assert left.lstat().st_mode & 0o777 == 0o700
    made_at = clock.now().timestamp()
    os.utime(left, times=(made_at, made_at))
    clock.advance(seconds=HELD_FOR.total_seconds())
    assert await make_next(at_work, workspace, temporary, monkeypatch)
    assert left_in(temporary) == [left]
    await ask(at_work, workspace, lin, "csv")
    clock.advance(seconds=ABANDONED.total_seconds())
    assert await make_next(at_work, workspace, temporary, monkeypatch)
    assert left_in(temporary) == []


async def test_an_export_that_kills_each_worker_is_given_up(
    at_work: Office, workspace: Workspace, lin: Member, clock: FrozenClock
) -> None:
    await ask(at_work, workspace, lin, "csv")
    for _ in range(TRIES):
        async with at_work.desk(workspace) as desk:
            assert await hold_next(desk) is not None
        clock.advance(seconds=HELD_FOR.total_seconds())
    assert not await ExportBuilder(at_work, workspace).round()
    async with at_work.reading_desk(workspace) as desk:
        (export,) = await desk.session.exec(select(ListExport))
        assert (export.why, export.build_at, export.file_id) == ("failed", None, None)
        assert (await desk.session.exec(select(StoredFile))).all() == []
