"""`loandesk import`."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer()

_COLLECTED = 100_000
"""After how many new objects the garbage collector looks through the newest, in a command that makes many."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV, TSV, XLSX, XLS or ODS file. Columns: docs/import.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and save nothing.")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="The file's encoding, if it is another one: big5, cp1252, utf-16 …")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the report: zh or en. Default: the lender's.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Report every refused row, not only the first 100.")] = False,
    kind: Annotated[
        Literal["loans", "payments", "schedules", "calls", "notes", "follow_ups"] | None,
        typer.Option(help="What the rows are. Default: what the headings say."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook, if several have the columns.")] = None,
    said: Annotated[
        list[str] | None,
        typer.Option("--map", help="What a column is: heading=column, or heading=ignore. Remembered. May be repeated."),
    ] = None,
    forgotten: Annotated[
        list[str] | None,
        typer.Option("--forget", help="A heading of which is to be forgotten what --map said. May be repeated."),
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(help="Write the refused rows with their reasons to this CSV file, to mend them and import it."),
    ] = None,
    good_rows: Annotated[
        bool,
        typer.Option(
            "--good-rows/--all-or-nothing", help="Import the good rows if others are refused (default), or none at all."
        ),
    ] = True,
) -> None:
    """Import loans, payments, schedules, past calls, notes or planned follow-ups from the lender's system. Exit code 1: some rows
    were refused, or the file cannot be read."""
    with _uncollected():
        from bot.commands.import_options import Options
        from bot.commands.importing import run

    typed = Options(
        dry_run=dry_run,
        encoding=encoding,
        kind=kind,
        sheet=sheet,
        said=said or (),
        forgotten=forgotten or (),
        language=language,
        every=every,
        refused_file=refused,
        good_rows=good_rows,
    )
    run_with_settings(on_database(lambda settings: run(settings, file, console(), typed)))


@contextmanager
def _uncollected() -> Generator[None]:
    """Keep what is imported in the body from the garbage collector, and have it look seldom at what comes later: modules
    stay, and little of a row refers to itself."""
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(_COLLECTED)
    gc.enable()
