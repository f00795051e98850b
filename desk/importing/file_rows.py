"""The loans of a lender's file, read from its packed cells as often as they are needed."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterator
from contextlib import suppress
from datetime import date

from desk.core.errors import DeskError
from desk.importing.packed_rows import PackedRows
from desk.importing.results import RefusedRow
from desk.importing.rows import Header, ImportRow, RowReader
from desk.importing.seen_numbers import SeenNumbers
from storage.queries.loans.loans import number_key


class FileRows(Collection[ImportRow]):
    """The rows whose number occurs once. Each iteration reads them again from what is packed. `add` all, then `close`."""

    def __init__(self, header: Header, *, today: date, region: str) -> None:
        self._reader = RowReader(header, today=today, region=region)
        self.cells = PackedRows()
        self._numbers = SeenNumbers()
        self._twice: set[str] = set()
        self._refused: set[int] = set()
        self._count = 0

    def add(self, line: int, cells: list[str]) -> None:
        """Add the row at that line of the file."""
        self._count += 1
        self.cells.add(line, cells)
        key = self._key(cells)
        if key and not self._numbers.add(key):
            self._twice.add(key)

    def leave_out(self, line: int, cells: list[str]) -> None:
        """Keep the cells of a row that is no loan, to show them with the reason."""
        self.cells.add(line, cells)
        self._refused.add(line)

    def close(self) -> list[RefusedRow]:
        """Return the rows whose number occurs more than once, refused: the desk does not guess which one is right."""
        if not self._twice:
            return []
        by_number: dict[str, list[ImportRow]] = defaultdict(list)
        for line, cells in self.cells:
            if line not in self._refused and (key := self._key(cells)) in self._twice:
                by_number[key].append(self._reader.read(line, cells))
        refused: list[RefusedRow] = []
        for key, rows in by_number.items():
            if len(rows) == 1:  # what was seen was another number
                self._twice.remove(key)
                continue
            lines = [row.line for row in rows]
            for row in rows:
                others = tuple(line for line in lines if line != row.line)
                fault = row.fault("import_number_twice", "number", given=row.number, lines=others)
                refused.append(RefusedRow(row.line, (fault, *row.faults)))
        self._refused.update(each.line for each in refused)
        self._numbers.leave_out(self._twice)
        self._count -= len(refused)
        return sorted(refused, key=lambda each: each.line)

    @property
    def numbers(self) -> Container[str]:
        """The numbers of the rows, as they are compared."""
        return self._numbers

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row: object) -> bool:
        return any(row == each for each in self)

    def __iter__(self) -> Iterator[ImportRow]:
        for line, cells in self.cells:
            if line not in self._refused:
                yield self._reader.read(line, cells)

    def _key(self, cells: list[str]) -> str:
        """Return the number of a row as it is compared, nothing for one that cannot be read: the row says what is wrong."""
        with suppress(DeskError):
            return number_key(self._reader.number(cells) or "")
        return ""
