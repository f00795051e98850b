"""The command line: `loandesk …`."""

import os
import resource
from typing import Annotated

import typer

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
from bot.named_workspace import NAMED

app = typer.Typer(no_args_is_help=True, add_completion=False)
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
