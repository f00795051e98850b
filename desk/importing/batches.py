"""Import the rows of a file in short transactions, so that others go on working, or try it: a dry run rolls each back."""

import asyncio
import time
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import field, replace
from decimal import Decimal
from typing import Protocol, TypeVar
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk, Office
from desk.importing.ahead import Batch, BatchesAhead
from desk.importing.file_contents import Content, FileRead, PastRead
from desk.importing.file_rows import FileRows
from desk.importing.importing import Carried, import_batch, numbers_of
from desk.importing.money_rows import InstalmentRow, PaymentRow, Row, batches_of
from desk.importing.new_loan_notices import Told, report_new_loans
from desk.importing.past_records import PastResult, import_past
from desk.importing.past_rows import PastRow
from desk.importing.payments import PaymentsResult, import_payments
from desk.importing.results import Effect, ImportResult, RefusedRow
from desk.importing.rows import ImportRow
from desk.importing.schedules import SchedulesResult, import_schedules
from desk.importing.taken_rows import NAMED, TakenRows
from desk.importing.updating import Remark
from desk.repayment.payment_feed import note_payments
from desk.repayment.payment_notices import report_file
from storage.engine.types import new_id
from storage.tables import Workspace

BATCH = 100
"""About how many rows of money a transaction has: few enough that others can write in between."""

Advance = Callable[[int], None]
"""Called behind each batch with its number of rows."""


@dataclass(frozen=True, slots=True)
class BatchDone:
    """What a transaction did with so many rows of a file: counts by code, sums by currency, the refused rows, and what people
    should know of others."""

    rows: int
    counts: Mapping[str, int]
    refused: Sequence[RefusedRow] = ()
    remarks: Sequence[Remark] = ()
    sums: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal], repr=False)


class Progress(Protocol):
    """What is known of an import while it runs. `file_id` names the file in messages, `done` rows are imported already."""

    @property
    def file_id(self) -> UUID: ...

    @property
    def done(self) -> int: ...

    async def record(self, desk: Desk, batch: BatchDone) -> None:
        """Record a batch in its own transaction, which is rolled back where this raises."""
        ...

    async def note_tried(self, rows: int) -> None:
        """Note that so many more rows were tried. No transaction is open."""
        ...


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """The progress of an import that begins at the first row, and of which nothing is recorded."""

    file_id: UUID = field(default_factory=new_id)
    done: int = 0

    async def record(self, desk: Desk, batch: BatchDone) -> None:
        """Record nothing."""

    async def note_tried(self, rows: int) -> None:
        """Note nothing."""


@dataclass(slots=True)
class Outcome:
    """What an import of loans did, or in a dry run would do."""

    rows: int = 0
    effects: Counter[Effect] = field(default_factory=Counter["Effect"])
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])
    remarks: list[Remark] = field(default_factory=list[Remark])
    lacking: list[Remark] = field(default_factory=list[Remark])
    planned: int = 0
    closed: int = 0
    passed_on: int = 0
    tried: TakenRows = field(default_factory=TakenRows)
    """In a dry run what would become of the rows that are not unchanged."""
    most: int | None = None
    """How many remarks of each sort are kept, None: every one."""
    unnamed: int = 0
    """How many more there are."""

    def add(self, result: ImportResult) -> None:
        """Add what a batch did."""
        self.effects += result.effects
        self.refused += result.refused
        for kept, new in ((self.remarks, result.remarks), (self.lacking, result.lacking)):
            some = new if self.most is None else new[: max(0, self.most - len(kept))]
            kept += some
            self.unnamed += len(new) - len(some)
        self.planned += result.plans.planned
        self.closed += result.plans.closed
        self.passed_on += result.plans.passed_on


Result = Outcome | PaymentsResult | SchedulesResult | PastResult
"""What an import did, whatever the kind of its file."""


class _DryRunError(Exception):
    """Rolls back a transaction of a dry run."""


@asynccontextmanager
async def batch_desk(office: Office, workspace: Workspace, *, dry_run: bool) -> AsyncGenerator[Desk]:
    """Open the transaction of a batch, which a dry run writes and rolls back."""
    with suppress(_DryRunError):
        async with office.desk(workspace) as desk:
            yield desk
            if dry_run:
                await desk.session.flush()
                raise _DryRunError


