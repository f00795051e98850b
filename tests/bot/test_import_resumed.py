"""An import that was killed goes on with the same file."""

import asyncio
import os
import signal

from sqlmodel import func, select

from desk.core.clock import SystemClock
from desk.core.transaction import Office
from desk.importing.batches import import_loans
from desk.importing.importing import BATCH, import_batch
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.queries.people import workspaces
from storage.tables import AuditEntry, Borrower, FollowUp, ImportedValues, Loan, Workspace
from tests.bot.forks import FORKS
from tests.builders import make_member
from tests.imports import bring_in, read_table

HEADER = "number,name,phone,stage,owner,due day"
COUNT = 2 * BATCH + 50


def lines(count: int) -> str:
    rows = (f"A-{n},王小明,1380013{n:04},disbursed,ULIN,{n % 28 + 1}" for n in range(count))
    return "\n".join([HEADER, *rows, ""])


def import_until_struck(url: str, text: str, batches: int) -> None:
    """Import in a process that is killed in the transaction of the next batch."""

    async def run() -> None:
        cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
        office = Office(database=Database(url), cipher=cipher, clock=SystemClock())
        async with office.database.reading() as session:
            workspace = (await workspaces.every(session))[0]
        rows = list(read_table(text, workspace, office).rows)
        await import_loans(office, workspace, rows[: batches * BATCH], dry_run=False, advance=lambda _: None)
        async with office.desk(workspace) as desk:
            await import_batch(desk, rows[batches * BATCH : (batches + 1) * BATCH])
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


async def counts(office: Office) -> dict[str, int]:
    tables = (Loan, Borrower, FollowUp, AuditEntry, ImportedValues)
    async with office.database.reading() as session:
        return {table.__name__: (await session.exec(select(func.count()).select_from(table))).one() for table in tables}


async def test_a_file_whose_import_was_killed_is_imported_again_to_its_end(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    await make_member(office, workspace, "ULIN")
    text = lines(COUNT)
    before = await counts(office)

    process = FORKS.Process(target=import_until_struck, args=(database_url, text, 1))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    struck = await counts(office)
    outcome = await bring_in(office, workspace, text)

    assert struck["Loan"] - before["Loan"] == BATCH
    assert (outcome.effects["same"], outcome.effects["new"], outcome.planned) == (BATCH, COUNT - BATCH, COUNT - BATCH)
    after = await counts(office)
    assert {
        name: after[name] - before[name] for name in ("Loan", "Borrower", "FollowUp", "ImportedValues")
    } == dict.fromkeys(("Loan", "Borrower", "FollowUp", "ImportedValues"), COUNT)
