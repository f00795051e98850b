"""`loandesk import`: check a lender's file row by row and import it, or try it in a dry run."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from bot.commands.import_options import Options, read_table
from bot.commands.import_reports import check_refused_file, rows_in_words, write_refused
from bot.offices import one_workspace
from bot.progress_bar import progress_bar
from bot.settings import Settings
from desk.core.clock import SystemClock
from desk.core.errors import DeskError
from desk.core.operator_acts import record_act
from desk.core.transaction import Office
from desk.importing.batches import Outcome, Result, counts_of, import_content
from desk.importing.file_contents import Content, read_content
from desk.importing.progress import Held, names_of
from desk.importing.reading.how_far import Tell
from desk.importing.reading.source import Source
from desk.importing.results import RefusedRow
from desk.importing.working import begin_by_operator, carry_out
from handlers.messages.block_kit.translator import Translator
from handlers.messages.import_counts import counts_in_words, kind_in_words, sums_in_words
from handlers.messages.importing import explain_remark, reading_in_words, unknown_columns
from handlers.messages.refusals.importing import explain_file, explain_row
from storage.engine.database import Database
from storage.tables import Workspace

NO_OPTIONS = Options()
"""What an operator typed who typed a file alone."""

REFUSED_SHOWN = 100
"""How many refused rows a report names. They are not imported, so nothing is lost: the next run names them again."""


def today_at(workspace: Workspace, office: Office) -> date:
    """Return the date in the lender's time zone."""
    return office.clock.now().astimezone(ZoneInfo(workspace.zone)).date()


async def run(settings: Settings, file: Path, console: Console, options: Options = NO_OPTIONS) -> int:
    """Import a file and report. Return 0 when every row was imported, else 1."""
    t = Translator(options.language or "en")
    database = Database(settings.database_url.get_secret_value(), writes_much=True)
    office = Office(database=database, cipher=settings.cipher(), clock=SystemClock())
    try:
        workspace = await one_workspace(office)
        if workspace is None:
            console.print(t("The desk isn't installed in a workspace yet. Run loandesk serve once first."))
            return 1
        t = Translator(options.language or workspace.locale)
        check_refused_file(file, options.refused_file)
        source, content = await _read(t, office, workspace, file, options, console)
        refused = await _try_and_import(t, office, workspace, source, content, options, console)
        if options.refused_file is not None and refused:
            write_refused(t, options.refused_file, content, refused)
            written = str(options.refused_file)
            _say(console, t("The refused rows are in {file}. Mend them there and import it.", file=written))
        return 1 if refused else 0
    except DeskError as error:
        _say(console, explain_file(t, error))
        return 1
    finally:
        await database.close()


async def _read(
    t: Translator, office: Office, workspace: Workspace, file: Path, options: Options, console: Console
) -> tuple[Source, Content]:
    """Read a file, and report how it was read. Raises as `read_table` does."""
    with _how_far(t, console) as tell:
        table, never = await read_table(office, workspace, file, options, tell=tell)
        today, region = today_at(workspace, office), workspace.country or "CN"
        content = read_content(table, today=today, region=region, zone=ZoneInfo(workspace.zone))
    for line in (
        *(t("{heading}: nothing was said of it", heading=each) for each in never),
        *reading_in_words(t, table.reading),
    ):
        _say(console, line)
    return table.source, content


@contextmanager
def _how_far(t: Translator, console: Console) -> Generator[Tell]:
    """Show how much of a file is read, and yield what is called with the percent."""
    with progress_bar(console) as progress:
        task = progress.add_task(t("Reading"), total=100)
        yield lambda percent: progress.update(task, completed=percent)


