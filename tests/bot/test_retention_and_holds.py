"""A legal hold that is placed while retention deletes waits for the deletion, or keeps what is not deleted yet."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.core.audit_chain import SEALED_AFTER, seal_next
from desk.core.transaction import Office
from desk.core.values import LoanRef
from desk.loans.holds import place_hold
from desk.retention import sweeping
from storage.tables import LegalHold, Loan, LoanCorrection, Member, Workspace
from tests.bot.test_retention import YEAR, ended, retention, rows
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN", roles="agent compliance")


async def old_loan(office: Office, workspace: Workspace, lin: Member, _clock: FrozenClock) -> Loan:
    return await ended(office, workspace, lin, "A-1", 4)


async def old_correction(office: Office, workspace: Workspace, lin: Member, clock: FrozenClock) -> Loan:
    loan = await make_loan(office, workspace, "A-1", owner=lin)
    async with office.desk(workspace) as desk:
        desk.add(
            LoanCorrection(
                workspace_id=workspace.id, loan_id=loan.id, field="name", before_cipher=b"x", by_id=lin.id,
                at=clock.now() - 3 * YEAR,
            )
        )  # fmt: skip
    return loan


async def old_segment(office: Office, workspace: Workspace, lin: Member, clock: FrozenClock) -> Loan:
    loan, now = await make_loan(office, workspace, "A-1", owner=lin), clock.now()
    clock.set(now - 6 * YEAR)
    async with office.desk(workspace, lin) as desk:
        desk.audit("note", loan_id=loan.id)
    clock.advance(seconds=SEALED_AFTER.total_seconds())
    async with office.desk(workspace) as desk:
        await seal_next(desk)
    clock.set(now + timedelta(days=1))
    return loan


@pytest.mark.every_example
@pytest.mark.parametrize(
    ("made", "step"),
    [
        (old_loan, (sweeping, "delete_loans")),
        (old_correction, (sweeping.retention_due, "let_go")),
        (old_segment, (sweeping.retention_due, "drop_segment")),
    ],
    ids=["loan", "record", "segment"],
)
async def test_no_hold_is_placed_between_the_look_for_holds_and_the_deletion(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, made: Any, step: tuple[Any, str],
) -> None:  # fmt: skip
    loan = await made(office, workspace, lin, clock)
    await make_loan(office, workspace, "A-2", owner=lin, borrower_id=loan.borrower_id)
    placing, held = list[asyncio.Task[Any]](), list[LegalHold]()

    async def place() -> None:
        async with office.desk(workspace, lin) as desk:
            await place_hold(desk, loan=LoanRef("A-2", "A-2"), why="Court")

    async def look(*given: Any, **named: Any) -> Any:
        if not placing:
            placing.append(asyncio.create_task(place()))
            await asyncio.wait(placing, timeout=0.3)  # long enough to be placed, if nothing keeps it out
            held.extend(await rows(office, LegalHold))
        return await original(*given, **named)

    original = getattr(*step)
    monkeypatch.setattr(*step, look)
    await retention(database_url, tmp_path, clock, apply=True)
    assert len(placing) == 1
    assert held == []
    await placing[0]
    assert len(await rows(office, LegalHold)) == 1
