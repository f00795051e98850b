"""`loandesk import`: check a lender's CSV file row by row and import its loans, or try it in a dry run."""

import asyncio
import csv
import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from bot.commands.importing_money import (
    MoneyRead,
    batch_desk,
    import_payment_rows,
    import_schedule_rows,
    payments_summary,
    read_money,
    schedules_summary,
)
from bot.settings import Settings
from desk.core.clock import SystemClock
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.operator_acts import record_act
from desk.core.transaction import Office
from desk.importing.ahead import Batch, BatchesAhead
from desk.importing.decoding import decode, delimiter_of
from desk.importing.file_rows import FileRows
from desk.importing.importing import Carried, Effect, ImportResult, RefusedRow, import_batch, numbers_of
from desk.importing.money_columns import FileKind, kind_of
from desk.importing.rows import ImportRow, UnknownColumn, read_header
from desk.importing.updating import Remark
from handlers.messages.block_kit.translator import Translator
from handlers.messages.importing import explain_remark, unknown_columns
from handlers.messages.refusals.importing import explain_file, explain_row
from storage.engine.database import Database
from storage.queries.people import workspaces
from storage.tables import Workspace

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

NAMES_SHOWN = 5
"""How many names a dry run shows."""

REFUSED_SHOWN = 100
"""How many refused rows a report names. They are not imported, so nothing is lost: the next run names them again."""


@dataclass(slots=True)
class Outcome:
    """What an import did, or in a dry run would do."""

    rows: int = 0
    effects: Counter[Effect] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    lacking: list[Remark] = field(default_factory=list)
    planned: int = 0
    closed: int = 0
    passed_on: int = 0

    def add(self, result: ImportResult) -> None:
        """Add what a batch did."""
        self.effects += result.effects
        self.refused += result.refused
        self.remarks += result.remarks
        self.lacking += result.lacking
        self.planned += result.plans.planned
        self.closed += result.plans.closed
        self.passed_on += result.plans.passed_on


@dataclass(frozen=True, slots=True)
class FileRead:
    """The rows of a file with the refused ones, and its columns that are not imported."""

    rows: FileRows
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file, and the SHA-256 of its bytes."""

    text: str
    sha256: str


def read_file(path: Path, encoding: str | None = None) -> FileText:
    """Return the text of a file, which is read once: a pipe gives its bytes only once.

    Raise Invalid: `import_unreadable` (no such file, or one that cannot be opened), and as `decoding.decode` does.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid("import_unreadable", given=str(path), why=error.strerror or "") from None
    return FileText(decode(content, given=str(path), encoding=encoding), hashlib.sha256(content).hexdigest())


def read_rows(text: str, workspace: Workspace, office: Office) -> tuple[list[ImportRow], list[RefusedRow]]:
    """Return the rows of `read_table`, and the refused ones."""
    read = read_table(text, workspace, office)
    return list(read.rows), read.refused


def read_table(text: str, workspace: Workspace, office: Office) -> FileRead:
    """Read a CSV text. A row with faults is among the rows: the import refuses it with what else is wrong.

    Raise Invalid when it is no table of loans: `import_not_csv`, `import_quotes`, `import_column_missing`,
    `import_column_twice`.
    """
    today = office.clock.now().astimezone(ZoneInfo(workspace.zone)).date()
    lines = _lines(text)
    _, first = next(lines, (0, []))
    if len(first) < 2:
        raise Invalid("import_not_csv")
    header = read_header(first)
    rows = FileRows(header, today=today, region=workspace.country or "CN")
    refused: list[RefusedRow] = []
    filled: set[int] = set()
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        filled.update(place for place in header.unknown if place < len(cells) and cells[place].strip())
        if len(cells) != len(first):
            error = Invalid("import_cells", line=number, cells=len(cells), columns=len(first))
            refused.append(RefusedRow(number, (error,)))
            continue
        rows.add(number, cells)
    refused += rows.close()
    unknown = tuple(
        UnknownColumn(place + 1, heading)
        for place, heading in header.unknown.items()
        if heading is not None or place in filled
    )
    return FileRead(rows, sorted(refused, key=lambda row: row.line), unknown)


async def import_loans(
    office: Office, workspace: Workspace, rows: Collection[ImportRow], *, dry_run: bool, advance: Callable[[int], None]
) -> Outcome:
    """Import the rows in short transactions, and call `advance` with the size of each. A dry run rolls them back."""
    outcome = Outcome(rows=len(rows))
    numbers = rows.numbers if isinstance(rows, FileRows) else numbers_of(rows)
    ahead = BatchesAhead(office, workspace, rows)
    carried = Carried()
    following = await ahead.next()
    while batch := following:
        writing = asyncio.ensure_future(_write(office, workspace, batch, numbers, carried, dry_run=dry_run))
        try:
            following = await ahead.next()  # while the database works
        finally:
            result, seconds = await writing
        ahead.follow(batch, result, seconds)
        outcome.add(result)
        outcome.effects += Counter[Effect]({"same": batch.unchanged})
        advance(batch.unchanged + len(batch.rows))
    return outcome


