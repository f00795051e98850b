"""What `loandesk import` shows while it works, and afterwards."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.importing import Outcome, import_loans, read_file, read_rows
from bot.settings import Settings
from desk.clock import SystemClock
from desk.desk import Office
from desk.errors import DeskError
from handlers.i18n import Translator
from handlers.render.refusals_import import explain_file, explain_row
from storage import workspaces
from storage.database import Database


async def run(settings: Settings, file: Path, console: Console, *, language: str, dry_run: bool) -> int:
    """Imports a file and reports each refused row. 0 when every row went in, else 1."""
    t = Translator(language)
    database = Database(settings.database_url.get_secret_value())
    office = Office(database=database, cipher=settings.cipher(), clock=SystemClock())
    try:
        async with database.reading() as session:
            found = await workspaces.every(session)
        if not found:
            console.print(t("The desk is not installed in a workspace yet: start loandesk serve once."), markup=False)
            return 1
        workspace = found[0]
        rows, refused = read_rows(read_file(file), workspace, office)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(t("Importing"), total=len(rows))
            outcome = await import_loans(
                office, workspace, rows, dry_run=dry_run, advance=lambda n: progress.advance(task, n)
            )
        outcome.refused = sorted([*outcome.refused, *refused], key=lambda row: row.line)
        report(t, outcome, console, dry_run=dry_run)
        return 1 if outcome.refused else 0
    except DeskError as error:
        console.print(explain_file(t, error), markup=False)
        return 1
    finally:
        await database.close()


def report(t: Translator, outcome: Outcome, console: Console, *, dry_run: bool) -> None:
    """The counts, and each refused row with its line and reason."""
    if outcome.refused:
        table = Table(t("Line"), t("Refused because"))
        for row in outcome.refused:
            table.add_row(str(row.line), _plain(explain_row(t, row.error)))
        console.print(table)
    counts = {
        t("new"): outcome.effects["new"],
        t("changed"): outcome.effects["changed"],
        t("taken over"): outcome.effects["taken_over"],
        t("unchanged"): outcome.effects["same"],
        t("refused"): len(outcome.refused),
        t("follow-ups planned"): outcome.planned,
    }
    console.print(" · ".join(f"{words} {count}" for words, count in counts.items()), markup=False)
    if dry_run:
        console.print(t("A dry run: nothing was kept."), markup=False)


def _plain(words: str) -> str:
    # Rich reads square brackets as markup; a borrower's cell may hold them.
    return words.replace("[", r"\[")
