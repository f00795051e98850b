"""`loandesk audit` verifies, lists and exports the trail; what was being sealed when a process was killed is sealed later."""

import hashlib
import os
import random
import signal
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text

from bot.commands import audit as audit_command
from bot.commands import backup as backup_command
from bot.commands import importing as import_command
from bot.commands import keys as keys_command
from bot.commands import restore as restore_command
from bot.offices import every_workspace
from desk.core import audit_verification
from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.audit_export import BrokenExportError, check_export
from desk.core.audit_verification import head_line
from desk.core.disclosures import record_refusal
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.engine.trouble import DATABASE_ERRORS
from storage.queries.core import audit
from storage.tables import Workspace
from storage.upkeep.audit_guards import lifted
from tests.bot.forks import FORKS
from tests.bot.keys import settings_with
from tests.builders import make_loan, make_member, make_workspace
from tests.clocks import FrozenClock


@pytest.fixture
def other_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """The URL of an empty database of the other kind."""
    other = "empty_postgres_url" if database_url.startswith("sqlite") else "empty_sqlite_url"
    return request.getfixturevalue(other)


def printing() -> tuple[StringIO, Console]:
    printed = StringIO()
    return printed, Console(file=printed, markup=False, soft_wrap=True)


async def verify(database_url: str, **options: Any) -> tuple[int, str]:
    printed, console = printing()
    code = await audit_command.verify(settings_with(database_url), console, **options)
    return code, printed.getvalue()


async def trail(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    """Seal what two members did to a loan in two segments."""
    lin, loan = await make_member(office, workspace, "ULIN"), await make_loan(office, workspace, "A-1")
    for acts in (("call", "note"), ("stage",)):
        async with office.desk(workspace, lin) as desk:
            for act in acts:
                desk.audit(act, loan_id=loan.id, outcome="reached")
        clock.advance(seconds=SEALED_AFTER.total_seconds())
        async with office.desk(workspace) as desk:
            await seal_next(desk)


async def test_a_trail_is_verified_and_what_was_changed_is_named(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, tmp_path: Path
) -> None:
    await trail(office, workspace, clock)
    code, printed = await verify(database_url)
    assert code == 0
    assert "3 entries in 2 segments; 0 are not sealed yet. all as it was sealed" in printed
    (verdict,) = [each async for each in audit_command.verdicts(settings_with(database_url))]
    (tmp_path / "heads").write_text(head_line(workspace.id, verdict.verification.head, office.clock.now()))
    assert (await verify(database_url, heads=tmp_path / "heads"))[0] == 0

    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("UPDATE audit_entry SET act = 'call' WHERE sequence = 2"))
    code, printed = await verify(database_url)
    assert code == 1
    assert "FIX  entry 2 is not as it was sealed, or the one before it (segment 1)" in printed
    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("DELETE FROM audit_entry WHERE sequence = 3"))
        await session.execute(text("DELETE FROM audit_segment WHERE number = 2"))
    _, printed = await verify(database_url, heads=tmp_path / "heads")
    assert "the head of segment 2 with entry 3, which was kept elsewhere, is not in the trail" in printed
    (tmp_path / "heads").write_text("nonsense\n")
    code, printed = await verify(database_url, heads=tmp_path / "heads")
    assert (code, "line 1 of" in printed) == (1, True)


async def test_entries_are_listed_by_loan_and_member(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str
) -> None:
    await make_workspace(office, slack_team_id="T0002")
    await trail(office, workspace, clock)

    async def listed(loan: str | None = None, member: str | None = None) -> tuple[int, str]:
        printed, console = printing()
        settings = settings_with(database_url)
        code = await audit_command.list_entries(settings, console, loan=loan, member=member, since=None, limit=9)
        return code, printed.getvalue()

    for asked in ({}, {"loan": "a-1"}, {"member": "ULIN"}):
        code, printed = await listed(**asked)
        assert code == 0
        assert [line.split()[3] for line in printed.splitlines()] == ["stage", "note", "call"]
        assert '2026-11-25 02:00:00Z  ULIN  call  A-1  {"outcome": "reached"}' in printed
    assert await listed(loan="A-2") == (1, "There is no loan A-2.\n")
    assert await listed(member="UNOBODY") == (1, "There is no member UNOBODY.\n")
    async with office.desk(workspace) as desk:
        await record_refusal(desk, "not_a_member", stranger="USTRANGER")
    assert "  USTRANGER  refused  -  " in (await listed())[1]


async def test_each_byte_of_an_export_counts(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, tmp_path: Path
) -> None:
    await trail(office, workspace, clock)
    target = tmp_path / "trail.jsonl"
    assert await audit_command.export(settings_with(database_url), target, printing()[1]) == 0
    assert target.stat().st_mode & 0o077 == 0
    assert await audit_command.export(settings_with(database_url), target, printing()[1]) == 1
    printed, console = printing()
    assert audit_command.verify_file(target, console) == 0
    assert "3 entries, all as they were exported" in printed.getvalue()

    lines = target.read_text("utf-8").splitlines(keepends=True)
    whole = "".join(lines)
    for at in range(len(whole)):
        altered = whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :]
        with pytest.raises(BrokenExportError):
            check_export(altered.splitlines(keepends=True))
    for at in range(1, len(lines) - 1):
        for others in (lines[:at] + lines[at + 1 :], [*lines[:at], lines[at], *lines[at:]], swapped(lines, at)):
            with pytest.raises(BrokenExportError):
                check_export(others)
    target.write_text("".join(lines[:-1]))
    assert audit_command.verify_file(target, console) == 1


