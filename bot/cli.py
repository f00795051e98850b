"""The command line: `loandesk …`."""

import os
import resource

import typer

from bot.command_line import audit, calls, case, exporting, importing, keys, serving, tokens, trying, upkeep, webhooks

app = typer.Typer(no_args_is_help=True, add_completion=False)
for _group in (trying, serving, importing, calls, upkeep, case, exporting):
    app.add_typer(_group.app)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.add_typer(tokens.app, name="tokens")
app.add_typer(webhooks.app, name="webhooks")


@app.callback()
def begin() -> None:
    """Loan Desk: an auto-loan team's phone work in Slack."""
    os.umask(0o077)  # only the owner may read what a command writes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of the memory would have the keys


if __name__ == "__main__":
    app()
