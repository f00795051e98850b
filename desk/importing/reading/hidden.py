"""What calamine does not show of a sheet: cells with errors, formulas that were never calculated, numbers that are shown as
percentages or with leading zeros; and how far its cells reach."""

from collections.abc import Callable
from dataclasses import field

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.reading.text_files import MOST_COLUMNS

MOST_ROWS = 100_000
"""The most rows of a sheet, below its headings."""

MOST_CELLS = 10_000_000
"""The most cells between the first and the last that is filled: calamine keeps a place in memory for each."""

_HEADED = 100
"""Rows for titles and headings, beyond `MOST_ROWS`."""

Change = Callable[[str], str]
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(slots=True)
class Hidden:
    """What to make of cells, by row (from 1) and place in it (from 0), and which cells are merged, if calamine does not say."""

    cells: dict[int, dict[int, Change]] = field(default_factory=dict[int, dict[int, Change]])
    merged: list[Range] = field(default_factory=list[Range])
    too_far: Invalid | None = None
    """Why the sheet is not opened: it reaches further than a sheet may."""

    def change(self, row: int, place: int, change: Change) -> None:
        """Have the text of a cell changed."""
        self.cells.setdefault(row, {})[place] = change


def always(text: str) -> Change:
    return lambda _text: text


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
