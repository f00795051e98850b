"""An exported list as a file: an Excel workbook or comma-separated values, with real numbers and dates, and no formulas.

Everything that people typed is text. A workbook says so of each cell. CSV cannot, so a text that a spreadsheet would take for a
formula gets an apostrophe before it (`desk.core.csv_cells`).
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from desk.core.csv_cells import is_like_formula, neutral
from desk.core.values import Due
from desk.exports.lists import Column, ColumnKind
from desk.exports.rows import Row, Value
from handlers.messages.audit_trail import what_happened
from handlers.messages.block_kit.elements import phone
from handlers.messages.block_kit.translator import Translator
from handlers.messages.documents import state as document_state
from handlers.messages.repayment import promise_state
from handlers.messages.unreadable import text_in_words

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_000_000
"""Rows of one sheet; a longer list goes on in the next. Excel has 1,048,576."""

_LONGEST_TEXT = 32_767
"""Characters of a cell in Excel."""

_NO_CHARACTERS = {0xFFFE: None, 0xFFFF: None}
"""What XML cannot have, and xlsxwriter does not leave out."""

_EPOCH = datetime(1900, 3, 1)  # noqa: DTZ001  (a spreadsheet's times have no zone)
"""Excel takes 1900 for a leap year; an earlier day is text."""

Cell = str | int | float | bool | Decimal | date | datetime | None
"""A cell as it is written: a `datetime` is without a zone, and a Decimal has the places of its column."""


class Table:
    """Turns the rows of a list into cells, in the reader's language and time zone."""

    def __init__(self, t: Translator, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self.columns = columns
        self._t = t
        self._zone = zone
        self._of_kind: dict[ColumnKind, Callable[[Any], Cell]] = {
            "due": self._due,
            "instant": self._instant,
            "utc": lambda value: value.astimezone(UTC).replace(tzinfo=None),
            "phone": lambda value: phone(t, text_in_words(t, value)),
            "yes_no": lambda value: t("yes") if value else t("no"),
            "promise": lambda value: promise_state(t, value),
            "act": self._act,
            "document": lambda value: document_state(t, value),
        }

    @property
    def headings(self) -> list[str]:
        """Return the first row. A column of instants names their zone."""
        t = self._t
        zones = {"instant": t.zone(self._zone), "due": t.zone(self._zone), "utc": "UTC"}
        names = [(column.word(t.language), zones.get(column.kind)) for column in self.columns]
        return [t("{heading} ({zone} time)", heading=name, zone=zone) if zone else name for name, zone in names]

    def cells(self, row: Row) -> list[Cell]:
        """Return the cells of a row. Raises KeyError for a column that the list does not give."""
        return [self._cell(column.kind, row.cells[column.code]) for column in self.columns]

    def _cell(self, kind: ColumnKind, value: Value) -> Cell:
        if value is None:
            return None
        if kind in self._of_kind:
            return self._of_kind[kind](value)
        if isinstance(value, str):
            return text_in_words(self._t, value)
        if isinstance(value, (int, Decimal, date)):
            return value
        if isinstance(value, tuple):
            return " · ".join(each.word(self._t.language) for each in value)
        return value.word(self._t.language) if not isinstance(value, Due) else self._due(value)

    def _act(self, entry: str) -> str:
        act, _, what = entry.partition(" ")
        return what_happened(self._t, act, what)

    def _due(self, due: Due | date) -> Cell:
        if isinstance(due, Due):
            return self._instant(due.at) if due.at else due.on
        return self._instant(due) if isinstance(due, datetime) else due

    def _instant(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None)


class CsvWriter:
    """Writes CSV (RFC 4180) piece by piece, in UTF-8; with `mark`, behind the mark by which Excel knows it."""

    def __init__(self, table: Table, *, mark: bool) -> None:
        self._table = table
        self._out = io.StringIO()
        self._writer = csv.writer(self._out)
        self._begin = b"\xef\xbb\xbf" if mark else b""
        self._writer.writerow(map(neutral, table.headings))

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the bytes of these rows, behind those of the headings the first time."""
        kinds: list[ColumnKind] = [column.kind for column in self._table.columns]
        for row in rows:
            self._writer.writerow(map(_in_csv, self._table.cells(row), kinds))
        piece = self._begin + self._out.getvalue().encode()
        self._begin = b""
        self._out.seek(0)
        self._out.truncate()
        return piece


class WorkbookWriter:
    """Writes an Excel workbook row by row to a file: what is written of a row is not held in memory. `folder` is for what is
    between."""

    def __init__(self, table: Table, path: Path, folder: Path, name: str) -> None:
        import xlsxwriter  # a start does without it

        options = {
            "constant_memory": True,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._table = table
        self._name = _sheet_name(name)
        self._bold = self._book.add_format({"bold": True})
        self._text = self._book.add_format({"num_format": "@"})
        self._quoted = self._book.add_format({"num_format": "@", "quote_prefix": True})
        self._formats = {kind: self._book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMATS.items()}
        self._sheets = 0
        self._sheet: Worksheet | None = None
        self._at = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Write these rows."""
        kinds: list[ColumnKind] = [column.kind for column in self._table.columns]
        for row in rows:
            sheet = self._sheet_for_next()
            for place, (cell, kind) in enumerate(zip(self._table.cells(row), kinds, strict=True)):
                if cell is not None and cell != "":
                    self._write(sheet, place, cell, kind)

    def finish(self) -> None:
        """Write the file itself."""
        if self._sheet is None:
            self._begin_sheet()
        self._book.close()

    def _sheet_for_next(self) -> "Worksheet":
        if self._sheet is None or self._at >= MOST_ROWS:
            self._begin_sheet()
        assert self._sheet is not None
        self._at += 1
        return self._sheet

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._table.columns):
            self._sheet.set_column(place, place, _WIDTHS.get(column.kind, 16))
        for place, heading in enumerate(self._table.headings):
            self._sheet.write_string(0, place, heading, self._bold)
        self._at = 0

    def _write(self, sheet: "Worksheet", place: int, cell: Cell, kind: ColumnKind) -> None:
        match cell:
            case str():
                form = self._quoted if is_like_formula(cell) else self._text
                sheet.write_string(self._at, place, _in_workbook(cell), form)
            case date() if not _has_serial(cell):
                sheet.write_string(self._at, place, cell.isoformat(), self._text)
            case datetime():
                sheet.write_datetime(self._at, place, cell, self._format(kind if kind == "utc" else "instant"))
            case date():
                sheet.write_datetime(self._at, place, _midnight(cell), self._format("date"))
            case _:
                sheet.write_number(self._at, place, float(cell or 0), self._format(kind))

    def _format(self, kind: ColumnKind) -> "CellFormat":
        return self._formats[kind]


