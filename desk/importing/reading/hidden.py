"""What calamine does not show of a sheet: cells with errors, formulas that were never calculated, numbers that are shown as
percentages or with leading zeros; and how far its cells reach."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import lru_cache, partial
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.reading.cell_texts import padded_text
from desk.importing.reading.text_files import MOST_COLUMNS

MOST_ROWS = 100_000
"""The most rows of a sheet, below its headings."""

MOST_CELLS = 10_000_000
"""The most cells between the first and the last that is filled: calamine keeps a place in memory for each."""

_HEADED = 100
"""Rows for titles and headings, beyond `MOST_ROWS`."""

Change = Callable[[str], str]
Range = tuple[tuple[int, int], tuple[int, int]]

_DIFFERENT = 10_000
"""How many formulas of a sheet are shown as they are written; millions of them would fill the memory."""

_UNSAID = "=…"


@dataclass(slots=True)
class Hidden:
    """What to make of cells, and which cells are merged, if calamine does not say. A change of a cell takes eight bytes: a sheet
    may have millions."""

    merged: list[Range] = field(default_factory=list[Range])
    too_far: Invalid | None = None
    """Why the sheet is not opened: it reaches further than a sheet may."""
    _cells: "dict[int, array[int]]" = field(default_factory=dict[int, Any])
    _changes: dict[Change, int] = field(default_factory=dict[Change, int])
    _formulas: int = 0

    def change(self, row: int, place: int, change: Change) -> None:
        """Have the text of a cell changed: of that row (from 1) and place in it (from 0)."""
        number = self._changes.setdefault(change, len(self._changes))
        self._cells.setdefault(row, array("I")).extend((place, number))

    def formula(self, row: int, place: int, text: str) -> None:
        """Have a formula shown that was never calculated."""
        self._formulas += 1
        self.change(row, place, always(text if self._formulas <= _DIFFERENT else _UNSAID))

    def of_row(self, row: int) -> Iterator[tuple[int, Change]]:
        """Yield the places of a row whose texts are changed, and how."""
        if (cells := self._cells.get(row)) is not None:
            changes = list(self._changes)
            for at in range(0, len(cells), 2):
                yield cells[at], changes[cells[at + 1]]

    @property
    def rows(self) -> Iterable[int]:
        """The rows with cells whose texts are changed."""
        return self._cells.keys()


@lru_cache(maxsize=1024)
def always(text: str) -> Change:
    """Return what makes this text of any."""
    return lambda _text: text


@lru_cache(maxsize=64)
def padded(digits: int) -> Change:
    """Return what fills a number up with zeros."""
    return partial(padded_text, digits=digits)


class Reach:
    """How far the filled cells of a sheet reach."""

    def __init__(self) -> None:
        self._row = self._place = 0

    def take(self, row: int, place: int) -> None:
        """Raise Invalid for a cell further down or to the right than a sheet may reach: `import_rows`, `import_columns`."""
        if row <= self._row and place <= self._place:
            return
        self._row, self._place = max(row, self._row), max(place, self._place)
        if self._place >= MOST_COLUMNS:
            raise Invalid("import_columns", limit=MOST_COLUMNS, columns=self._place + 1)
        if self._row > MOST_ROWS + _HEADED or self._row * (self._place + 1) > MOST_CELLS:
            raise Invalid("import_rows", limit=MOST_ROWS, form="sheet")
