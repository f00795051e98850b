"""A worker that is killed while it applies events of the lender: the next one goes on, and nothing is lost or doubled.
Now is Wednesday 10:00."""

import asyncio
import os
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.worker import do_chores
from desk.core.permissions import SCOPES
from desk.core.transaction import Office
from desk.lender import events
from desk.lender.events import Reported
from desk.people import tokens
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.queries.people import workspaces
from storage.tables import AuditEntry, LenderEvent, Member, Payment, Workspace
from tests.bot.forks import FORKS
from tests.builders import make_loan
from tests.clocks import FrozenClock

LOANS, PAYMENTS = 6, 4
"""How many loans there are, and how many payments of each."""


def work_until_struck(url: str, now: str, transactions: int, committed: bool) -> None:
    """Apply events in a process that is killed at the end of the transaction behind so many, or once it is committed."""
    apply_events, applied = events.apply_next, 0

    async def apply_and_die(*arguments: Any) -> bool:
        nonlocal applied
        if committed and applied == transactions + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        more = await apply_events(*arguments)
        await arguments[0].session.flush()
        if not committed and applied == transactions:
            os.kill(os.getpid(), signal.SIGKILL)
        applied += 1
        return more

    events.apply_next = apply_and_die

    async def run() -> None:
        cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
        office = Office(database=Database(url), cipher=cipher, clock=FrozenClock(datetime.fromisoformat(now)))
        async with office.database.reading() as session:
            workspace = (await workspaces.every(session))[0]
        await do_chores(office, workspace)

    asyncio.run(run())


async def rows(office: Office, table: type[Any]) -> list[Any]:
    async with office.database.reading() as session:
        return list((await session.exec(select(table).order_by(table.id))).all())


@pytest.mark.parametrize(("transactions", "committed"), [(0, False), (2, False), (1, True)])
@pytest.mark.every_example
async def test_a_killed_worker_loses_and_doubles_no_event(
    office: Office,
    workspace: Workspace,
    database_url: str,
    clock: FrozenClock,
    transactions: int,
    committed: bool,
) -> None:
    for number in range(LOANS):
        await make_loan(office, workspace, f"A-{number}", stage="disbursed", phone=f"+861380013567{number}")
    reported = [
        Reported(f"{loan}-{n}", "payment", f"A-{loan}", (payment(loan, n),))
        for n in range(PAYMENTS)
        for loan in range(LOANS)
    ]
    async with office.desk(workspace) as desk:
        await tokens.issue(desk, name="core", scopes=tuple(SCOPES), lifetime=timedelta(days=1), by="op")
    (service,) = [member for member in await rows(office, Member) if member.kind == "service"]
    async with office.desk(workspace, service) as desk:
        _batch, told = await events.accept(desk, reported)
    assert {each.status for each in told} == {"accepted"}

    process = FORKS.Process(
        target=work_until_struck, args=(database_url, clock.now().isoformat(), transactions, committed)
    )
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    assert len(await rows(office, Payment)) == (transactions + committed) * LOANS

    await do_chores(office, workspace)

    assert {row.state for row in await rows(office, LenderEvent)} == {"applied"}
    payments = await rows(office, Payment)
    assert sorted(row.reference for row in payments) == sorted(f"P-{each.event_id}" for each in reported)
    recorded = [entry for entry in await rows(office, AuditEntry) if entry.act == "payment_recorded"]
    assert len(recorded) == len(reported)


def payment(loan: int, n: int) -> dict[str, str]:
    return {"number": f"A-{loan}", "amount": "10.00", "paid_on": f"2026-11-{n + 1:02}", "reference": f"P-{loan}-{n}"}