async def _try_and_import(
    t: Translator,
    office: Office,
    workspace: Workspace,
    source: Source,
    content: Content,
    options: Options,
    console: Console,
) -> Sequence[RefusedRow]:
    """Try a file, import it, or both, and report. Return its refused rows."""
    dry_run, every = options.dry_run, options.every
    tries = dry_run or not options.good_rows
    result = await _import(t, office, workspace, content, console, dry_run=True, every=every) if tries else None
    stops = result is not None and bool(result.refused)
    if result is None or not (dry_run or stops):
        held = await _recorded(office, workspace, Path(source.given).name, source.sha256(), content)
        result = await _import(t, office, workspace, content, console, dry_run=False, held=held, every=every)
    _report(t, content, result, console, dry_run=dry_run or stops, every=every)
    if dry_run:
        console.print(t("Dry run: nothing was saved."))
    elif stops:
        console.print(t("Nothing was imported, because rows were refused. --good-rows imports the others."))
    return result.refused


async def _recorded(office: Office, workspace: Workspace, name: str, sha256: str, content: Content) -> Held:
    """Record that the operator imports a file, in the audit trail and among the imports."""
    await record_act(office, "import", workspace, file=name, sha256=sha256)
    async with office.desk(workspace) as desk:
        return await begin_by_operator(desk, name, sha256, content)


async def _import(
    t: Translator,
    office: Office,
    workspace: Workspace,
    content: Content,
    console: Console,
    *,
    dry_run: bool,
    held: Held | None = None,
    every: bool = False,
) -> Result:
    """Import a file, recorded as `held` says, or try it."""
    with progress_bar(console) as progress:
        task = progress.add_task(t("Trying") if dry_run else t("Importing"), total=len(content))

        def advance(n: int) -> None:
            progress.advance(task, n)

        if held is not None:
            return await carry_out(office, workspace, held, content, advance=advance, every=every)
        return await import_content(office, workspace, content, dry_run=dry_run, advance=advance, every=every)


def _report_refused(t: Translator, refused: Sequence[RefusedRow], console: Console, *, every: bool) -> None:
    named = refused if every else refused[:REFUSED_SHOWN]
    for row in named:
        for error in row.errors:
            _say(console, t("Line {line} refused · {reason}", line=row.line, reason=explain_row(t, error)))
    if left := len(refused) - len(named):
        console.print(
            t.n(
                "{n} more row was refused. Run the command with --all to see it.",
                "{n} more rows were refused. Run the command with --all to see every one.",
                left,
            )
        )


def _report(t: Translator, content: Content, result: Result, console: Console, *, dry_run: bool, every: bool) -> None:
    if content.unknown:
        _say(console, unknown_columns(t, content.unknown))
    if dry_run and (names := names_of(content)):
        _say(console, t("Names as they were read: {names}", names=t(", ").join(names)))
    _report_refused(t, result.refused, console, every=every)
    if isinstance(result, Outcome):
        for remark in sorted([*result.remarks, *result.lacking], key=lambda each: each.line):
            said = explain_remark(t, remark)
            _say(console, t("Line {line} · {loan} · {remark}", line=remark.line, loan=remark.number, remark=said))
        if result.unnamed:
            console.print(
                t.n(
                    "{n} more remark. Run the command with --all to see it.",
                    "{n} more remarks. Run the command with --all to see every one.",
                    result.unnamed,
                )
            )
    done = counts_of(result)
    counts = counts_in_words(t, content.kind, {**done.counts, "refused": len(result.refused)})
    if content.kind == "payments":
        counts = t("Payments: {counts}", counts=counts)
    elif content.kind == "schedules":
        counts = t("Schedules: {counts}", counts=counts)
    elif content.kind != "loans":
        counts = f"{kind_in_words(t, content.kind)} · {counts}"
    if dry_run:
        for line in rows_in_words(t, content, result):
            _say(console, line)
    for line in (counts, *sums_in_words(t, done.sums)):
        _say(console, line)


def _say(console: Console, text: str) -> None:
    """Print a text that a file or a person wrote parts of: not read as markup."""
    console.print(Text(text))
