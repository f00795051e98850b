"""`loandesk retention`: show what is older than its period and why the rest is kept; delete it with `--apply`."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.private_file import private_file
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk, Office
from desk.retention.sweeping import begin_run, end_run, sweep
from desk.rules.retention import KINDS
from storage.engine.database import Database
from storage.queries.core import retention_runs
from storage.queries.people import workspaces
from storage.tables import Workspace
from storage.upkeep.erased_again import Erased, erased_line

_PAUSE_SECONDS = 0.02
"""Between two transactions, so that a desk on SQLite gets its turn: SQLite does not queue the writers of two processes."""

_WHY = {
    "hold": "under a legal hold",
    "dispute": "a dispute is open",
    "escalation": "an escalation is not resolved",
    "planned": "a call is planned",
    "live": "not ended",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What was deleted of a workspace, or would be, by kind; and why how many are kept."""

    workspace: Workspace
    deleted: Counter[str]
    kept: Counter[str]


async def run(settings: Settings, console: Console, *, apply: bool, clock: Clock | None = None) -> int:
    """Go through all workspaces and return 0. It can be interrupted and run again at any time."""
    database = Database(settings.database_url.get_secret_value())
    office = Office(database=database, cipher=settings.cipher(), clock=clock or SystemClock())
    try:
        async with database.reading() as session:
            found = await workspaces.every(session)
        for workspace in found:
            _print(console, await _sweep(office, workspace, console, apply=apply), apply=apply)
        if apply:
            await _write_erased(office, erased_file(settings))
    finally:
        await database.close()
    return 0


def erased_file(settings: Settings) -> Path:
    """Return the list of what was deleted for good: it is kept beside the heads of the audit trail."""
    return settings.audit_heads.with_name("erased.txt")


async def _sweep(office: Office, workspace: Workspace, console: Console, *, apply: bool) -> Result:
    @contextlib.asynccontextmanager
    async def opened() -> AsyncGenerator[Desk]:
        async with (office.desk if apply else office.reading_desk)(workspace) as desk:
            yield desk

    result = Result(workspace, Counter(), Counter())
    run_id = None
    if apply:
        async with office.desk(workspace) as desk:
            run_id = await begin_run(desk)
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task("retention", total=None)
        async for batch in sweep(opened, apply=apply):
            result.deleted.update(batch.deleted)
            result.kept.update(batch.kept)
            shown.advance(task, sum(batch.deleted.values()) + sum(batch.kept.values()))
            await asyncio.sleep(_PAUSE_SECONDS if apply else 0)
    if run_id is not None:
        async with office.desk(workspace) as desk:
            await end_run(desk, run_id, result.deleted)
    return result


def _print(console: Console, result: Result, *, apply: bool) -> None:
    verb = "deleted" if apply else "older than their period"
    console.print(f"{result.workspace.name}:")
    for code, kind in KINDS.items():
        if count := result.deleted[code]:
            unit = " segments" if code == "audit" else ""
            console.print(f"  {verb}: {count}{unit} · {kind.en}")
    if not result.deleted:
        console.print("  nothing is older than its period")
    for why, count in sorted(result.kept.items()):
        console.print(f"  kept: {count} · {_why(why)}")
    if result.deleted and not apply:
        console.print("  Nothing was deleted. `loandesk retention --apply` deletes them.")


def _why(code: str) -> str:
    if code in _WHY:
        return _WHY[code]
    return f"the period of `{code}` is not over" if code in KINDS else f"rule {code}"


async def _write_erased(office: Office, file: Path) -> None:
    """Write the ids of all that was deleted for good to a file outside the database, which a restore applies."""
    async with office.database.reading() as session:
        rows = await retention_runs.erased(session)
    unfinished = file.with_name(file.name + ".part")
    unfinished.unlink(missing_ok=True)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with private_file(unfinished) as out:
        for row in rows:
            out.write(erased_line(Erased(row.at, row.workspace_id, row.table_name, row.id, row.why)).encode())
    unfinished.replace(file)
