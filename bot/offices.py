"""Open an office on the command line: the database and the keys, for as long as a command needs them."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

from bot.named_workspace import NAMED
from bot.settings import CannotStartError, Settings
from desk.core.clock import Clock, SystemClock
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.queries.loans import loans
from storage.queries.people import workspaces
from storage.tables import Loan, Workspace

if TYPE_CHECKING:
    from rich.console import Console


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
    """Return the workspaces of the database that a command is for: the one that was named, or all. Raise CannotStartError for a
    name that is none."""
    async with office.database.reading() as session:
        found = list(await workspaces.every(session))
    if not (named := NAMED.get()):
        return found
    if not (only := [each for each in found if each.slack_team_id == named]):
        raise CannotStartError(f"There is no workspace {named}. {_there_are(found)}")
    return only


async def one_workspace(office: Office) -> Workspace | None:
    """Return the workspace of a command that is for one, None before any is there. Raise CannotStartError where there are several
    and none was named."""
    found = await every_workspace(office)
    if len(found) > 1:
        raise CannotStartError(f"Say for which workspace: loandesk --workspace ID … {_there_are(found)}")
    return found[0] if found else None


@contextlib.asynccontextmanager
async def open_workspace(
    settings: Settings, console: "Console", clock: Clock | None = None, **use: Unpack[Use]
) -> AsyncGenerator[tuple[Office, Workspace] | None]:
    """Open the database for a command that is for one workspace; None, with a line that says so, before any is there. Raise
    CannotStartError where there are several and none was named."""
    async with open_office(settings, clock, **use) as office:
        workspace = await one_workspace(office)
        if workspace is None:
            console.print("There is no workspace yet: start the desk once.")
        yield None if workspace is None else (office, workspace)


async def find_loan(office: Office, number: str) -> tuple[Workspace, Loan] | None:
    """Return the loan of that number, and its workspace. Raise CannotStartError where several have one and none was named."""
    found: list[tuple[Workspace, Loan]] = []
    for workspace in await every_workspace(office):
        async with office.database.reading() as session:
            loan = await loans.by_number(session, workspace.id, number)
        if loan is not None:
            found.append((workspace, loan))
    if len(found) > 1:
        there = _there_are([workspace for workspace, _ in found])
        raise CannotStartError(f"Several have a loan {number}: loandesk --workspace ID … {there}")
    return found[0] if found else None


def _there_are(found: Sequence[Workspace]) -> str:
    named = ", ".join(f"{each.slack_team_id} ({each.name})" for each in found)
    return f"There are: {named}." if named else "There is none yet."
