"""`loandesk serve`, `socket`, `worker`, `migrate`."""

import gc
from typing import Annotated, Literal

import typer

from bot.command_line.running import on_database, run_with_settings

app = typer.Typer()


@app.command()
def serve() -> None:
    """Answer Slack over HTTP. On SQLite, also send reminders."""
    _run_process("serve")


@app.command()
def socket() -> None:
    """Answer Slack in Socket Mode, for a desk that Slack cannot reach. On SQLite, also send reminders."""
    _run_process("socket")


@app.command()
def worker() -> None:
    """Send reminders and digests. On PostgreSQL only, beside serve or socket."""
    _run_process("worker")


@app.command()
def migrate(
    serving_role: Annotated[
        str | None,
        typer.Option(
            help="PostgreSQL: the role with which the desk serves. It gets no right to change the audit trail."
        ),
    ] = None,
) -> None:
    """Migrate the database to this release's schema."""
    from bot.commands.serving import migrate_database

    run_with_settings(on_database(lambda settings: migrate_database(settings, serving_role)))


def _run_process(command: Literal["serve", "socket", "worker"]) -> None:
    # What is imported stays, so the collector would only look through it, for a fifth of a start. `run` enables it.
    gc.disable()
    from bot.commands.serving import run

    run_with_settings(lambda settings: run(settings, command))