async def _write(
    office: Office,
    workspace: Workspace,
    batch: Batch,
    numbers: Collection[str],
    carried: Carried,
    *,
    dry_run: bool,
) -> tuple[ImportResult, float]:
    """Import a batch. Return the result, and how long the transaction took, in seconds."""
    result, began = ImportResult(), time.perf_counter()
    if not batch.rows:
        return result, 0.0
    async with batch_desk(office, workspace, dry_run=dry_run) as desk:
        began = time.perf_counter()
        result = await import_batch(desk, batch.rows, numbers=numbers, prospects=batch.prospects, carried=carried)
    return result, time.perf_counter() - began


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    # Line by line: StringIO would take four bytes for each character of the file.
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), delimiter=delimiter_of(text), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise Invalid("import_quotes", line=reader.line_num) from None


async def run(
    settings: Settings,
    file: Path,
    console: Console,
    *,
    dry_run: bool,
    language: str | None = None,
    encoding: str | None = None,
    every: bool = False,
    kind: FileKind | None = None,
) -> int:
    """Import a file and report in `language`, or else in the lender's; with `every`, name all refused rows, and not only the
    first. What the rows are is told by the first line, or by `kind`. Return 0 when every row was imported, else 1."""
    t = Translator(language or "en")
    database = Database(settings.database_url.get_secret_value(), writes_much=True)
    office = Office(database=database, cipher=settings.cipher(), clock=SystemClock())
    try:
        async with database.reading() as session:
            workspace = next(iter(await workspaces.every(session)), None)
        if workspace is None:
            console.print(t("The desk isn't installed in a workspace yet. Run loandesk serve once first."))
            return 1
        t = Translator(language or workspace.locale)
        given = read_file(file, encoding)
        if not dry_run:
            await record_act(office, "import", file=file.name, sha256=given.sha256)
        read = _read(given.text, kind, workspace, office)
        del given  # twice the size of the file
        if isinstance(read, MoneyRead):
            return await _import_money(t, office, workspace, console, read, dry_run=dry_run, every=every)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(t("Importing"), total=len(read.rows))
            outcome = await import_loans(
                office, workspace, read.rows, dry_run=dry_run, advance=lambda n: progress.advance(task, n)
            )
        outcome.refused = sorted([*outcome.refused, *read.refused], key=lambda row: row.line)
        _report(t, read, outcome, console, dry_run=dry_run, every=every)
        return 1 if outcome.refused else 0
    except DeskError as error:
        _say(console, explain_file(t, error))
        return 1
    finally:
        await database.close()


def _read(text: str, kind: FileKind | None, workspace: Workspace, office: Office) -> FileRead | MoneyRead:
    """Return the rows of a file, which keep nothing of its text."""
    lines = _lines(text)
    _, first = next(lines, (0, list[str]()))
    found = kind or kind_of(first)
    return read_table(text, workspace, office) if found == "loans" else read_money(found, first, lines)


async def _import_money(
    t: Translator,
    office: Office,
    workspace: Workspace,
    console: Console,
    read: MoneyRead,
    *,
    dry_run: bool,
    every: bool,
) -> int:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(t("Importing"), total=len(read))

        def advance(n: int) -> None:
            progress.advance(task, n)

        if read.kind == "payments":
            paid = await import_payment_rows(office, workspace, read.payments, dry_run=dry_run, advance=advance)
            refused = [*paid.refused, *read.refused]
            summary = payments_summary(t, paid, len(refused))
        else:
            given = await import_schedule_rows(office, workspace, read.instalments, dry_run=dry_run, advance=advance)
            refused = [*given.refused, *read.refused]
            summary = schedules_summary(t, given, len(refused))
    if read.unknown:
        _say(console, unknown_columns(t, read.unknown))
    _report_refused(t, sorted(refused, key=lambda row: row.line), console, every=every)
    for line in summary:
        _say(console, line)
    if dry_run:
        console.print(t("Dry run: nothing was saved."))
    return 1 if refused else 0


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


def _report(t: Translator, read: FileRead, outcome: Outcome, console: Console, *, dry_run: bool, every: bool) -> None:
    if read.unknown:
        _say(console, unknown_columns(t, read.unknown))
    if dry_run and (names := sample_names(read.rows)):
        _say(console, t("Names as they were read: {names}", names=t(", ").join(names)))
    _report_refused(t, outcome.refused, console, every=every)
    for remark in sorted([*outcome.remarks, *outcome.lacking], key=lambda each: each.line):
        said = explain_remark(t, remark)
        _say(console, t("Line {line} · {loan} · {remark}", line=remark.line, loan=remark.number, remark=said))
    counts = {
        t("new"): outcome.effects["new"],
        t("changed"): outcome.effects["changed"],
        t("taken over"): outcome.effects["taken_over"],
        t("unchanged"): outcome.effects["same"],
        t("refused"): len(outcome.refused),
        t("follow-ups planned"): outcome.planned,
        t("follow-ups closed"): outcome.closed,
        t("follow-ups given to a new owner"): outcome.passed_on,
    }
    console.print(" · ".join(f"{words} {count}" for words, count in counts.items()))
    if dry_run:
        console.print(t("Dry run: nothing was saved."))


def sample_names(rows: Iterable[ImportRow]) -> list[str]:
    """Return a few names of a file, those first that show whether its encoding was understood."""
    names = dict.fromkeys(row.name for row in rows if row.name)
    return sorted(names, key=str.isascii)[:NAMES_SHOWN]


def _say(console: Console, text: str) -> None:
    """Print a text that a file or a person wrote parts of: not read as markup."""
    console.print(Text(text))
