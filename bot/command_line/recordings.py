"""`loandesk recordings`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer(no_args_is_help=True, help="Recordings of calls.")


@app.command("add")
def add_recordings(
    loan: Annotated[str | None, typer.Argument(help="The loan's number.")] = None,
    recording: Annotated[
        str | None, typer.Argument(help="A file, or an https link to the lender's own system.")
    ] = None,
    call: Annotated[
        str,
        typer.Option(
            help="When its call was: 2026-11-25T10:00, in the workspace's time zone. Default: as the file's name says."
        ),
    ] = "",
    from_list: Annotated[
        Path | None,
        typer.Option(
            "--list", help="A CSV without headings: loan, file (in the list's folder) or link, time of the call."
        ),
    ] = None,
) -> None:
    """Attach a recording to a call, or those of a list, each to its own. It can be run again. Exit code 1: some were refused."""
    from bot.commands import recordings

    if (from_list is None) != (loan is not None and recording is not None) or (
        from_list is not None and (loan or call)
    ):
        raise typer.BadParameter("give a loan and a recording, or --list alone")
    if from_list is not None:
        try:
            asked, folder = recordings.read_list(from_list), from_list.resolve().parent
        except (recordings.ListError, OSError) as error:
            console().print(str(error) if isinstance(error, recordings.ListError) else f"{from_list}: {error.strerror}")
            raise typer.Exit(1) from None
    else:
        asked, folder = [recordings.Asked(1, loan or "", recording or "", call)], None
    run_with_settings(on_database(lambda settings: recordings.add(settings, asked, console(), folder=folder)))