async def import_content(
    office: Office,
    workspace: Workspace,
    content: Content,
    *,
    dry_run: bool,
    advance: Advance,
    progress: Progress | None = None,
    every: bool = False,
) -> Result:
    """Import the rows of a file, whatever its kind. The result has the rows too that were refused when it was read; of a dry run
    it names the first that would be taken, or `every` one."""
    run = BatchRun(office, workspace, advance, progress or Unrecorded(), dry_run, content, every)
    if isinstance(content, FileRead):
        result: Result = await import_loans(
            office, workspace, content.rows, dry_run=dry_run, advance=advance, progress=progress, every=every
        )
    elif isinstance(content, PastRead):
        result = await import_past_rows(run, content)
    elif content.kind == "payments":
        result = await import_payment_rows(run, content.payments)
    else:
        result = await import_schedule_rows(run, content.instalments)
    result.refused = sorted([*result.refused, *content.refused], key=lambda row: row.line)
    return result


async def import_loans(
    office: Office,
    workspace: Workspace,
    rows: Collection[ImportRow],
    *,
    dry_run: bool,
    advance: Advance,
    progress: Progress | None = None,
    every: bool = False,
) -> Outcome:
    """Import loans in short transactions, and call `advance` with the size of each. Owners of new ones are told once a file."""
    most, progress = None if every else NAMED, progress or Unrecorded()
    outcome = Outcome(rows=len(rows), tried=TakenRows(most), most=most)
    numbers = rows.numbers if isinstance(rows, FileRows) else numbers_of(rows)
    ahead = BatchesAhead(office, workspace, rows, begin_at=progress.done)
    writer = _LoanWriter(office, workspace, numbers, progress, dry_run)
    following = await ahead.next()
    while batch := following:
        writing = asyncio.ensure_future(writer.write(batch))
        try:
            following = await ahead.next()  # while the database works
        finally:
            result, seconds = await writing
        ahead.follow(batch, result, seconds)
        outcome.add(result)
        if dry_run:
            outcome.tried.add(result.taken)
            await progress.note_tried(batch.unchanged + len(batch.rows))
        outcome.effects += Counter[Effect]({"same": batch.unchanged})
        advance(batch.unchanged + len(batch.rows))
    await writer.finish()
    return outcome


class _LoanWriter:
    """Writes the batches of a file of loans. Rows that need no transaction are recorded with the next that has one."""

    def __init__(
        self, office: Office, workspace: Workspace, numbers: Container[str], progress: Progress, dry_run: bool
    ) -> None:
        self._office, self._workspace, self._numbers = office, workspace, numbers
        self._progress, self._dry_run = progress, dry_run
        self._carried, self._told = Carried(), Told()
        self._unrecorded = 0

    async def write(self, batch: Batch) -> tuple[ImportResult, float]:
        """Import a batch. Return the result, and how long the transaction took, in seconds."""
        result, began = ImportResult(), time.perf_counter()
        self._unrecorded += batch.unchanged
        if not batch.rows:
            return result, 0.0
        async with batch_desk(self._office, self._workspace, dry_run=self._dry_run) as desk:
            began = time.perf_counter()
            result = await import_batch(
                desk, batch.rows, numbers=self._numbers, prospects=batch.prospects, carried=self._carried
            )
            if not self._dry_run:
                await report_new_loans(desk, self._progress.file_id, result.new_by_owner, self._told)
                await self._progress.record(desk, _loans_done(result, len(batch.rows), self._unrecorded))
        self._unrecorded = 0
        return result, time.perf_counter() - began

    async def finish(self) -> None:
        """Record the unchanged rows behind the last transaction."""
        if self._unrecorded and not self._dry_run and not isinstance(self._progress, Unrecorded):
            async with self._office.desk(self._workspace) as desk:
                await self._progress.record(desk, _loans_done(ImportResult(), 0, self._unrecorded))


def _loans_done(result: ImportResult, rows: int, unchanged: int) -> BatchDone:
    remarks = (*result.remarks, *result.lacking)
    return BatchDone(rows + unchanged, loan_counts(result, unchanged), result.refused, remarks)


def loan_counts(result: ImportResult | Outcome, unchanged: int = 0) -> Mapping[str, int]:
    """Return what became of loans as counts by code, with `unchanged` rows that needed no look."""
    plans = result.plans if isinstance(result, ImportResult) else result
    counts = Counter[str](result.effects)
    unnamed = result.unnamed if isinstance(result, Outcome) else 0
    counts += Counter({"same": unchanged, "remarks": len(result.remarks) + len(result.lacking) + unnamed})
    return counts + Counter({"planned": plans.planned, "closed": plans.closed, "passed_on": plans.passed_on})


