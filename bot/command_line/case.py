"""`loandesk case` and `loandesk person`: what leaves the desk in a signed archive."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bot.command_line.running import console, on_database, run_with_settings


class _CaseGroup(TyperGroup):
    """Takes a loan's number for the command that exports its case file: `loandesk case L-1042 --out DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["export", *args]
        return super().parse_args(ctx, args)


case_app = typer.Typer(
    no_args_is_help=True,
    cls=_CaseGroup,
    help="The case file of a loan, for a dispute: `loandesk case L-1042 --out DIR`.",
)
app = typer.Typer()
app.add_typer(case_app, name="case")


@case_app.command("export")
def export_case(
    loan: Annotated[str, typer.Argument(help="The loan's number.")],
    out: Annotated[Path, typer.Option(help="The folder into which the archive is written.")],
    language: Annotated[Literal["zh", "en", "both"], typer.Option(help="The language of its pages.")] = "both",
    purpose: Annotated[str, typer.Option(help="What it is for: it will be on each page.")] = "",
    files: Annotated[bool, typer.Option(help="With the files of the loan's documents.")] = True,
    recordings: Annotated[bool, typer.Option(help="With the recordings of its calls.")] = False,
) -> None:
    """Write everything that the desk knows of a loan into one signed archive."""
    from bot.commands import case

    parts = frozenset(name for name, wanted in (("files", files), ("recordings", recordings)) if wanted)
    languages = ("zh", "en") if language == "both" else (language,)
    run_with_settings(
        on_database(
            lambda settings: case.export(
                settings, console(), number=loan, folder=out, languages=languages, purpose=purpose, parts=parts
            )
        )
    )


@case_app.command("verify")
def verify_case(
    file: Annotated[Path, typer.Argument(help="The archive.")],
    public_key: Annotated[
        str | None, typer.Option(help="The lender's public key, or a file that has it: see `loandesk case key`.")
    ] = None,
) -> None:
    """Prove a case file unaltered, without database and settings. Exit code 1: it was changed, or cannot be read."""
    from bot.commands import case

    raise typer.Exit(case.verify_file(file, console(), public_key=public_key))


@case_app.command("key")
def case_key(
    rotate: Annotated[bool, typer.Option("--rotate", help="Replace the key. The old one no longer signs.")] = False,
) -> None:
    """Print the public keys that sign case files: publish them where courts and borrowers find them."""
    from bot.commands import case

    run_with_settings(on_database(lambda settings: case.keys(settings, console(), rotate=rotate)))


@app.command("person")
def export_person(
    loan: Annotated[str, typer.Argument(help="The loan's number.")],
    out: Annotated[Path, typer.Option(help="The folder into which the archive is written.")],
    person: Annotated[
        int | None, typer.Option(help="Of the people around the loan, in the order of its card, the one it is about.")
    ] = None,
    also: Annotated[
        list[int] | None, typer.Option(help="Another with the same name and phone, as listed, who is the same person.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="With the files of their loans.")] = False,
) -> None:
    """Export all that is held of the borrower of a loan, or of a person around it, without the data of others."""
    from bot.commands import person as command

    run_with_settings(
        on_database(
            lambda settings: command.export(
                settings, console(), number=loan, folder=out, person=person, also=also or (), files=files
            )
        )
    )
