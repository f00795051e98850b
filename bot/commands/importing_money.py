"""`loandesk import` of the lender's payments and schedules: check a file row by row, import it, and report."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk, Office
from desk.importing.importing import RefusedRow
from desk.importing.money_columns import MoneyKind, read_money_header
from desk.importing.money_rows import InstalmentRow, PaymentRow, batches_of, read_instalment, read_payment
from desk.importing.payments import PaymentsResult, import_payments
from desk.importing.rows import UnknownColumn
from desk.importing.schedules import SchedulesResult, import_schedules
from desk.repayment.payment_feed import note_payments
from desk.repayment.payment_notices import report_file
from handlers.messages.block_kit.translator import Translator
from storage.engine.types import new_id
from storage.tables import Workspace

BATCH = 100
"""About how many rows a transaction has: few enough that others can write in between."""

Advance = Callable[[int], None]


class _DryRunError(Exception):
    """Rolls back a transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class MoneyRead:
    """The rows of a file with the refused ones, and its columns that are not imported."""

    kind: MoneyKind
    payments: list[PaymentRow]
    instalments: list[InstalmentRow]
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]

    def __len__(self) -> int:
        return len(self.payments) + len(self.instalments)


def read_money(kind: MoneyKind, first: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> MoneyRead:
    """Read the lines behind the `first` of a file of that kind. Raises as `read_money_header` does."""
    header = read_money_header(kind, first)
    read = MoneyRead(kind, [], [], [], _unknown(header.unknown))
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(first):
            fault = Invalid("import_cells", line=line, cells=len(cells), columns=len(first))
            read.refused.append(RefusedRow(line, (fault,)))
        elif kind == "payments":
            payment = read_payment(header, line, cells)
            if payment.number:
                read.payments.append(payment)
            else:
                read.refused.append(RefusedRow(line, payment.faults))
        else:
            instalment = read_instalment(header, line, cells)
            if instalment.number:
                read.instalments.append(instalment)
            else:
                read.refused.append(RefusedRow(line, instalment.faults))
    return read


@asynccontextmanager
async def batch_desk(office: Office, workspace: Workspace, *, dry_run: bool) -> AsyncIterator[Desk]:
    """Open the transaction of a batch, which a dry run writes and rolls back."""
    with suppress(_DryRunError):
        async with office.desk(workspace) as desk:
            yield desk
            if dry_run:
                await desk.session.flush()
                raise _DryRunError


async def import_payment_rows(
    office: Office, workspace: Workspace, rows: Iterable[PaymentRow], *, dry_run: bool, advance: Advance
) -> PaymentsResult:
    """Import payments in short transactions; each also tells who held calls that it ended, and the first that changed something
    is followed by the note that payments reach the desk: an import that is interrupted has done both for what it took."""
    result, file_id, noted = PaymentsResult(), new_id(), dry_run
    for batch in batches_of(rows, BATCH):
        async with batch_desk(office, workspace, dry_run=dry_run) as desk:
            await import_payments(desk, batch, result)
            if not dry_run:
                await report_file(desk, file_id, result.followed.ended)
                result.followed.ended.clear()
        if not noted and result.effects:
            async with office.desk(workspace) as desk:
                await note_payments(desk)
            noted = True
        advance(len(batch))
    return result


async def import_schedule_rows(
    office: Office, workspace: Workspace, rows: Iterable[InstalmentRow], *, dry_run: bool, advance: Advance
) -> SchedulesResult:
    """Import schedules in short transactions."""
    result = SchedulesResult()
    for batch in batches_of(rows, 10 * BATCH):
        async with batch_desk(office, workspace, dry_run=dry_run) as desk:
            await import_schedules(desk, batch, result)
        advance(len(batch))
    return result


def payments_summary(t: Translator, result: PaymentsResult, refused: int) -> list[str]:
    """Return what a report says of a file of payments, line by line."""
    counts = {
        t("new"): result.effects["new"],
        t("matched with what was recorded here"): result.effects["matched"],
        t("reversed"): result.effects["reversed"],
        t("unchanged"): result.effects["same"],
        t("paid before the schedule came"): result.effects["settled"],
        t("refused"): refused,
        t("follow-ups planned"): result.followed.planned,
        t("follow-ups closed"): result.followed.closed,
    }
    return [t("Payments: {counts}", counts=_joined(counts)), *_sums(t, result.sums)]


def schedules_summary(t: Translator, result: SchedulesResult, refused: int) -> list[str]:
    """Return what a report says of a file of schedules, line by line."""
    counts = {
        t("new"): result.effects["new"],
        t("replaced"): result.effects["replaced"],
        t("unchanged"): result.effects["same"],
        t("instalments"): result.instalments,
        t("refused rows"): refused,
        t("follow-ups planned"): result.followed.planned,
        t("follow-ups closed"): result.followed.closed,
    }
    return [t("Schedules: {counts}", counts=_joined(counts)), *_sums(t, result.sums)]


def _joined(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{words} {count}" for words, count in counts.items())


def _sums(t: Translator, sums: Mapping[str, Decimal]) -> list[str]:
    return [t("Sum: {amount}", amount=t.money(total, currency)) for currency, total in sorted(sums.items())]


def _unknown(places: Mapping[int, str | None]) -> tuple[UnknownColumn, ...]:
    return tuple(UnknownColumn(place + 1, heading) for place, heading in places.items() if heading is not None)
