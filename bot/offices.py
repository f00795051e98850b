"""Open an office on the command line: the database and the keys, for as long as a command needs them."""

import contextlib
from collections.abc import AsyncGenerator
from typing import TypedDict, Unpack

from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.queries.loans import loans
from storage.queries.people import workspaces
from storage.tables import Loan, Workspace


class Use(TypedDict, total=False):
    """What `Database` is told about the use that a command makes of it."""

    patient: bool
    overwrites: bool
    writes_much: bool


@contextlib.asynccontextmanager
async def open_office(settings: Settings, clock: Clock | None = None, **use: Unpack[Use]) -> AsyncGenerator[Office]:
    """Open the database of the settings, and close it at the end of the block."""
    database = Database(settings.database_url.get_secret_value(), **use)
    try:
        yield Office(database=database, cipher=settings.cipher(), clock=clock or SystemClock())
    finally:
        await database.close()


async def every_workspace(office: Office) -> list[Workspace]:
    """Return the workspaces of the database."""
    async with office.database.reading() as session:
        return list(await workspaces.every(session))


async def find_loan(office: Office, number: str) -> tuple[Workspace, Loan] | None:
    """Return the first loan of that number, and its workspace."""
    for workspace in await every_workspace(office):
        async with office.database.reading() as session:
            loan = await loans.by_number(session, workspace.id, number)
        if loan is not None:
            return workspace, loan
    return None