_NUMBER_FORMATS: Mapping[ColumnKind, str] = {
    "number": "0",
    "money": "#,##0.00",
    "rate": "0.####",
    "date": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm",
    "utc": "yyyy-mm-dd hh:mm:ss.000",
}
"""How Excel shows the cells of each kind that are no text."""

_WIDTHS: Mapping[ColumnKind, int] = {
    "number": 8,
    "money": 14,
    "rate": 8,
    "date": 12,
    "instant": 17,
    "due": 17,
    "utc": 24,
}


def _in_workbook(text: str) -> str:
    """Return a text as a cell has it. A carriage return would be an escape that not every reader undoes."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_NO_CHARACTERS)[:_LONGEST_TEXT]


def _in_csv(cell: Cell, kind: ColumnKind) -> str:
    match cell:
        case None:
            return ""
        case str():
            return neutral(cell)
        case datetime():
            return cell.isoformat(" ", "milliseconds" if kind == "utc" else "minutes")
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}" if kind == "money" else f"{cell.normalize():f}"
        case _:
            return str(cell)


def _has_serial(day: date) -> bool:
    return (day if isinstance(day, datetime) else _midnight(day)) >= _EPOCH


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001


def _sheet_name(name: str) -> str:
    """Return a name that a sheet may have: without `[]:*?/\\`, short enough that a number may follow."""
    return "".join(each for each in name if each not in "[]:*?/\\'")[:25] or "1"
