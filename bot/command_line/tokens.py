"""`loandesk tokens`: who may use the API."""

import re
from typing import Annotated

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer(no_args_is_help=True, help="Tokens of programs that use the API.")


@app.command("new")
def new_token(
    name: Annotated[str, typer.Argument(help="The program's name, as log and timeline show it: core-banking.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, several times or with commas: docs/api.md.")],
    expires: Annotated[str, typer.Option(help="How long it can be used, in days.")] = "90d",
) -> None:
    """Issue a token and print it, this once."""
    from bot.commands import tokens

    days = re.fullmatch("([0-9]{1,4})d?", expires)
    if days is None:
        raise typer.BadParameter("write it like 90d", param_hint="--expires")
    scopes = tuple(each.strip() for part in scope for each in part.split(",") if each.strip())
    run_with_settings(
        on_database(lambda settings: tokens.issue(settings, console(), name=name, scopes=scopes, days=int(days[1])))
    )


@app.command("list")
def list_tokens() -> None:
    """List the tokens, without their secrets."""
    from bot.commands import tokens

    run_with_settings(on_database(lambda settings: tokens.show(settings, console())))


@app.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(help="A token's prefix, ld_…, or a program's name for all of its tokens.")],
) -> None:
    """Revoke a token at once."""
    from bot.commands import tokens

    run_with_settings(on_database(lambda settings: tokens.revoke(settings, console(), named=token)))
