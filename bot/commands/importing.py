"""`loandesk import`: check a lender's CSV file row by row and import its loans, or try it in a dry run."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.settings import Settings
from desk.core.clock import SystemClock
from desk.core.errors import DeskError, Invalid
from desk.core.transaction import Office
from desk.importing.importing import BATCH, Effect, RefusedRow, import_batch, without_duplicates
from desk.importing.rows import ImportRow, read_header, read_row
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import explain_file, explain_row
from storage.engine.database import Database
from storage.queries.people import workspaces
from storage.tables import Workspace


@dataclass(slots=True)
class Outcome:
    """What an import did, or in a dry run would do."""

    rows: int = 0
    effects: Counter[Effect] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)
    planned: int = 0


class _DryRunError(Exception):
    """Rolls back a transaction of a dry run."""


def read_file(path: Path) -> str:
    """Return the text of a file in UTF-8 or in GB18030, which Chinese Excel writes.

    Raise Invalid: `import_unreadable` (no such file, or one that cannot be opened), `import_not_text`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid("import_unreadable", given=str(path), why=error.strerror or "") from None
    if b"\0" in content:
        raise Invalid("import_not_text", given=str(path))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("import_not_text", given=str(path))


def read_rows(text: str, workspace: Workspace, office: Office) -> tuple[list[ImportRow], list[RefusedRow]]:
    """Return the rows of a CSV text and the refused ones, each with its line.

    Raise Invalid when it is no table of loans: `import_not_csv`, `import_quotes`, `import_column_missing`,
    `import_column_twice`.
    """
    today = office.clock.now().astimezone(ZoneInfo(workspace.zone)).date()
    lines = _lines(text)
    _, header = next(lines, (0, []))
    if len(header) < 2:
        raise Invalid("import_not_csv")
    places = read_header(header)
    rows: list[ImportRow] = []
    refused: list[RefusedRow] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            if len(cells) != len(header):
                raise Invalid("import_cells", line=number, cells=len(cells), columns=len(header))
            given = {column: cells[place] for column, place in places.items()}
            rows.append(read_row(number, given, today=today, region=workspace.country or "CN"))
        except DeskError as error:
            refused.append(RefusedRow(number, error))
    unique, twice = without_duplicates(rows)
    return unique, sorted(refused + twice, key=lambda row: row.line)


async def import_loans(
    office: Office, workspace: Workspace, rows: list[ImportRow], *, dry_run: bool, advance: Callable[[int], None]
) -> Outcome:
    """Import the rows in short transactions, and call `advance` with the size of each. A dry run rolls them back."""
    outcome = Outcome(rows=len(rows))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        with suppress(_DryRunError):
            async with office.desk(workspace) as desk:
                result = await import_batch(desk, batch)
                outcome.effects += result.effects
                outcome.refused += result.refused
                outcome.planned += result.planned
                if dry_run:
                    await desk.session.flush()
                    raise _DryRunError
        advance(len(batch))
    return outcome


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in (",", "\t", ";", "，") if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise Invalid("import_quotes", line=reader.line_num) from None


async def run(settings: Settings, file: Path, console: Console, *, language: str, dry_run: bool) -> int:
    """Import a file and report each refused row. Return 0 when every row was imported, else 1."""
    t = Translator(language)
    database = Database(settings.database_url.get_secret_value())
    office = Office(database=database, cipher=settings.cipher(), clock=SystemClock())
    try:
        async with database.reading() as session:
            workspace = next(iter(await workspaces.every(session)), None)
        if workspace is None:
            console.print(t("The desk isn't installed in a workspace yet. Run loandesk serve once first."))
            return 1
        rows, refused = read_rows(read_file(file), workspace, office)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(t("Importing"), total=len(rows))
            outcome = await import_loans(
                office, workspace, rows, dry_run=dry_run, advance=lambda n: progress.advance(task, n)
            )
        outcome.refused = sorted([*outcome.refused, *refused], key=lambda row: row.line)
        _report(t, outcome, console, dry_run=dry_run)
        return 1 if outcome.refused else 0
    except DeskError as error:
        console.print(explain_file(t, error))
        return 1
    finally:
        await database.close()


def _report(t: Translator, outcome: Outcome, console: Console, *, dry_run: bool) -> None:
    if outcome.refused:
        table = Table(t("Line"), t("Reason refused"))
        for row in outcome.refused:
            table.add_row(str(row.line), explain_row(t, row.error))
        console.print(table, soft_wrap=False)
    counts = {
        t("new"): outcome.effects["new"],
        t("changed"): outcome.effects["changed"],
        t("taken over"): outcome.effects["taken_over"],
        t("unchanged"): outcome.effects["same"],
        t("refused"): len(outcome.refused),
        t("follow-ups planned"): outcome.planned,
    }
    console.print(" · ".join(f"{words} {count}" for words, count in counts.items()))
    if dry_run:
        console.print(t("Dry run: nothing was saved."))
