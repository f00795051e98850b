"""`loandesk export`: a list as a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.command_line.running import console, on_database, run_with_settings

app = typer.Typer()


@app.command("export")
def export_list(
    named: Annotated[
        str, typer.Argument(metavar="LIST", help="due, arrears, unplanned, pool, portfolio … (docs/exports.md).")
    ],
    out: Annotated[Path, typer.Option(help="The folder into which the file is written.")],
    reader: Annotated[
        str | None,
        typer.Option("--as", help="@name: what this member sees, as they see it. Default: the whole workspace."),
    ] = None,
    file_format: Annotated[Literal["xlsx", "csv"], typer.Option("--format", help="Excel or CSV.")] = "xlsx",
    bom: Annotated[bool, typer.Option("--bom", help="CSV with the mark by which Excel knows UTF-8.")] = False,
    language: Annotated[
        Literal["zh", "en"] | None, typer.Option(help="Of headings and words. Default: the member's or the lender's.")
    ] = None,
    period: Annotated[
        Literal["today", "tomorrow", "week", "late", "all"] | None,
        typer.Option(help="Of the follow-ups due. Default: all."),
    ] = None,
    kind: Annotated[
        Literal["verification", "repayment"] | None, typer.Option(help="Of the follow-ups due: only these.")
    ] = None,
    of: Annotated[str | None, typer.Option(help="@name or team: whose rows, instead of the member's own.")] = None,
    stage: Annotated[str | None, typer.Option(help="Of own loans: only those in this stage.")] = None,
    words: Annotated[str, typer.Option(help="What is searched for.")] = "",
) -> None:
    """Write a list into a file: every row, with the columns and rights of the list in Slack. It is recorded."""
    from bot.commands import exporting

    wanted = exporting.Typed(named, reader, of, {"p": period, "k": kind, "s": stage}, words)
    run_with_settings(
        on_database(
            lambda settings: exporting.export(
                settings,
                console(),
                wanted,
                folder=out,
                file_format="csv_bom" if bom and file_format == "csv" else file_format,
                language=language,
            )
        )
    )
