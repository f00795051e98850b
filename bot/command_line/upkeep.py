"""`loandesk doctor`, `backup`, `restore`, `reindex`, `retention`, `files`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer()
files_app = typer.Typer(no_args_is_help=True, help="The bytes of files.")
app.add_typer(files_app, name="files")


@app.command()
def doctor() -> None:
    """Check everything the desk needs, one line each. Exit code 1: something needs fixing."""
    from bot.commands.doctor import run
    from bot.reading_settings import WrongSettingsError, read_settings

    try:
        settings = read_settings(with_keys=False)
    except WrongSettingsError as error:
        console().print(f"FIX  settings: {error} See .env.example.")
        raise typer.Exit(1) from None
    logs.configure(settings.log_format)
    raise typer.Exit(asyncio.run(run(settings, console())))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file, or a folder for a file named after the current time.")],
) -> None:
    """Back up the whole database to one file while the desk runs."""
    from bot.commands.backup import run

    run_with_settings(on_database(lambda settings: run(settings, target, console())))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `loandesk backup` wrote.")],
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Accept a backup of an earlier release, which has no signature.")
    ] = False,
    erased: Annotated[
        Path | None,
        typer.Option(help="The list erased.txt: what was deleted for good since the backup is deleted again."),
    ] = None,
) -> None:
    """Restore a backup into an empty database. No message is sent twice."""
    from bot.commands.restore import run

    run_with_settings(lambda settings: run(settings, file, console(), unsigned=unsigned, erased=erased))


@app.command()
def reindex(
    every: Annotated[bool, typer.Option("--all", help="Index every borrower again, not only those who wait.")] = False,
) -> None:
    """Make this release's search entries at once. The worker does it too, in batches; this can be interrupted."""
    from bot.commands.reindexing import run

    run_with_settings(on_database(lambda settings: run(settings, console(), every=every)))


@app.command()
def retention(
    apply: Annotated[
        bool, typer.Option("--apply", help="Delete; without it, only show what would be deleted.")
    ] = False,
) -> None:
    """Show what is older than its period and why the rest is kept, or delete it in batches while the desk runs."""
    from bot.commands.retention import run

    run_with_settings(on_database(lambda settings: run(settings, console(), apply=apply)))


@files_app.command("copy")
def copy_files(
    source: Annotated[str, typer.Option("--from", help="The folder or bucket, s3://…, that has the files now.")],
) -> None:
    """Copy the files to the place that LOANDESK_FILES names, while the desk runs. It can be interrupted and run again."""
    from bot.commands.copying_files import run

    run_with_settings(on_database(lambda settings: run(settings, source, console())))
