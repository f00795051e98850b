"""The command line: `loandesk …`."""

import asyncio
import gc
import json
import logging
import os
import resource
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from typer.core import TyperGroup

from bot import logs

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
keys_app = typer.Typer(no_args_is_help=True, help="Encryption keys.")
app.add_typer(keys_app, name="keys")
files_app = typer.Typer(no_args_is_help=True, help="The bytes of files.")
app.add_typer(files_app, name="files")
audit_app = typer.Typer(no_args_is_help=True, help="The audit trail: who did and saw what.")
app.add_typer(audit_app, name="audit")


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
app.add_typer(case_app, name="case")

Command: TypeAlias = "Callable[[Settings], Coroutine[Any, Any, int]]"
"""What a command does with the settings. Returns the exit code."""


_COLLECTED = 100_000
"""After how many new objects the garbage collector looks through the newest, in a command that makes many."""


@cache
def console(*, stderr: bool = False) -> "Console":
    """Return the console, made when a command prints: a process that serves does not, and starts without it."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


@app.callback()
def begin() -> None:
    """Loan Desk: an auto-loan team's phone work in Slack."""
    os.umask(0o077)  # only the owner may read what a command writes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of the memory would have the keys


@app.command()
def when(
    phrase: Annotated[str, typer.Argument(help="A due time as people type it: 明天下午3点, fri 14:30.")],
    now: Annotated[
        str | None, typer.Option(help="The current time, ISO 8601 with an offset. Default: the clock.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The time zone of the phrase.")] = "Asia/Shanghai",
) -> None:
    """Show how a due time is read. The last line is the date, or date and time. Exit code 1: it cannot be read."""
    from desk.core.errors import Invalid
    from handlers.grammar.due import parse_due
    from handlers.messages.block_kit import elements
    from handlers.messages.block_kit.translator import Translator
    from handlers.messages.refusals.errors import refusal

    place = _zone(zone)
    try:
        due = parse_due(phrase, _instant(now), place)
    except Invalid as error:
        console(stderr=True).print(refusal(Translator(_language()), error, place).text)
        raise typer.Exit(1) from None
    console().print(elements.when(Translator(_language()), due, place))
    console().print(f"{due.at.astimezone(place):%Y-%m-%d %H:%M}" if due.at else f"{due.on}")


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

    _run_with_settings(_on_database(lambda settings: migrate_database(settings, serving_role)))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file, UTF-8 or GB18030. Columns: docs/import.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and save nothing.")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="The file's encoding, if it is another one: big5, cp1252, utf-16 …")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the report: zh or en. Default: the lender's.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Report every refused row, not only the first 100.")] = False,
    kind: Annotated[
        Literal["loans", "payments", "schedules"] | None,
        typer.Option(help="What the rows are. Default: what the first line says."),
    ] = None,
) -> None:
    """Import loans, payments or schedules from the lender's system. Exit code 1: some rows were refused, or the file cannot be
    read."""
    # Modules stay, and little of a row refers to itself: the collector would only look through both.
    gc.disable()
    from bot.commands.importing import run

    gc.freeze()
    gc.set_threshold(_COLLECTED)
    gc.enable()
    _run_with_settings(
        _on_database(
            lambda settings: run(
                settings, file, console(), language=language, dry_run=dry_run, encoding=encoding, every=every, kind=kind
            )
        )
    )


@app.command()
def reindex(
    every: Annotated[bool, typer.Option("--all", help="Index every borrower again, not only those who wait.")] = False,
) -> None:
    """Make this release's search entries at once. The worker does it too, in batches; this can be interrupted."""
    from bot.commands.reindexing import run

    _run_with_settings(_on_database(lambda settings: run(settings, console(), every=every)))


@app.command()
def retention(
    apply: Annotated[
        bool, typer.Option("--apply", help="Delete; without it, only show what would be deleted.")
    ] = False,
) -> None:
    """Show what is older than its period and why the rest is kept, or delete it in batches while the desk runs."""
    from bot.commands.retention import run

    _run_with_settings(_on_database(lambda settings: run(settings, console(), apply=apply)))


