"""What calamine does not show of an XLS workbook: the records of its cells (MS-XLS, §2.4; BIFF8, and BIFF5 alike where it is read
here) in the stream of an OLE file, which olefile opens."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

import olefile

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.reading.cell_texts import percent_text
from desk.importing.reading.hidden import Change, Hidden, Reach, always, padded
from desk.importing.reading.number_formats import PERCENTAGES, digits_of, is_percentage
from desk.importing.reading.source import Source

_BOF, _EOF, _FILEPASS, _SHEET, _FORMAT, _XF, _DATES, _RECALC_ID, _UNCALCULATED = (
    *(0x809, 0x0A, 0x2F, 0x85, 0x41E, 0xE0),
    *(0x22, 0x1C1, 0x5E),
)
_NUMBER, _RK, _SEVERAL_RK, _BOOL_OR_ERROR, _FORMULA = 0x203, 0x27E, 0xBD, 0x205, 0x06
_TEXTS = frozenset({0xFD, 0x204, 0xD6})
"""LABELSST, LABEL, RSTRING."""

_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_BIFF8 = 0x600

_CELL = struct.Struct("<HHH")
_HEAD = struct.Struct("<HH")

Record = tuple[int, bytes]


@dataclass(slots=True)
class _Workbook:
    """What the records before the sheets say: where sheets begin, how numbers are shown, and from when days are counted."""

    begins: list[int] = field(default_factory=list[int])
    formats: dict[int, str] = field(default_factory=dict[int, str])
    styles: list[int] = field(default_factory=list[int])
    is_1904: bool = False
    was_calculated: bool = False
    is_locked: bool = False

    def changes(self) -> Mapping[int, Change]:
        """Return what to make of numbers, by the number of a cell's style."""
        found: dict[int, Change] = {}
        for style, number in enumerate(self.styles):
            code = self.formats.get(number, "")
            if number in PERCENTAGES or is_percentage(code):
                found[style] = percent_text
            elif digits := digits_of(code):
                found[style] = padded(digits)
        return found


def hidden_of_xls(source: Source) -> tuple[Sequence[Hidden], bool]:
    """Return what calamine does not show of each sheet, in their order, and whether days are counted from 1904.

    Raise Invalid: `import_broken`, `import_password`, and `import_rows` for a sheet that reaches too far: calamine opens all of
    them at once.
    """
    try:
        stream = _stream(source)
        book = _read_book(stream)
        if book.is_locked:
            raise Invalid("import_password", given=source.given)
        return _read_sheets(stream, book), book.is_1904
    except (OSError, struct.error, IndexError, ValueError, UnicodeDecodeError):
        raise Invalid("import_broken", given=source.given) from None


def _stream(source: Source) -> bytes:
    with source.open() as opened:
        file = cast(Any, olefile.OleFileIO(opened))
        for name in ("Workbook", "Book"):
            if file.exists(name):
                return file.openstream(name).read()
    raise ValueError("no workbook")


def _records(stream: bytes, begin: int) -> Iterator[Record]:
    """Yield the records of a part of the stream, without those of what is embedded in it, such as charts."""
    depth, at, end = 0, begin, len(stream)
    while at + 4 <= end:
        kind, size = _HEAD.unpack_from(stream, at)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _read_book(stream: bytes) -> _Workbook:
    book, is_biff8 = _Workbook(), True
    for kind, data in _records(stream, 0):
        if kind == _BOF:
            is_biff8 = _HEAD.unpack_from(data)[0] == _BIFF8
        elif kind == _FILEPASS:
            book.is_locked = True
        elif kind == _SHEET:
            book.begins.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT:
            book.formats[data[0] | data[1] << 8] = _format_code(data, is_biff8=is_biff8)
        elif kind == _XF:
            book.styles.append(_HEAD.unpack_from(data)[1])
        elif kind == _DATES:
            book.is_1904 = data[0] == 1
        elif kind == _RECALC_ID:
            book.was_calculated = True
    return book


def _format_code(data: bytes, *, is_biff8: bool) -> str:
    if not is_biff8:
        return data[3 : 3 + data[2]].decode("latin-1")
    count, wide = data[2] | data[3] << 8, data[4] & 1
    return data[5 : 5 + count * 2].decode("utf-16-le") if wide else data[5 : 5 + count].decode("latin-1")


def _read_sheets(stream: bytes, book: _Workbook) -> Sequence[Hidden]:
    changes = book.changes()
    sheets = [_Sheet(changes) for _ in book.begins]
    for sheet, begin in zip(sheets, book.begins, strict=True):
        sheet.read(_records(stream, begin))
    never = not book.was_calculated and not any(sheet.has_values for sheet in sheets)
    for sheet in sheets:
        sheet.close(calculated=not never)
    return [sheet.hidden for sheet in sheets]


class _Sheet:
    """The cells of a sheet."""

    def __init__(self, changes: Mapping[int, Change]) -> None:
        self.hidden = Hidden()
        self.has_values = False
        """Whether a formula has a value that says that it was calculated: another than nothing and 0."""
        self._changes, self._reach = changes, Reach()
        self._empty: list[tuple[int, int]] = []
        self._uncalculated = False

    def read(self, records: Iterator[Record]) -> None:
        """Take the records of the sheet. Raise Invalid: `import_rows`, `import_columns`."""
        for kind, data in records:
            if kind in _TEXTS:
                row, place = _HEAD.unpack_from(data)
                self._reach.take(row + 1, place)
            elif kind in (_NUMBER, _RK):
                self._take_number(*_CELL.unpack_from(data))
            elif kind == _SEVERAL_RK:
                row, first = _HEAD.unpack_from(data)
                for place, at in enumerate(range(4, len(data) - 2, 6), first):
                    self._take_number(row, place, data[at] | data[at + 1] << 8)
            elif kind == _BOOL_OR_ERROR:
                row, place, _ = _CELL.unpack_from(data)
                self._reach.take(row + 1, place)
                if data[7]:
                    self.hidden.change(row + 1, place, always(_ERRORS.get(data[6], "#N/A")))
            elif kind == _FORMULA:
                self._take_formula(data)
            elif kind == _UNCALCULATED:
                self._uncalculated = True

    def close(self, *, calculated: bool) -> None:
        """Say of formulas without a value that they were never calculated, unless the file was."""
        if self._uncalculated or not calculated:
            for row, place in self._empty:
                self.hidden.formula(row, place, "=…")

    def _take_number(self, row: int, place: int, style: int) -> None:
        self._reach.take(row + 1, place)
        if (change := self._changes.get(style)) is not None:
            self.hidden.change(row + 1, place, change)

    def _take_formula(self, data: bytes) -> None:
        row, place, style = _CELL.unpack_from(data)
        self._reach.take(row + 1, place)
        value, asks = data[6:14], data[14] & 3  # always, or when the file is opened
        is_special = value[6:8] == b"\xff\xff"
        if is_special and value[0] == 2:
            self.hidden.change(row + 1, place, always(_ERRORS.get(value[2], "#N/A")))
            self.has_values = True
        elif value == bytes(8) or (is_special and value[0] == 3):
            if asks:
                self.hidden.formula(row + 1, place, "=…")
            else:
                self._empty.append((row + 1, place))
        else:
            self.has_values = True
            if not is_special and (change := self._changes.get(style)) is not None:
                self.hidden.change(row + 1, place, change)
