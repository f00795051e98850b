"""The rows of a lender's file of any kind, with those that are refused, and its columns that are not imported."""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.decoding import delimiter_of
from desk.importing.file_rows import FileRows
from desk.importing.importing import RefusedRow
from desk.importing.money_columns import FileKind, MoneyKind, kind_of, read_money_header
from desk.importing.money_rows import InstalmentRow, PaymentRow, read_instalment, read_payment
from desk.importing.packed_rows import PackedRows
from desk.importing.rows import Header, UnknownColumn, read_header

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class FileRead:
    """The loans of a file with the refused rows, its headings, and its columns that are not imported."""

    rows: FileRows
    refused: list[RefusedRow]
    unknown: tuple[UnknownColumn, ...]
    header: Header
    first: tuple[str, ...]

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
    cells: PackedRows

    def __len__(self) -> int:
        return len(self.payments) + len(self.instalments)


Content = FileRead | MoneyRead
"""What a file has, whatever its kind."""


def read_content(text: str, kind: FileKind | None, *, today: date, region: str) -> Content:
    """Return the rows of a CSV text, which keep nothing of it. What they are is told by the first line, or by `kind`. Raises as
    `read_table` and `read_money` do."""
    lines = lines_of(text)
    _, first = next(lines, (0, list[str]()))
    found = kind or kind_of(first)
    return read_table(text, today=today, region=region) if found == "loans" else read_money(found, first, lines)


def read_table(text: str, *, today: date, region: str) -> FileRead:
    """Read a CSV text of loans. A row with faults is among the rows: the import refuses it with what else is wrong.

    Raises Invalid when it is no table of loans: `import_not_csv`, `import_quotes`, `import_column_missing`,
    `import_column_twice`.
    """
    lines = lines_of(text)
    _, first = next(lines, (0, list[str]()))
    if len(first) < 2:
        raise Invalid("import_not_csv")
    header = read_header(first)
    rows = FileRows(header, today=today, region=region)
    refused: list[RefusedRow] = []
    filled: set[int] = set()
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        filled.update(place for place in header.unknown if place < len(cells) and cells[place].strip())
        if len(cells) != len(first):
            error = Invalid("import_cells", line=number, cells=len(cells), columns=len(first))
            refused.append(RefusedRow(number, (error,)))
            rows.leave_out(number, cells)
            continue
        rows.add(number, cells)
    refused += rows.close()
    unknown = tuple(
        UnknownColumn(place + 1, heading)
        for place, heading in header.unknown.items()
        if heading is not None or place in filled
    )
    return FileRead(rows, sorted(refused, key=lambda row: row.line), unknown, header, tuple(first))


def read_money(kind: MoneyKind, first: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> MoneyRead:
    """Read the lines behind the `first` of a file of that kind. Raises as `read_money_header` does."""
    header = read_money_header(kind, first)
    read = MoneyRead(kind, [], [], [], _unknown(header), header, tuple(first), PackedRows())
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        read.cells.add(line, cells)
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


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row of a CSV text with its line. Raises Invalid (`import_quotes`)."""
    # Line by line: StringIO would take four bytes for each character of the file.
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), delimiter=delimiter_of(text), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise Invalid("import_quotes", line=reader.line_num) from None


def _unknown(header: Header) -> tuple[UnknownColumn, ...]:
    places = header.unknown
    return tuple(UnknownColumn(place + 1, heading) for place, heading in places.items() if heading is not None)
