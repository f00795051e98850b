"""The head of the audit trail is written to a file once a day, and a role that serves is for PostgreSQL alone."""

import gzip
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from bot.audit_heads import HeadKeeper, newest_line
from bot.commands import backup
from bot.commands.audit import BadHeadsError, read_heads
from bot.commands.serving import CannotStartError, migrate_database
from bot.doctor.database import check_database
from bot.journals import journal_of
from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.audit_verification import Verification
from desk.core.transaction import Office
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.tables import AuditEntry, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_workspace
from tests.clocks import FrozenClock


async def test_the_head_is_written_once_a_day_and_is_in_the_trail(
    office: Office, workspace: Workspace, clock: FrozenClock, tmp_path: Path
) -> None:
    file = tmp_path / "kept" / "heads.txt"
    await HeadKeeper(office, workspace, file).round()
    assert not file.exists()  # nothing is sealed yet
    for _ in range(2):
        async with office.desk(workspace) as desk:
            desk.audit("call")
        clock.advance(seconds=SEALED_AFTER.total_seconds())
        async with office.desk(workspace) as desk:
            await seal_next(desk)
        for _started in range(2):
            await HeadKeeper(office, workspace, file).round()
        assert len(file.read_text("utf-8").splitlines()) == 1
    clock.advance(days=1)
    await HeadKeeper(office, workspace, file).round()

    assert file.stat().st_mode & 0o077 == 0
    kept = read_heads(file)[workspace.id]
    assert [(head.segment, head.place) for head in kept] == [(1, 1), (2, 2)]
    async with office.reading_desk(workspace) as desk:
        assert [finding async for finding in Verification(kept).run(desk)] == []


@pytest.mark.every_example
@pytest.mark.parametrize("left", [4, 30, 80, 100, 125])
async def test_a_head_that_a_full_disk_cut_off_is_written_again_the_same_day(
    office: Office, workspace: Workspace, clock: FrozenClock, tmp_path: Path, left: int
) -> None:
    file = tmp_path / "heads.txt"
    async with office.desk(workspace) as desk:
        desk.audit("call")
    clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with office.desk(workspace) as desk:
        await seal_next(desk)
    await HeadKeeper(office, workspace, file).round()
    whole = file.read_text("utf-8")
    file.write_text(whole[:left], "utf-8")
    assert newest_line(file, str(workspace.id)) == ""

    for _started in range(2):
        await HeadKeeper(office, workspace, file).round()

    assert file.read_text("utf-8") == f"{whole[:left]}\n{whole}"
    assert len(read_heads(file)[workspace.id]) == 1
    assert newest_line(file, str(workspace.id)) == whole.rstrip()


def test_a_file_that_has_no_heads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "heads").write_text("yesterday 1 2 abc\n")
    with pytest.raises(BadHeadsError, match="line 1"):
        read_heads(tmp_path / "heads")


async def test_a_role_that_serves_is_refused_on_sqlite(sqlite_url: str) -> None:
    with pytest.raises(CannotStartError, match="for PostgreSQL"):
        await migrate_database(settings_with(sqlite_url), "serving")


async def test_doctor_says_when_what_searches_left_waits_and_a_backup_takes_it_in(
    sqlite_url: str, cipher: Cipher, clock: FrozenClock, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    office = Office(database, cipher, clock)
    workspace = await make_workspace(office)
    journal = journal_of(sqlite_url)
    assert journal is not None
    journal.append([AuditEntry(workspace_id=workspace.id, at=clock.now(), act="disclosure")])

    async def said() -> list[str]:
        found = [each async for each in check_database(settings_with(sqlite_url), database)]
        return [each.words for each in found if not each.ok and each.subject == "audit trail"]

    assert await said() == []
    os.utime(journal.file, (0, 0))
    (words,) = await said()
    assert words.startswith("1 disclosures wait in desk.db-disclosures")
    printed = Console(file=io.StringIO())
    assert await backup.run(settings_with(sqlite_url), tmp_path / "backup.gz", printed, clock) == 0
    with gzip.open(tmp_path / "backup.gz", "rt", encoding="utf-8") as lines:
        assert any('"disclosure"' in line for line in lines)
    await database.close()