@app.command()
def doctor() -> None:
    """Check everything the desk needs, one line each. Exit code 1: something needs fixing."""
    from bot.commands.doctor import run
    from bot.settings import WrongSettingsError, read_settings

    try:
        settings = read_settings(with_keys=False)
    except WrongSettingsError as error:
        console().print(f"FIX  settings: {error} See .env.example.")
        raise typer.Exit(1) from None
    logs.configure(settings.log_format)
    raise typer.Exit(asyncio.run(run(settings, console())))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file, or a folder for a file named after the current time.")],
) -> None:
    """Back up the whole database to one file while the desk runs."""
    from bot.commands.backup import run

    _run_with_settings(_on_database(lambda settings: run(settings, target, console())))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `loandesk backup` wrote.")],
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Accept a backup of an earlier release, which has no signature.")
    ] = False,
    erased: Annotated[
        Path | None,
        typer.Option(help="The list erased.txt: what was deleted for good since the backup is deleted again."),
    ] = None,
) -> None:
    """Restore a backup into an empty database. No message is sent twice."""
    from bot.commands.restore import run

    _run_with_settings(lambda settings: run(settings, file, console(), unsigned=unsigned, erased=erased))


@app.command("manifest")
def print_manifest(
    url: Annotated[str | None, typer.Option(help="The URL at which Slack reaches the desk, https://….")] = None,
    socket: Annotated[bool, typer.Option("--socket", help="For Socket Mode, without a URL.")] = False,
    loan_links: Annotated[
        str, typer.Option(envvar="LOANDESK_LOAN_LINKS", help="Link pattern of your loan system, https://…/{number}.")
    ] = "",
    work_objects: Annotated[
        bool, typer.Option("--work-objects", help="Show those links as Work Objects with a side pane.")
    ] = False,
    public_url: Annotated[
        str,
        typer.Option(envvar="LOANDESK_PUBLIC_URL", help="The address of the page of files, if the desk takes files."),
    ] = "",
) -> None:
    """Print the Slack app manifest for HTTP or for Socket Mode."""
    from bot.manifest import manifest
    from handlers.loan_links import LoanLinks

    if (url is None) is not socket:
        raise typer.BadParameter("give --url, or --socket for Socket Mode", param_hint="--url")
    if url is not None and not url.startswith(("https://", "http://")):
        raise typer.BadParameter("write it like https://desk.example.com", param_hint="--url")
    try:
        domain = LoanLinks(loan_links).domain if loan_links else ""
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--loan-links") from None
    if work_objects and not domain:
        raise typer.BadParameter("give --loan-links too", param_hint="--work-objects")
    written = manifest(url, links_domain=domain, work_objects=work_objects, files=bool(public_url))
    console().print(json.dumps(written, indent=2, ensure_ascii=False))


