"""Run what a command does: with the settings, and with one line for the operator when something is wrong."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from bot import logs

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings

Command: TypeAlias = "Callable[[Settings], Coroutine[Any, Any, int]]"
"""What a command does with the settings. Returns the exit code."""


@cache
def console(*, stderr: bool = False) -> "Console":
    """Return the console, made when a command prints: a process that serves does not, and starts without it."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


def run_with_settings(run: Command) -> None:
    """Run a command, and end the process with its exit code: 2 if it cannot start, 1 for a mishap."""
    from bot.reading_settings import WrongSettingsError, read_settings
    from bot.settings import CannotStartError

    try:
        settings = read_settings()
    except WrongSettingsError as error:
        console(stderr=True).print(str(error))
        console(stderr=True).print("See .env.example.")
        raise typer.Exit(2) from None
    except CannotStartError as error:
        console(stderr=True).print(str(error))
        raise typer.Exit(2) from None
    logs.configure(settings.log_format)
    try:
        code = asyncio.run(run(settings))
    except CannotStartError as error:
        console(stderr=True).print(str(error))
        code = 2
    except Exception as error:  # the operator reads one line; the log has the kind and the place
        if is_of_a_wrong_file(error):
            raise
        logs.structlog.get_logger().exception("mishap")
        console(stderr=True).print("Something went wrong in Loan Desk itself. The log line above says what and where.")
        code = 1
    raise typer.Exit(code)


def is_of_a_wrong_file(error: Exception) -> bool:
    """Return whether an error says where a file in `desk/data` is wrong."""
    from desk.core.data_files import DataFileError  # where there is no mistake, nothing of the desk is imported for it

    return isinstance(error, DataFileError)


def on_database(run: Command) -> Command:
    """Make the command print one line when the database is away or not at this release's schema."""
    from storage.engine.trouble import DATABASE_ERRORS, is_outage

    async def run_and_explain(settings: "Settings") -> int:
        try:
            return await run(settings)
        except DATABASE_ERRORS as error:
            from bot.commands.serving import is_migrated  # only where it is asked: it imports what serves

            if is_outage(error):
                reason = f"{logs.kind_of(error)}. Check DATABASE_URL and the server"
            elif not await is_migrated(settings):
                reason = "it is not at this release's schema. Run `loandesk migrate`"
            else:
                raise
        console(stderr=True).print(f"The database cannot be used: {reason}. `loandesk doctor` tells more.")
        return 1

    return run_and_explain