def counts_of(result: Result, rows: int = 0) -> BatchDone:
    """Return the counts of a whole file, or of a batch of so many rows of what is no loan."""
    match result:
        case Outcome():
            return BatchDone(result.rows, loan_counts(result), result.refused, (*result.remarks, *result.lacking))
        case PastResult():
            return BatchDone(rows, Counter[str](result.effects), result.refused)
        case PaymentsResult():
            counts = Counter[str](result.effects)
        case SchedulesResult():
            counts = Counter[str](result.effects) + Counter({"instalments": result.instalments})
    followed = Counter({"planned": result.followed.planned, "closed": result.followed.closed})
    return BatchDone(rows, counts + followed, result.refused, sums=result.sums)


Other = TypeVar("Other", PaymentsResult, SchedulesResult, PastResult)


@dataclass(frozen=True, slots=True)
class BatchRun:
    """An import of rows that are no loans, batch after batch."""

    office: Office
    workspace: Workspace
    advance: Advance
    progress: Progress
    dry_run: bool
    content: Content
    every: bool = False

    async def batches(
        self,
        batches: Iterable[list[Row]],
        make: Callable[[], Other],
        do: Callable[[Desk, list[Row], Other], Awaitable[None]],
        behind: Callable[[Other], Awaitable[None]] | None = None,
    ) -> Other:
        """Do what is left of the batches, each in its own transaction, and `behind` each what needs another. Return the results
        together."""
        total = make()
        total.tried.most = None if self.every else NAMED
        for batch in _left(batches, self.progress.done):
            result = make()
            async with batch_desk(self.office, self.workspace, dry_run=self.dry_run) as desk:
                await do(desk, batch, result)
                if not self.dry_run:
                    await self.progress.record(desk, counts_of(result, len(batch)))
            total.add(result)
            if self.dry_run:
                total.tried.add(replace(row, columns=self._filled(row.line)) for row in result.taken)
                await self.progress.note_tried(len(batch))
            if behind is not None:
                await behind(total)
            self.advance(len(batch))
        return total

    def _filled(self, line: int) -> frozenset[str]:
        return self.content.header.filled(self.content.cells.cells_at(line))


async def import_payment_rows(run: BatchRun, rows: Iterable[PaymentRow]) -> PaymentsResult:
    """Import payments in short transactions; each also tells who held calls that it ended, and the first that changed something
    is followed by the note that payments reach the desk: an import that is interrupted has done both for what it took."""
    noted = run.dry_run

    async def do(desk: Desk, batch: list[PaymentRow], result: PaymentsResult) -> None:
        await import_payments(desk, batch, result)
        if not run.dry_run:
            await report_file(desk, run.progress.file_id, result.followed.ended)

    async def note(total: PaymentsResult) -> None:
        nonlocal noted
        if not noted and total.effects:
            async with run.office.desk(run.workspace) as desk:
                await note_payments(desk)
            noted = True

    if run.progress.done and not run.dry_run:  # the one who was interrupted may have noted nothing
        async with run.office.desk(run.workspace) as desk:
            await note_payments(desk)
        noted = True
    return await run.batches(batches_of(rows, BATCH), PaymentsResult, do, note)


async def import_schedule_rows(run: BatchRun, rows: Iterable[InstalmentRow]) -> SchedulesResult:
    """Import schedules in short transactions."""
    return await run.batches(batches_of(rows, 10 * BATCH), SchedulesResult, import_schedules)


async def import_past_rows(run: BatchRun, read: PastRead) -> PastResult:
    """Import past calls, notes or planned follow-ups in short transactions."""

    async def do(desk: Desk, batch: list[PastRow], result: PastResult) -> None:
        await import_past(desk, read.kind, batch, result)

    return await run.batches(batches_of(read.rows, BATCH), PastResult, do)


def _left(batches: Iterable[list[Row]], done: int) -> Iterator[list[Row]]:
    """Yield the batches behind the rows that are imported already: batches of the same file are always the same."""
    begin = 0
    for batch in batches:
        if begin >= done:
            yield batch
        begin += len(batch)