@app.command()
def demo(
    tour: Annotated[
        bool, typer.Option("--tour", help="Run a scripted morning without a browser, and check it.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8420,
    socket: Annotated[bool, typer.Option("--socket", help="Use Socket Mode instead of HTTP.")] = False,
) -> None:
    """Try the desk in a local workspace with a page in the browser."""
    from bot.demo.live import run_demo
    from bot.demo.tour import run_tour

    logs.configure("text", level=logging.WARNING)
    raise typer.Exit(asyncio.run(run_tour(socket=socket) if tour else run_demo(port, socket=socket)))


@keys_app.command("new")
def new_keys(
    file: Annotated[
        Path | None, typer.Option(help="A new file for LOANDESK_KEY_FILE, which its owner alone may read.")
    ] = None,
) -> None:
    """Print new keys for the environment, or write them to a file."""
    from bot.commands import key_files

    raise typer.Exit(key_files.new(file and file.absolute(), console()))


@keys_app.command("list")
def list_keys() -> None:
    """List the keys: where they come from, their ids and check values. No key is shown."""
    from bot.commands import key_files

    _run_with_settings(lambda settings: key_files.list_keys(settings, console()))


@keys_app.command("add")
def add_key() -> None:
    """Add a key of a higher id to the file of LOANDESK_KEY_FILE, or print one for the environment. Rotate afterwards."""
    from bot.commands import key_files

    _run_with_settings(_on_database(lambda settings: key_files.add(settings, console())))


@keys_app.command("remove")
def remove_key(number: Annotated[int, typer.Argument(help="The id of an older key that nothing needs.")]) -> None:
    """Take an older key out of the file of LOANDESK_KEY_FILE, once everything was rotated."""
    from bot.commands import key_files

    _run_with_settings(_on_database(lambda settings: key_files.remove(settings, number, console())))


@keys_app.command("wrap")
def wrap_keys(target: Annotated[Path, typer.Argument(help="A new file, for LOANDESK_KEY_FILE.")]) -> None:
    """Write the keys to a file, wrapped by a new key in the KMS of LOANDESK_PKCS11_MODULE. No row changes."""
    from bot.commands import key_files

    _run_with_settings(_on_database(lambda settings: key_files.wrap_keys(settings, target.absolute(), console())))


@keys_app.command("rewrap")
def rewrap_keys() -> None:
    """Wrap the keys in the file with a new key in the KMS. No row changes."""
    from bot.commands import key_files

    _run_with_settings(_on_database(lambda settings: key_files.rewrap(settings, console())))


@keys_app.command("rotate")
def rotate_keys() -> None:
    """Encrypt everything with the key of the highest id while the desk runs. It can be interrupted and run again."""
    from bot.commands.keys import run

    _run_with_settings(_on_database(lambda settings: run(settings, console())))


@files_app.command("copy")
def copy_files(
    source: Annotated[str, typer.Option("--from", help="The folder or bucket, s3://…, that has the files now.")],
) -> None:
    """Copy the files to the place that LOANDESK_FILES names, while the desk runs. It can be interrupted and run again."""
    from bot.commands.copying_files import run

    _run_with_settings(_on_database(lambda settings: run(settings, source, console())))


@audit_app.command("verify")
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
    _run_with_settings(_on_database(lambda settings: audit.verify(settings, console(), heads=heads)))


@audit_app.command("list")
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

    begin = _instant(since, "--since") if since is not None else None
    _run_with_settings(
        _on_database(
            lambda settings: audit.list_entries(settings, console(), loan=loan, member=member, since=begin, limit=limit)
        )
    )


@audit_app.command("export")
def export_audit(target: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Write the sealed trail to a file that anyone can verify without the database and the keys."""
    from bot.commands import audit

    _run_with_settings(_on_database(lambda settings: audit.export(settings, target, console())))


@audit_app.command("proof")
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
    _run_with_settings(_on_database(lambda settings: run(settings, out, console(), month=first, language=language)))


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
    _run_with_settings(
        _on_database(
            lambda settings: case.export(
                settings, console(), number=loan, folder=out, languages=languages, purpose=purpose, parts=parts
            )
        )
    )


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

    _run_with_settings(
        _on_database(
            lambda settings: command.export(
                settings, console(), number=loan, folder=out, person=person, also=also or (), files=files
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

    _run_with_settings(_on_database(lambda settings: case.keys(settings, console(), rotate=rotate)))


def _run_process(command: Literal["serve", "socket", "worker"]) -> None:
    # What is imported stays, so the collector would only look through it, for a fifth of a start. `run` enables it.
    gc.disable()
    from bot.commands.serving import run

    _run_with_settings(lambda settings: run(settings, command))


def _run_with_settings(run: Command) -> None:
    from bot.settings import CannotStartError, WrongSettingsError, read_settings

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
    except Exception:  # the operator reads one line; the log has the kind and the place
        logs.structlog.get_logger().exception("mishap")
        console(stderr=True).print("Something went wrong in Loan Desk itself. The log line above says what and where.")
        code = 1
    raise typer.Exit(code)


def _on_database(run: Command) -> Command:
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


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(
            f"there is no zone {name!r}; write it like Asia/Shanghai", param_hint="--zone"
        ) from None


def _instant(text: str | None, option: str = "--now") -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise typer.BadParameter("write it like 2026-11-25T10:00+08:00", param_hint=option)
    return instant


def _language() -> str:
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"


if __name__ == "__main__":
    app()
