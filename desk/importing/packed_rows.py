"""The cells of a lender's file, kept small: a million rows as lists would take more than a gigabyte."""

import json
import zlib
from bisect import bisect_right
from collections.abc import Iterator

from storage.files.overflow import Overflow

_PACKED = 500
"""How many rows are packed together."""

_LEVEL = 1
"""Of compression: the quickest."""


class PackedRows:
    """Rows by the lines of the file, in their order. Each iteration unpacks them again. A large file's are not kept in memory."""

    def __init__(self) -> None:
        self._packs = Overflow()
        self._first_lines: list[int] = []
        self._open: list[tuple[int, list[str]]] = []
        self._unpacked: tuple[int, dict[int, list[str]]] = (-1, {})

    def add(self, line: int, cells: list[str]) -> None:
        """Add the row at that line of the file, which is behind the one added before."""
        self._open.append((line, cells))
        if len(self._open) == _PACKED:
            self._pack()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        self._pack()
        for place in range(len(self._packs)):
            yield from _unpack(self._packs[place])

    def cells_at(self, line: int) -> list[str]:
        """Return the cells of the row at that line, none if there is no such row. Its neighbours cost little then."""
        self._pack()
        place = bisect_right(self._first_lines, line) - 1
        if place < 0:
            return []
        if self._unpacked[0] != place:
            self._unpacked = place, dict(_unpack(self._packs[place]))
        return self._unpacked[1].get(line, [])

    def _pack(self) -> None:
        if self._open:
            text = json.dumps(self._open, ensure_ascii=False).encode("utf-8", "surrogatepass")
            self._packs.append(zlib.compress(text, _LEVEL))
            self._first_lines.append(self._open[0][0])
            self._open = []


def _unpack(pack: bytes) -> Iterator[tuple[int, list[str]]]:
    yield from json.loads(zlib.decompress(pack).decode("utf-8", "surrogatepass"))
