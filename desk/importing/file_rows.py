"""The rows of a lender's file, kept small: a million of them as objects would take more than a gigabyte."""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date

from desk.core.errors import DeskError
from desk.importing.importing import RefusedRow
from desk.importing.rows import Header, ImportRow, RowReader
from storage.queries.loans.loans import number_key

_PACKED = 500
"""How many rows are packed together."""

_LEVEL = 1
"""Of compression: the quickest."""


class FileRows(Collection[ImportRow]):
    """The rows whose number occurs once. Each iteration reads them again from what is packed. `add` all, then `close`."""

    def __init__(self, header: Header, *, today: date, region: str) -> None:
        self._reader = RowReader(header, today=today, region=region)
        self._packs: list[bytes] = []
        self._open: list[tuple[int, list[str]]] = []
        self._lines: dict[str, int] = {}
        self._twice: dict[str, list[int]] = defaultdict(list)
        self._left_out: frozenset[int] = frozenset()
        self._count = 0

    def add(self, line: int, cells: list[str]) -> None:
        """Add the row at that line of the file."""
        self._count += 1
        self._open.append((line, cells))
        if len(self._open) == _PACKED:
            self._pack()
        with suppress(DeskError):  # the row says what is wrong
            key = number_key(self._reader.number(cells) or "")
            if key and self._lines.setdefault(key, line) != line:
                self._twice[key].append(line)

    def close(self) -> list[RefusedRow]:
        """Return the rows whose number occurs more than once, refused: the desk does not guess which one is right."""
        self._pack()
        if not self._twice:
            return []
        twice = {key: (self._lines.pop(key), *lines) for key, lines in self._twice.items()}
        lines = frozenset(line for found in twice.values() for line in found)
        refused: list[RefusedRow] = []
        for line, cells in self._unpacked():
            if line in lines:
                row = self._reader.read(line, cells)
                others = tuple(each for each in twice[number_key(row.number)] if each != line)
                fault = row.fault("import_number_twice", "number", given=row.number, lines=others)
                refused.append(RefusedRow(line, (fault, *row.faults)))
        self._left_out = lines
        self._count -= len(lines)
        return refused

    @property
    def numbers(self) -> Collection[str]:
        """The numbers of the rows, as `importing.numbers_of` returns them."""
        return self._lines.keys()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row: object) -> bool:
        return any(row == each for each in self)

    def __iter__(self) -> Iterator[ImportRow]:
        for line, cells in self._unpacked():
            if line not in self._left_out:
                yield self._reader.read(line, cells)

    def _pack(self) -> None:
        if self._open:
            self._packs.append(
                zlib.compress(json.dumps(self._open, ensure_ascii=False).encode("utf-8", "surrogatepass"), _LEVEL)
            )
            self._open = []

    def _unpacked(self) -> Iterator[tuple[int, list[str]]]:
        for pack in self._packs:
            yield from json.loads(zlib.decompress(pack).decode("utf-8", "surrogatepass"))
