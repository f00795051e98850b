"""`loandesk retention` shows what is older than its period and why the rest is kept, and deletes it; killed, it goes on."""

import asyncio
import os
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console
from sqlmodel import select

from bot.commands import audit as audit_command
from bot.commands import backup as backup_command
from bot.commands import restore as restore_command
from bot.commands import retention as retention_command
from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.transaction import Office
from desk.retention import deleting, sweeping
from storage.engine.database import Database
from storage.engine.types import new_id
from storage.tables import (
    AccessRequest,
    AuditEntry,
    AuditSegment,
    Borrower,
    Call,
    ErasedRecord,
    LegalHold,
    Loan,
    LoanCorrection,
    Member,
    RetentionRun,
    SearchTerm,
    Workspace,
)
from storage.upkeep.erased_list import ErasedList
from tests.bot.forks import FORKS
from tests.bot.keys import settings_with
from tests.builders import make_call, make_loan, make_member
from tests.clocks import FrozenClock

YEAR = timedelta(days=366)

FEW_ROWS = 25
"""More rows than a loan with one call has, with the search entries of its borrower."""


@pytest.fixture
def url(request: pytest.FixtureRequest, database_url: str) -> str:
    """The URL of an empty database of the other kind."""
    return request.getfixturevalue("empty_postgres_url" if database_url.startswith("sqlite") else "empty_sqlite_url")


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN")


async def retention(database_url: str, folder: Path, clock: FrozenClock, *, apply: bool, code: int = 0) -> str:
    printed = StringIO()
    settings = settings_with(database_url, audit_heads=str(folder / "heads.txt"))
    console = Console(file=printed, markup=False, soft_wrap=True)
    assert await retention_command.run(settings, console, apply=apply, clock=clock) == code
    return printed.getvalue()


async def rows(office: Office, table: type[Any]) -> list[Any]:
    async with office.database.reading() as session:
        return list((await session.exec(select(table))).all())


async def ended(
    office: Office, workspace: Workspace, lin: Member, number: str, years: int, stage: str = "closed"
) -> Loan:
    since = office.clock.now() - years * YEAR
    loan = await make_loan(office, workspace, number, owner=lin, stage=stage, stage_since=since, name=f"Name{number}")
    await make_call(office, loan, lin, note=f"note of {number}")
    return loan


