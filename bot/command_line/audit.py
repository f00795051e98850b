"""`loandesk audit`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.command_line.running import console, on_database, run_with_settings
from bot.command_line.values import read_instant

app = typer.Typer(no_args_is_help=True, help="The audit trail: who did and saw what.")


@app.command("verify")
def verify_audit(
    heads: Annotated[
        Path | None, typer.Option(help="A file of heads that was kept elsewhere: each must be in the trail.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Verify this file of `loandesk audit export` instead of the database.")
    ] = None,
) -> None:
    """Find entries that were changed, removed or inserted since they were sealed. Exit code 1: some were."""
    from bot.commands import audit

    if file is not None:
        raise typer.Exit(audit.verify_file(file, console()))
    run_with_settings(on_database(lambda settings: audit.verify(settings, console(), heads=heads)))


@app.command("list")
def list_audit(
    loan: Annotated[str | None, typer.Option(help="Only what was done to this loan, or showed it.")] = None,
    member: Annotated[str | None, typer.Option(help="Only what this member did and saw: a Slack id, U012345.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only from this time on, ISO 8601 with an offset: 2026-11-25T00:00+08:00.")
    ] = None,
    limit: Annotated[int, typer.Option(help="The most entries.", min=1)] = 100,
) -> None:
    """List entries, the newest first."""
    from bot.commands import audit

    begin = read_instant(since, "--since") if since is not None else None
    run_with_settings(
        on_database(
            lambda settings: audit.list_entries(settings, console(), loan=loan, member=member, since=begin, limit=limit)
        )
    )


@app.command("export")
def export_audit(target: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Write the sealed trail to a file that anyone can verify without the database and the keys."""
    from bot.commands import audit

    run_with_settings(on_database(lambda settings: audit.export(settings, target, console())))


@app.command("proof")
def prove_month(
    month: Annotated[str, typer.Argument(help="The month, like 2026-11, in the time zone of the workspace.")],
    out: Annotated[Path, typer.Option(help="A folder. Files of the same month there are replaced.")] = Path(),
    language: Annotated[Literal["zh", "en", "both"], typer.Option(help="Language of the page.")] = "both",
) -> None:
    """Write a page about a month, counted from the sealed trail: contact rules, disclosures, refusals, deletions, acts of the
    operator. Exit code 1: something in the trail is not as it was sealed."""
    from bot.commands.audit_proof import run
    from desk.core.errors import Invalid
    from desk.messages.monthly_proof import read_month

    try:
        first = read_month(month)
    except Invalid:
        raise typer.BadParameter("write it like 2026-11", param_hint="MONTH") from None
    run_with_settings(on_database(lambda settings: run(settings, out, console(), month=first, language=language)))
