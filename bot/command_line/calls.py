"""`loandesk calls` and `loandesk extensions`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer()


@app.command("calls")
def take_calls(
    file: Annotated[Path, typer.Argument(help="Call detail records: Master.csv of Asterisk, or another system's CSV.")],
    source: Annotated[
        str,
        typer.Option(
            "--from", help="Which system wrote it: asterisk, freeswitch, 3cx, or the name of a file of yours."
        ),
    ],
) -> None:
    """Take the calls in a file that the phone system wrote. Exit code 1: some rows were refused, or the file cannot be read."""
    from bot.commands.calls import run

    run_with_settings(on_database(lambda settings: run(settings, file, console(), source=source)))


@app.command("extensions")
def take_extensions(
    file: Annotated[Path, typer.Argument(help="A CSV without headings: e-mail address or Slack id, extension.")],
) -> None:
    """Say which extension of the phone system is whose, all rows or none. An empty extension takes one away."""
    from bot.commands.calls import take_extensions as run

    run_with_settings(on_database(lambda settings: run(settings, file, console())))
