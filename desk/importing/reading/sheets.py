"""The sheets of a workbook: what calamine reads, and beside it what calamine does not show."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import python_calamine as calamine

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.reading.cell_texts import text_of
from desk.importing.reading.dates import FIRST_1900, FIRST_1904
from desk.importing.reading.forms import Form
from desk.importing.reading.hidden import Hidden
from desk.importing.reading.ods import hidden_of_ods, without_indents
from desk.importing.reading.source import Source
from desk.importing.reading.text_files import Row
from desk.importing.reading.xls import hidden_of_xls
from desk.importing.reading.xlsx import hidden_of_xlsx


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook. `visible`: people who open it see it."""

    name: str
    visible: bool


class Workbook:
    """A workbook in one of three forms. Reading it twice costs little: calamine has it in memory."""

    def __init__(self, source: Source, form: Form) -> None:
        """Raise Invalid: `import_password`, `import_broken`; of ODS and XLS, which calamine opens whole, also as `rows` does."""
        self._source = source
        self._hidden: Mapping[str, Hidden] = {}
        in_order: Sequence[Hidden] = ()
        self.first_day = FIRST_1900
        if form == "xlsx":
            self._hidden, is_1904 = hidden_of_xlsx(source)
            self.first_day = FIRST_1904 if is_1904 else FIRST_1900
        elif form == "ods":
            self._hidden = hidden_of_ods(source)
        else:
            in_order, is_1904 = hidden_of_xls(source)
            self.first_day = FIRST_1904 if is_1904 else FIRST_1900
        self._last: calamine.CalamineSheet | None = None
        self._row = 0
        self._opened: BinaryIO = source.open()
        with self._refused():
            self._book = self._open(form)
            if form == "xls":
                self._hidden = dict(zip((each.name for each in self._book.sheets_metadata), in_order, strict=True))
            self.sheets = tuple(
                Sheet(each.name, each.visible == calamine.SheetVisibleEnum.Visible)
                for each in self._book.sheets_metadata
                if each.typ == calamine.SheetTypeEnum.WorkSheet
            )

    def _open(self, form: Form) -> calamine.CalamineWorkbook:
        try:
            return calamine.CalamineWorkbook.from_filelike(self._opened)
        except calamine.CalamineError:
            if form != "ods":
                raise
        self._opened = without_indents(self._source)
        return calamine.CalamineWorkbook.from_filelike(self._opened)

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a sheet with their numbers in it, each with the cells of all columns from A on.

        Raise Invalid: `import_broken`, `import_rows`, `import_columns`.
        """
        hidden = self._looked_at(name)
        if hidden.too_far is not None:
            raise hidden.too_far
        with self._refused():
            sheet = self._sheet(name)
            top, left = sheet.start or (0, 0)
            merged = _Merged(hidden.merged or sheet.merged_cell_ranges or ())
            before = [""] * left
            for number, values in enumerate(sheet.iter_rows(), top + 1):
                cells = [*before, *map(text_of, values)]
                for place, change in hidden.of_row(number):
                    if place < len(cells):
                        cells[place] = change(cells[place])
                merged.fill(number, cells)
                self._row = number
                yield number, cells

    def share(self) -> float:
        """Return how much of a sheet its rows, which are being read, have come to."""
        return self._row / max(1, self._last.total_height) if self._last is not None else 0.0

    def too_far(self, name: str) -> Invalid | None:
        """Return why a sheet reaches further than a sheet may, None if it does not."""
        return self._looked_at(name).too_far

    def _looked_at(self, name: str) -> Hidden:
        """Return what calamine does not show of a sheet. Raise Invalid `import_broken` for one that was not looked at."""
        if name not in self._hidden:
            raise Invalid("import_broken", given=self._source.given)
        return self._hidden[name]

    def _sheet(self, name: str) -> calamine.CalamineSheet:
        """Return a sheet. The last one is kept, because calamine reads it again each time."""
        if self._last is None or self._last.name != name:
            self._last = self._book.get_sheet_by_name(name)
        return self._last

    @contextmanager
    def _refused(self) -> Generator[None]:
        try:
            yield
        except calamine.PasswordError:
            raise Invalid("import_password", given=self._source.given) from None
        except (calamine.CalamineError, OSError, ValueError):
            raise Invalid("import_broken", given=self._source.given) from None


class _Merged:
    """Cells that are merged from one row to others: what the first says holds for all."""

    def __init__(self, ranges: Any) -> None:
        self._ends: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, right) in ranges:
            if bottom > top and left == right:
                self._ends.setdefault(top + 1, []).append((left, bottom + 1))
        self._open: dict[int, tuple[int, str]] = {}

    def fill(self, number: int, cells: list[str]) -> None:
        """Write into a row what is merged with it from above. Rows come in their order."""
        for place, (last, text) in list(self._open.items()):
            if number > last:
                del self._open[place]
            elif place < len(cells) and not cells[place]:
                cells[place] = text
        for place, last in self._ends.get(number, ()):
            if place < len(cells) and cells[place]:
                self._open[place] = (last, cells[place])
