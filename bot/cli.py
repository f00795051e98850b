"""The command line: `loandesk …`."""

import os
import resource
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot.command_line import (
    audit,
    calls,
    case,
    exporting,
    importing,
    keys,
    recordings,
    serving,
    tokens,
    trying,
    upkeep,
    webhooks,
)
from bot.command_line.running import is_of_a_wrong_file
from bot.named_workspace import NAMED


class Commands(TyperGroup):
    """The commands of `loandesk`, none of which runs with a file of rules that is wrong."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; of a wrong file in `desk/data` say where the mistake is, and exit with code 2."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if not is_of_a_wrong_file(error):
                raise
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False)
for _group in (trying, serving, importing, calls, upkeep, case, exporting):
    app.add_typer(_group.app)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.add_typer(recordings.app, name="recordings")
app.add_typer(tokens.app, name="tokens")
app.add_typer(webhooks.app, name="webhooks")


@app.callback()
def begin(
    workspace: Annotated[
        str,
        typer.Option(envvar="LOANDESK_WORKSPACE", help="The Slack id of the workspace, of a desk of several: T012345."),
    ] = "",
) -> None:
    """Loan Desk: an auto-loan team's phone work in Slack."""
    NAMED.set(workspace)
    os.umask(0o077)  # only the owner may read what a command writes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of the memory would have the keys


if __name__ == "__main__":
    app()