async def test_an_export_that_breaks_off_leaves_no_file(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, tmp_path: Path
) -> None:
    await trail(office, workspace, clock)
    async with office.database.transaction() as session:
        await session.execute(text("ALTER TABLE audit_entry RENAME TO audit_entry_gone"))

    with pytest.raises(DATABASE_ERRORS):
        await audit_command.export(settings_with(database_url), tmp_path / "trail.jsonl", printing()[1])

    assert names_in(tmp_path, "trail*") == []


def names_in(folder: Path, pattern: str) -> list[str]:
    return [file.name for file in folder.glob(pattern)]


def swapped(lines: list[str], at: int) -> list[str]:
    return [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]


async def test_a_restored_trail_verifies_in_either_database_and_says_who_restored_it(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, other_url: str, tmp_path: Path
) -> None:
    await trail(office, workspace, clock)
    file = tmp_path / "backup.jsonl.gz"
    assert await backup_command.run(settings_with(database_url), file, printing()[1], clock) == 0
    assert await restore_command.run(settings_with(other_url), file, printing()[1], clock) == 0

    code, printed = await verify(other_url)
    assert (code, "3 entries in 2 segments; 1 are not sealed yet. all as it was sealed" in printed) == (0, True)
    printed_list, console = printing()
    await audit_command.list_entries(settings_with(other_url), console, loan=None, member=None, since=None, limit=1)
    assert "restore" in printed_list.getvalue()
    assert '"file": "backup.jsonl.gz"' in printed_list.getvalue()
    async with office.reading_desk(workspace) as desk:
        (backed_up,) = await audit.entries(desk.session, workspace.id, acts=["backup"], limit=9)
    assert (backed_up.details["by"], backed_up.details["file"]) == (operator(), "backup.jsonl.gz")
    of_the_file = hashlib.sha256(file.read_bytes()).hexdigest()
    assert backed_up.details["sha256"] == of_the_file
    assert f'"sha256": "{of_the_file}"' in printed_list.getvalue()


async def test_an_import_and_a_rotation_leave_an_entry_also_when_the_file_comes_through_a_pipe(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    content = "number,name,phone,stage\nA-1,王,13800135678,inquiry\n".encode()
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    settings = settings_with(database_url)
    try:
        code = await import_command.run(settings, Path(f"/dev/fd/{reading}"), printing()[1])
    finally:
        os.close(reading)
    assert (code, await keys_command.run(settings, printing()[1])) == (0, 0)

    async with office.reading_desk(workspace) as desk:
        found = await audit.entries(desk.session, workspace.id, acts=["import", "rotate_keys"], limit=9)
    assert {entry.act: entry.details for entry in found} == {
        "import": {"by": operator(), "file": str(reading), "sha256": hashlib.sha256(content).hexdigest()},
        "rotate_keys": {"by": operator(), "key": 1},
    }


STEPS = ("lock_chain", "unsealed", "seal", "name_loans")


def seal_until(database_url: str, step: str, at: datetime) -> None:
    """Seal in a process of its own, whose clock shows `at`, that is killed behind a step."""
    import asyncio

    work = getattr(audit, step)

    async def killed(*given: Any, **more: Any) -> None:
        await work(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    async def run() -> None:
        setattr(audit, step, killed)
        database = Database(database_url)
        office = Office(database, settings_with(database_url).cipher(), FrozenClock(at))
        for workspace in await every_workspace(office):
            async with office.desk(workspace) as desk:
                await seal_next(desk)

    asyncio.run(run())


async def test_what_was_being_sealed_when_the_process_was_killed_is_sealed_later(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str
) -> None:
    for step in STEPS:
        async with office.desk(workspace) as desk:
            desk.audit("call", step=step)
        later = clock.now() + SEALED_AFTER
        process = FORKS.Process(target=seal_until, args=(database_url, step, later))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        code, printed = await verify(database_url)
        assert (code, "0 entries in 0 segments" in printed) == (0, True)
    clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with office.desk(workspace) as desk:
        await seal_next(desk)
    code, printed = await verify(database_url, clock=clock)
    assert (code, f"{len(STEPS)} entries in 1 segments" in printed) == (0, True)


def verify_until(database_url: str, nth: int) -> None:
    """Verify in a process of its own that is killed at the `nth` segment."""
    import asyncio

    left = [nth]

    def killed(segment: Any, entries: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return check(segment, entries)

    check = audit_verification.check_entries
    audit_verification.check_entries = killed
    asyncio.run(verify(database_url))


async def test_a_verification_that_is_killed_changes_nothing_and_finds_the_same_when_run_again(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str
) -> None:
    for _ in range(8):
        await write_sealed(office, workspace, clock)
    async with office.database.transaction() as session, lifted(session):
        await session.execute(text("UPDATE audit_entry SET act = 'note' WHERE sequence = 5"))
    before = await verify(database_url)
    assert (before[0], "entry 5" in before[1]) == (1, True)
    for nth in random.Random(7).sample(range(1, 9), 3):
        process = FORKS.Process(target=verify_until, args=(database_url, nth))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert await verify(database_url) == before


async def write_sealed(office: Office, workspace: Workspace, clock: FrozenClock) -> None:
    async with office.desk(workspace) as desk:
        desk.audit("call")
    clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with office.desk(workspace) as desk:
        await seal_next(desk)
