"""`loandesk retention`: show what is older than its period and why the rest is kept; delete it with `--apply`."""

import asyncio
from collections import Counter
from functools import partial

from rich.console import Console

from bot.erased_keeper import catch_up, erased_file
from bot.offices import every_workspace, open_office
from bot.progress_bar import progress_bar
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.retention.sweeping import Batch, begin_run, end_run, sweep
from desk.rules.retention import KINDS
from storage.tables import Workspace
from storage.upkeep.audit_guards import NotOwnerError
from storage.upkeep.erased_list import BadErasedListError, ErasedList

_PAUSE_SECONDS = 0.02
"""Between two transactions, so that a desk on SQLite gets its turn: SQLite does not queue the writers of two processes."""

_WHY = {
    "hold": "under a legal hold",
    "dispute": "a dispute is open",
    "escalation": "an escalation is not resolved",
    "planned": "a call is planned",
    "live": "not ended",
}

_LOG_IN_USE = (
    "What was deleted may still be in the log beside the database (…-wal), because a process reads it: the desk writes over it "
    "while it runs. To be sure, stop the desk and run this again."
)

_NOT_OWNER = (
    "Segments of the audit trail are older than their period, and were not dropped: only the role that owns the tables may. Run "
    "it again with DATABASE_URL naming that role, the one that runs `loandesk migrate`. Everything else was deleted."
)


@dataclass(frozen=True, slots=True)
class Result:
    """What was deleted of a workspace, or would be, by kind; and why how many are kept."""

    workspace: Workspace
    deleted: Counter[str]
    kept: Counter[str]

    def add(self, batch: Batch) -> None:
        """Count what a batch did."""
        self.deleted.update(batch.deleted)
        self.kept.update(batch.kept)


async def run(settings: Settings, console: Console, *, apply: bool, clock: Clock | None = None) -> int:
    """Go through all workspaces and return 0; 1 if something hinders it. It can be interrupted and run again at any time."""
    try:
        async with open_office(settings, clock, overwrites=True) as office:
            return await _run(office, ErasedList(erased_file(settings), office.cipher.ring), console, apply=apply)
    except BadErasedListError as error:
        console.print(
            f"Nothing was deleted: {error}. Move {erased_file(settings)} away and keep it: the next run writes the list again."
        )
    except NotOwnerError:
        console.print(_NOT_OWNER)
    return 1


async def _run(office: Office, erased: ErasedList, console: Console, *, apply: bool) -> int:
    if apply:
        await catch_up(office, erased)
    for workspace in await every_workspace(office):
        _print(console, await _sweep(office, workspace, console, erased if apply else None), apply=apply)
    if apply and not await office.database.empty_log():
        console.print(_LOG_IN_USE)
    return 0


async def _sweep(office: Office, workspace: Workspace, console: Console, erased: ErasedList | None) -> Result:
    """Go through a workspace, and delete what is older than its period if there is a list to write it to."""
    reading, writing = partial(office.reading_desk, workspace), partial(office.desk, workspace)
    result = Result(workspace, Counter(), Counter())
    if erased is None:
        async for batch in sweep(reading, None):
            result.add(batch)
        return result
    async with writing() as desk:
        run_id = await begin_run(desk)
    with progress_bar(console) as shown:
        task = shown.add_task("retention", total=None)
        async for batch in sweep(reading, writing):
            erased.append(batch.erased)
            result.add(batch)
            shown.advance(task, sum(batch.deleted.values()) + sum(batch.kept.values()))
            await asyncio.sleep(_PAUSE_SECONDS if batch.wrote else 0)
    async with writing() as desk:
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
