"""Import a file as `loandesk import` does, and what its report says."""

from collections.abc import Callable

from bot.commands.importing import today_at
from desk.core.transaction import Office
from desk.importing.batches import Outcome, import_content, import_loans
from desk.importing.file_contents import FileRead, read_loans, read_money
from desk.importing.payments import PaymentsResult
from desk.importing.reading.tables import How, read_file
from desk.importing.results import RefusedRow
from desk.importing.rows import ImportRow
from desk.importing.schedules import SchedulesResult
from handlers.messages.block_kit.translator import Translator
from handlers.messages.importing import explain_remark
from handlers.messages.refusals.importing import explain_row
from storage.tables import Workspace

HEADER = "number,name,phone,stage,owner"


def read_table(text: str, workspace: Workspace, office: Office) -> FileRead:
    """Read a file of loans, as the lender's day and country have it."""
    table = read_file(text.encode(), "loans.csv", How(kind="loans"))
    return read_loans(table, today=today_at(workspace, office), region=workspace.country or "CN")


def read_rows(text: str, workspace: Workspace, office: Office) -> tuple[list[ImportRow], list[RefusedRow]]:
    """Return the rows of a file of loans, and the refused ones."""
    read = read_table(text, workspace, office)
    return list(read.rows), read.refused


async def bring_in(office: Office, workspace: Workspace, text: str, *, dry_run: bool = False) -> Outcome:
    """Import a whole file."""
    read = read_table(text, workspace, office)
    outcome = await import_loans(office, workspace, read.rows, dry_run=dry_run, advance=lambda _: None)
    outcome.refused += read.refused
    return outcome


async def bring_rows(office: Office, workspace: Workspace, *rows: str, header: str = HEADER) -> Outcome:
    """Import rows below a header."""
    return await bring_in(office, workspace, "\n".join([header, *rows, ""]))


def refusals(outcome: Outcome | PaymentsResult | SchedulesResult, language: str = "en") -> list[str]:
    """Return each fault of each refused row with its line."""
    t = Translator(language)
    rows = sorted(outcome.refused, key=lambda row: row.line)
    return [f"{row.line} {explain_row(t, error)}" for row in rows for error in row.errors]


def remarks(outcome: Outcome, language: str = "en") -> list[str]:
    """Return what people should know of imported rows, each with the loan's number."""
    t = Translator(language)
    return [f"{remark.number} {explain_remark(t, remark)}" for remark in outcome.remarks]


def _go_on(_: int) -> None:
    """Do nothing after a batch."""


async def bring_money(
    office: Office, workspace: Workspace, *rows: str, dry_run: bool = False, advance: Callable[[int], None] = _go_on
) -> PaymentsResult | SchedulesResult:
    """Import a file of payments or of schedules; the first row is its first line. `advance` is called after each batch."""
    read = read_money(read_file("\n".join(rows).encode(), "money.csv"))
    result = await import_content(office, workspace, read, dry_run=dry_run, advance=advance)
    assert isinstance(result, PaymentsResult | SchedulesResult)
    return result
