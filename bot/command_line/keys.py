"""`loandesk keys`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer(no_args_is_help=True, help="Encryption keys.")


@app.command("new")
def new_keys(
    file: Annotated[
        Path | None, typer.Option(help="A new file for LOANDESK_KEY_FILE, which its owner alone may read.")
    ] = None,
) -> None:
    """Print new keys for the environment, or write them to a file."""
    from bot.commands import key_files

    raise typer.Exit(key_files.new(file and file.absolute(), console()))


@app.command("list")
def list_keys() -> None:
    """List the keys: where they come from, their ids and check values. No key is shown."""
    from bot.commands import key_files

    run_with_settings(lambda settings: key_files.list_keys(settings, console()))


@app.command("add")
def add_key() -> None:
    """Add a key of a higher id to the file of LOANDESK_KEY_FILE, or print one for the environment. Rotate afterwards."""
    from bot.commands import key_files

    run_with_settings(on_database(lambda settings: key_files.add(settings, console())))


@app.command("remove")
def remove_key(number: Annotated[int, typer.Argument(help="The id of an older key that nothing needs.")]) -> None:
    """Take an older key out of the file of LOANDESK_KEY_FILE, once everything was rotated."""
    from bot.commands import key_files

    run_with_settings(on_database(lambda settings: key_files.remove(settings, number, console())))


@app.command("wrap")
def wrap_keys(target: Annotated[Path, typer.Argument(help="A new file, for LOANDESK_KEY_FILE.")]) -> None:
    """Write the keys to a file, wrapped by a new key in the KMS of LOANDESK_PKCS11_MODULE. No row changes."""
    from bot.commands import key_files

    run_with_settings(on_database(lambda settings: key_files.wrap_keys(settings, target.absolute(), console())))


@app.command("rewrap")
def rewrap_keys() -> None:
    """Wrap the keys in the file with a new key in the KMS. No row changes."""
    from bot.commands import key_files

    run_with_settings(on_database(lambda settings: key_files.rewrap(settings, console())))


@app.command("rotate")
def rotate_keys() -> None:
    """Encrypt everything with the key of the highest id while the desk runs. It can be interrupted and run again."""
    from bot.commands.keys import run

    run_with_settings(on_database(lambda settings: run(settings, console())))
