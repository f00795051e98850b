"""`loandesk reindex`: make the search entries of this release for everybody whom search finds, while the desk runs."""

import asyncio
from uuid import UUID

from rich.console import Console

from bot.offices import every_workspace, open_office
from bot.progress_bar import progress_bar
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.transaction import Office
from desk.loans.indexing import BATCH, index_next
from storage.queries.loans import index_versions
from storage.tables import Borrower, RelatedPerson, Workspace

_PAUSE_SECONDS = 0.02
"""Between two transactions, so that a desk on SQLite gets its turn: SQLite does not queue the writers of two processes."""


async def run(settings: Settings, console: Console, *, every: bool, clock: Clock | None = None) -> int:
    """Index the borrowers that wait, and those that were set aside; with `every`, all of them.

    Return 0 when every borrower is indexed, else 1. It can be interrupted and run again at any time.
    """
    async with open_office(settings, clock) as office:
        left = [await _reindex(office, workspace, console, every=every) for workspace in await every_workspace(office)]
    return 1 if any(left) else 0


async def _reindex(office: Office, workspace: Workspace, console: Console, *, every: bool) -> int:
    await _mark(office, workspace, only=None if every else index_versions.SET_ASIDE)
    async with office.database.reading() as session:
        before = await index_versions.progress(session, workspace.id)
        people = await index_versions.progress(session, workspace.id, RelatedPerson)
    with progress_bar(console) as shown:
        task = shown.add_task("search entries", total=before.waiting + people.waiting)
        more = True
        while more:
            async with office.desk(workspace) as desk:
                more = await index_next(desk)
            shown.advance(task, BATCH)
            await asyncio.sleep(_PAUSE_SECONDS)
    async with office.database.reading() as session:
        now = await index_versions.progress(session, workspace.id)
        people_now = await index_versions.progress(session, workspace.id, RelatedPerson)
    left, people_left = now.waiting + now.set_aside, people_now.waiting + people_now.set_aside
    console.print(f"Borrowers indexed: {before.waiting - left}. In the desk: {now.borrowers}.")
    if people.waiting:
        done = people.waiting - people_left
        console.print(f"People around loans indexed: {done}. In the desk: {people_now.borrowers}.")
    if failed := now.set_aside + people_now.set_aside:
        console.print(
            f"{failed} could not be: no key opens their name or phone. The log names them (`row_set_aside`); "
            "restore the key and run this again."
        )
    return left + people_left


async def _mark(office: Office, workspace: Workspace, *, only: int | None) -> None:
    for table in (Borrower, RelatedPerson):
        last: UUID | None = None
        while True:
            async with office.database.transaction() as session:
                last = await index_versions.mark_next(session, table, workspace.id, after=last, only=only)
            if last is None:
                break