async def test_it_shows_first_and_then_deletes_with_all_that_hangs_on_it_and_leaves_proof(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    old = [await ended(office, workspace, lin, f"A-{n}", 4) for n in (1, 2)]
    held = await ended(office, workspace, lin, "A-3", 4)
    await ended(office, workspace, lin, "A-4", 1)
    live = await make_loan(office, workspace, "A-5", owner=lin)
    hold = {"id": new_id(), "workspace_id": workspace.id, "loan_id": held.id, "by_id": lin.id, "at": clock.now()}
    past = {"workspace_id": workspace.id, "at": clock.now() - 3 * YEAR, "by_id": lin.id, "field": "name"}
    async with office.desk(workspace) as desk:
        desk.add(LegalHold(**hold))
        for loan in (held, live):
            desk.add(LoanCorrection(id=new_id(), loan_id=loan.id, before_cipher=b"x", **past))
        desk.add(
            AccessRequest(
                workspace_id=workspace.id,
                slack_user_id="UX",
                name="X",
                locale="en",
                zone="UTC",
                state="declined",
                asked_on=past["at"].date(),
                asked_at=past["at"],
            )
        )

    shown = await retention(database_url, tmp_path, clock, apply=False)
    for line in (
        "older than their period: 2 · paid off and written off loans, with all that hangs on them",
        "older than their period: 1 · old values of corrected names, phones, numbers and terms",
        "older than their period: 1 · requests for access that were answered",
        "kept: 2 · under a legal hold",
        "kept: 1 · the period of `ended_loan` is not over",
        "Nothing was deleted.",
    ):
        assert line in shown
    assert len(await rows(office, Loan)) == 5

    assert "deleted: 2 · paid off" in await retention(database_url, tmp_path, clock, apply=True)
    assert {row.number for row in await rows(office, Loan)} == {"A-3", "A-4", "A-5"}
    assert len(await rows(office, Call)) == 2
    assert len(await rows(office, Borrower)) == 3
    people = {row.id for row in await rows(office, Borrower)}
    assert {row.borrower_id for row in await rows(office, SearchTerm)} == people
    kept = {row.loan_id: row.before_cipher for row in await rows(office, LoanCorrection)}
    assert kept == {held.id: b"x", live.id: None}
    assert await rows(office, AccessRequest) == []

    entries = [row for row in await rows(office, AuditEntry) if row.act == "retention_deleted"]
    assert sorted((row.details["kind"], row.details["count"]) for row in entries) == [
        ("access_request", 1), ("correction", 1), ("ended_loan", 2)
    ]  # fmt: skip
    assert not any("Name" in str(row.details) for row in entries)
    gone = {row.id for row in await rows(office, ErasedRecord) if row.table_name == "loan"}
    assert gone == {loan.id for loan in old}
    text = (tmp_path / "erased.txt").read_text("utf-8")
    assert all(f"loan {loan.id} ended_loan" in text for loan in old)
    (run,) = await rows(office, RetentionRun)
    assert (run.ended_at, run.counts["ended_loan"]) == (clock.now(), 2)
    assert "nothing is older than its period" in await retention(database_url, tmp_path, clock, apply=True)


async def test_segments_of_the_trail_are_dropped_whole_and_the_rest_verifies(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    loan = await make_loan(office, workspace, "A-1", owner=lin)
    now = clock.now()
    for ago in (6 * YEAR, 6 * YEAR - timedelta(days=1), timedelta()):
        clock.set(now - ago)
        async with office.desk(workspace, lin) as desk:
            desk.audit("note", loan_id=loan.id)
        clock.set(now - ago + SEALED_AFTER)
        async with office.desk(workspace) as desk:
            await seal_next(desk)
    before = len(await rows(office, AuditEntry))
    assert "older than their period: 2 segments" in await retention(database_url, tmp_path, clock, apply=False)
    hold = {"workspace_id": workspace.id, "loan_id": loan.id, "by_id": lin.id, "at": now}
    async with office.desk(workspace) as desk:
        row = LegalHold(**hold)
        desk.add(row)
    for apply in (False, True):
        shown = await retention(database_url, tmp_path, clock, apply=apply)
        assert "kept: 1 · under a legal hold" in shown
        assert "nothing is older than its period" in shown
    async with office.desk(workspace) as desk:
        again = await desk.session.get_one(LegalHold, row.id)
        again.lifted_at = now
        desk.add(again)
    assert "deleted: 2 segments" in await retention(database_url, tmp_path, clock, apply=True)
    assert before > 2
    segments = sorted(await rows(office, AuditSegment), key=lambda segment: segment.number)
    assert [segment.dropped_at is not None for segment in segments] == [True, True, False]

    printed = StringIO()
    settings = settings_with(database_url)
    assert await audit_command.verify(settings, Console(file=printed, markup=False, soft_wrap=True)) == 0
    assert "2 were dropped by retention, and their heads fit" in printed.getvalue()


@pytest.mark.every_example
async def test_a_clock_that_was_set_back_deletes_nothing_more(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    await ended(office, workspace, lin, "A-1", 4)
    clock.set(clock.now() - 3 * YEAR)
    assert "nothing is older than its period" in await retention(database_url, tmp_path, clock, apply=True)
    clock.set(datetime(1971, 1, 1, tzinfo=UTC))
    assert "nothing is older than its period" in await retention(database_url, tmp_path, clock, apply=True)


def listed(folder: Path) -> set[UUID]:
    """Return the ids on the list of erased records."""
    found = ErasedList(folder / "erased.txt", settings_with("sqlite:///unused.db").cipher().ring)
    return {row.id for row in found.read()} if found.file.exists() else set()


def retain_until_killed(database_url: str, folder: str, now: datetime, nth: int) -> None:
    """Run it with small batches in a process that is killed at its `nth` step within a batch, or between two."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def killing(function: Any) -> Any:
        async def run(*given: Any, **named: Any) -> Any:
            step()
            return await function(*given, **named)

        return run

    sweeping.LOANS, sweeping.MOST_ROWS = 2, FEW_ROWS
    for place, name in (
        (sweeping.retention_due, "note_erased"),
        (deleting.demo, "remove"),
        (deleting.removing, "remove_some"),
        (sweeping.loans, "lock_all"),
        (sweeping, "end_run"),
    ):
        setattr(place, name, killing(getattr(place, name)))
    retention_command.end_run = sweeping.end_run
    asyncio.run(retention(database_url, Path(folder), FrozenClock(now), apply=True))


async def test_it_goes_on_wherever_it_was_killed(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    calls: dict[UUID, int] = {}
    for number in range(6):  # every second one goes in steps
        loan = await ended(office, workspace, lin, f"A-{number}", 4)
        calls[loan.id] = 1 + number % 2 * FEW_ROWS
        for _ in range(calls[loan.id] - 1):
            await make_call(office, loan, lin)
    for nth in (3, 4, 6, 7):
        process = FORKS.Process(target=retain_until_killed, args=(database_url, str(tmp_path), clock.now(), nth))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        loans = await rows(office, Loan)
        whole = {row.id for row in loans if row.removed_at is None}
        there = Counter(row.loan_id for row in await rows(office, Call))
        assert {loan_id: count for loan_id, count in there.items() if loan_id in whole} == {
            loan_id: count for loan_id, count in calls.items() if loan_id in whole
        }
        assert there.keys() <= {row.id for row in loans}
        assert {row.id for row in await rows(office, Borrower)} == {row.borrower_id for row in loans}
        erased = {row.id for row in await rows(office, ErasedRecord)}
        assert {row.id for row in await rows(office, ErasedRecord) if row.table_name == "loan"} == calls.keys() - whole
        # Each batch is on the list before the next begins: two loans and their borrowers.
        assert len(erased - listed(tmp_path)) <= 4
    await retention(database_url, tmp_path, clock, apply=True)
    assert await rows(office, Loan) == []
    assert {row.id for row in await rows(office, ErasedRecord)} == listed(tmp_path)
    assert [run.ended_at is not None for run in await rows(office, RetentionRun)] == [True]
    counted = [row.details["count"] for row in await rows(office, AuditEntry) if row.act == "retention_deleted"]
    assert sum(counted) == 6


async def interrupted(*_given: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.every_example
async def test_a_restored_backup_does_not_bring_back_what_was_deleted(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path,
    url: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await ended(office, workspace, lin, "A-1", 4)
    await make_loan(office, workspace, "A-2", owner=lin)
    released = await ended(office, workspace, lin, "A-3", 4)
    hold = {"id": new_id(), "workspace_id": workspace.id, "loan_id": released.id, "by_id": lin.id, "at": clock.now()}
    async with office.desk(workspace) as desk:
        desk.add(LegalHold(**hold))
    console = Console(file=StringIO(), markup=False, soft_wrap=True)
    file, erased = tmp_path / "backup.gz", tmp_path / "erased.txt"
    assert await backup_command.run(settings_with(database_url), file, console, clock) == 0
    async with office.desk(workspace) as desk:
        (await desk.session.get_one(LegalHold, hold["id"])).lifted_at = clock.now()
    await retention(database_url, tmp_path, clock, apply=True)

    wrong = tmp_path / "wrong.txt"
    wrong.write_text(erased.read_text("utf-8").partition("\n")[2], "utf-8")
    assert await restore_command.run(settings_with(url), file, console, clock, erased=wrong) == 1
    with monkeypatch.context() as patch:
        patch.setattr(restore_command, "erase_again", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await restore_command.run(settings_with(url), file, console, clock, erased=erased)
    printed = StringIO()
    console = Console(file=printed, markup=False, soft_wrap=True)
    assert await restore_command.run(settings_with(url), file, console, clock, erased=erased) == 0
    assert "2 records that were erased since the backup were deleted again." in printed.getvalue()
    assert "2 stay: in the backup they are under a legal hold." in printed.getvalue()
    database = Database(url)
    try:
        async with database.reading() as session:
            assert [row.number for row in await session.exec(select(Loan).order_by(Loan.number))] == ["A-2", "A-3"]
            assert len((await session.exec(select(Borrower))).all()) == 2
            assert len((await session.exec(select(ErasedRecord))).all()) == 2
    finally:
        await database.close()


async def test_a_changed_list_of_erased_records_is_not_written_on(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    await ended(office, workspace, lin, "A-1", 4)
    await retention(database_url, tmp_path, clock, apply=True)
    await ended(office, workspace, lin, "A-2", 4)
    file = tmp_path / "erased.txt"
    file.write_text(file.read_text("utf-8").replace(" loan ", " call "), "utf-8")

    shown = await retention(database_url, tmp_path, clock, apply=True, code=1)

    assert "Nothing was deleted: line 1 of the list of erased records was changed" in shown
    assert [row.number for row in await rows(office, Loan)] == ["A-2"]
    file.rename(tmp_path / "kept.txt")
    await retention(database_url, tmp_path, clock, apply=True)
    assert {row.id for row in await rows(office, ErasedRecord)} == listed(tmp_path)
    assert len(listed(tmp_path)) == 4
