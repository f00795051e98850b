"""The rows of a lender's file of any kind, with those that are refused, and its columns that are not imported."""

from collections.abc import Sequence
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.importing.file_rows import FileRows
from desk.importing.money_columns import FileKind, MoneyKind
from desk.importing.money_rows import InstalmentRow, PaymentRow, read_instalment, read_payment
from desk.importing.packed_rows import PackedRows
from desk.importing.past_rows import PastKind, PastRow, read_past_row
from desk.importing.reading.headings import shapes
from desk.importing.reading.tables import Reading, Table
from desk.importing.results import RefusedRow
from desk.importing.rows import Header, UnknownColumn, without_lonely


@dataclass(frozen=True, slots=True)
class FileRead:
    """The loans of a file with the refused rows, its headings, and its columns that are not imported."""

    rows: FileRows
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]
    header: Header
    first: tuple[str, ...]
    reading: Reading

    @property
    def kind(self) -> FileKind:
        """What the rows are."""
        return "loans"

    @property
    def cells(self) -> PackedRows:
        """The cells of all rows, refused ones too."""
        return self.rows.cells

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class MoneyRead:
    """The payments or instalments of a file with the refused rows, its headings, and its columns that are not imported."""

    kind: MoneyKind
    payments: list[PaymentRow]
    instalments: list[InstalmentRow]
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]
    header: Header
    first: tuple[str, ...]
    reading: Reading
    cells: PackedRows

    def __len__(self) -> int:
        return len(self.payments) + len(self.instalments)


@dataclass(frozen=True, slots=True)
class PastRead:
    """The past calls, notes or planned follow-ups of a file with the refused rows, its headings, and its columns that are not
    imported."""

    kind: PastKind
    rows: list[PastRow]
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]
    header: Header
    first: tuple[str, ...]
    reading: Reading
    cells: PackedRows

    def __len__(self) -> int:
        return len(self.rows)


Content = FileRead | MoneyRead | PastRead
"""What a file has, whatever its kind."""


def read_content(table: Table, *, today: date, region: str, zone: ZoneInfo) -> Content:
    """Return the rows of a table, which keep nothing of it; `zone` is that of times without one. Raise as `read_loans` does."""
    if table.kind == "loans":
        return read_loans(table, today=today, region=region)
    return read_past(table, _PAST[table.kind], zone) if table.kind in _PAST else read_money(table)


_PAST: dict[str, PastKind] = {kind: kind for kind in get_args(PastKind)}


def read_past(table: Table, kind: PastKind, zone: ZoneInfo) -> PastRead:
    """Read the rows of a table of past calls, notes or planned follow-ups. Raise Invalid as `read_loans` does."""
    refuse_questions(table)
    header, required = table.header, shapes()[kind].required
    read = PastRead(kind, [], [], table.unknown, header, table.headings, table.reading, PackedRows())
    for line, cells in table.rows():
        read.cells.add(line, cells)
        if fault := _wrong_width(table, line, cells):
            read.refused.append(RefusedRow(line, (fault,)))
            continue
        row = read_past_row(header, required, line, cells, zone)
        if row.number:
            read.rows.append(row)
        else:
            read.refused.append(RefusedRow(line, row.faults))
    return read


def read_loans(table: Table, *, today: date, region: str) -> FileRead:
    """Read the rows of a table of loans. A row with faults is among the rows: the import refuses it with what else is wrong.

    Raise Invalid: `import_questions`, if it must be asked first what columns are; and as `Table.rows` does.
    """
    refuse_questions(table)
    header = without_lonely(table.header)
    rows = FileRows(header, today=today, region=region)
    refused: list[RefusedRow] = []
    for line, cells in table.rows():
        if fault := _wrong_width(table, line, cells):
            refused.append(RefusedRow(line, (fault,)))
            rows.leave_out(line, cells)
        else:
            rows.add(line, cells)
    refused += rows.close()
    lonely = header.unknown.keys() - table.header.unknown.keys()
    unknown = [*table.unknown, *(UnknownColumn(place + 1, header.unknown[place]) for place in lonely)]
    unknown.sort(key=lambda each: each.place)
    refused.sort(key=lambda row: row.line)
    return FileRead(rows, refused, tuple(unknown), header, table.headings, table.reading)


def read_money(table: Table) -> MoneyRead:
    """Read the rows of a table of payments or of schedules. Raise Invalid as `read_loans` does."""
    refuse_questions(table)
    header = table.header
    kind: MoneyKind = "payments" if table.kind == "payments" else "schedules"
    read = MoneyRead(kind, [], [], [], table.unknown, header, table.headings, table.reading, PackedRows())
    for line, cells in table.rows():
        read.cells.add(line, cells)
        faults: tuple[DeskError, ...]
        if fault := _wrong_width(table, line, cells):
            faults = (fault,)
        elif kind == "payments":
            payment = read_payment(header, line, cells)
            if payment.number:
                read.payments.append(payment)
                continue
            faults = payment.faults
        else:
            instalment = read_instalment(header, line, cells)
            if instalment.number:
                read.instalments.append(instalment)
                continue
            faults = instalment.faults
        read.refused.append(RefusedRow(line, faults))
    return read


def refuse_questions(table: Table) -> None:
    """Raise Invalid `import_questions` if it must be asked what columns of a table are."""
    if table.questions:
        raise Invalid("import_questions", questions=table.questions, kind=table.kind)


def _wrong_width(table: Table, line: int, cells: Sequence[str]) -> DeskError | None:
    width = len(table.headings)
    return None if len(cells) == width else Invalid("import_cells", line=line, cells=len(cells), columns=width)
