"""What reads leave in the journal beside an SQLite database reaches the table, whenever a process is killed."""

import contextlib
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from desk.core.disclosures import take_journal
from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.tables import AuditEntry, Workspace
from storage.upkeep.audit_journal import AuditJournal
from tests.bot.forks import FORKS

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
_ALL = select(AuditEntry)


def entry(workspace_id: Any = None, act: str = "disclosure") -> AuditEntry:
    loan_id = new_id()
    details = {"what": "card", "shown": [str(loan_id)]}
    return AuditEntry(
        workspace_id=workspace_id or new_id(), at=NOW, actor_id=new_id(), act=act, loan_id=loan_id, details=details
    )


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    journal, written = AuditJournal(tmp_path / "desk.db"), [entry(), entry()]
    journal.append(written[:1])
    journal.append(written[1:])
    assert journal.waiting() == 2
    assert journal.file.stat().st_mode & 0o777 == 0o600

    taken = journal.take()

    assert [each.model_dump() for each in taken] == [each.model_dump() for each in written]
    journal.append([entry(act="later")])
    assert [each.act for each in journal.take()] == ["disclosure", "disclosure"]
    journal.forget_taken()
    assert [each.act for each in journal.take()] == ["later"]


def test_a_line_that_a_kill_cut_off_spoils_no_other(tmp_path: Path) -> None:
    journal = AuditJournal(tmp_path / "desk.db")
    journal.append([entry(act="a"), entry(act="b")])
    whole = journal.file.read_bytes()
    for length in range(len(whole)):
        journal.file.write_bytes(whole[:length])
        journal.append([entry(act="c")])
        acts = [each.act for each in journal.take()]
        journal.forget_taken()
        assert acts[-1] == "c"
        assert acts[:-1] == ["a", "b"][: whole[: length + 1].count(b"\n")]


def append_for_ever(database: str, pipe: Any) -> None:
    journal = AuditJournal(Path(database))
    while True:
        each = entry()
        journal.append([each])
        pipe.send(each.id)


async def test_a_killed_process_loses_no_answer_that_left(office: Office, workspace: Workspace, tmp_path: Path) -> None:
    here, there = FORKS.Pipe()
    process = FORKS.Process(target=append_for_ever, args=(str(tmp_path / "desk.db"), there))
    process.start()
    answered = [here.recv() for _ in range(25)]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    left = [each.id for each in AuditJournal(tmp_path / "desk.db").take()]

    assert left[:25] == answered


class KilledError(Exception):
    """The process ends before it commits."""


async def test_each_entry_is_in_the_table_once_wherever_the_mover_is_killed(
    office: Office, workspace: Workspace, tmp_path: Path
) -> None:
    journal = AuditJournal(tmp_path / "desk.db")
    written = [entry(workspace.id) for _ in range(3)]

    async def round_of_the_worker(*, killed: bool = False) -> None:
        with contextlib.suppress(KilledError):
            async with office.desk(workspace) as desk:
                desk.journal = journal
                await take_journal(desk)
                if killed:
                    raise KilledError

    journal.append(written[:2])
    journal.take()  # killed behind the rename
    journal.append(written[2:])
    for killed in (True, False, False, True, False, False, False):
        await round_of_the_worker(killed=killed)

    async with office.reading_desk(workspace) as desk:
        rows = (await desk.session.exec(_ALL)).all()
    assert sorted(row.id for row in rows) == sorted(each.id for each in written)
    assert journal.waiting() == 0
    assert not journal.taken.exists()
