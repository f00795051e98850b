"""What calamine does not show of a workbook: cells with errors, formulas that were never calculated, numbers that are shown as
percentages or with leading zeros, and how far its cells reach. Read from the XML of its parts, as a stream."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import partial
from typing import Any
from xml.parsers import expat

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.reading.cell_texts import padded_text, percent_text
from desk.importing.reading.forms import unpacked
from desk.importing.reading.source import Source
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

    def change(self, row: int, place: int, change: Change) -> None:
        """Have the text of a cell changed."""
        self.cells.setdefault(row, {})[place] = change


def _always(text: str) -> Change:
    return lambda _text: text


class _Reach:
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


class _Reader:
    """Parses one part of a workbook. Subclasses say what to do with its elements, named without their namespace."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, source: Source, packed: zipfile.ZipFile, name: str) -> None:
        """Read a part of a workbook."""
        for chunk in unpacked(source, packed, packed.getinfo(name)):
            self._parser.Parse(chunk)
        self._parser.Parse(b"", True)

    def _refuse(self, *_: Any) -> None:
        raise ValueError("a part of a workbook declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self.end(name.rpartition(":")[2])

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, text: str) -> None:
        """Take text within an element."""


@contextmanager
def _opened(source: Source) -> Generator[zipfile.ZipFile]:
    try:
        with source.open() as opened, zipfile.ZipFile(opened) as packed:
            yield packed
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        ValueError,
        KeyError,
        expat.ExpatError,
    ):
        raise Invalid("import_broken", given=source.given) from None


# XLSX (ECMA-376 part 1, §18)

_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")
_ZEROS = re.compile(r"0{2,}")
_QUOTED = re.compile(r'"[^"]*"|\\.')


class _Names(_Reader):
    """The sheets of a workbook and their parts' ids, and whether its days are counted from 1904 or its formulas are to be
    calculated when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        self.is_1904 = self.recalculated = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note what an element says."""
        if name == "sheet":
            found = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.ids[attributes["name"]] = found
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "calcPr":
            self.recalculated = attributes.get("fullCalcOnLoad") in ("1", "true")


class _Relations(_Reader):
    """Where the parts of a workbook are, by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a relation."""
        if name == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            self.targets[attributes.get("Id", "")] = path


class _Styles(_Reader):
    """How numbers are shown, by the number of a cell's style."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[str, str] = {}
        self._in_cells = False
        self._count = 0
        self.changes: dict[str, Change] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a format or a style."""
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            change = self._change(attributes.get("numFmtId", ""))
            if change is not None:
                self.changes[str(self._count)] = change
            self._count += 1

    def end(self, name: str) -> None:
        """Leave the list of styles."""
        if name == "cellXfs":
            self._in_cells = False

    def _change(self, number: str) -> Change | None:
        code = _QUOTED.sub("", self._formats.get(number, ""))
        if number in ("9", "10") or "%" in code:
            return percent_text
        return partial(padded_text, digits=len(code)) if _ZEROS.fullmatch(code) else None


class _SheetXml(_Reader):
    """The cells of a sheet."""

    def __init__(self, styles: Mapping[str, Change], *, recalculated: bool) -> None:
        super().__init__()
        self._styles, self._recalculated = styles, recalculated
        self.hidden = Hidden()
        self._reach = _Reach()
        self._row = self._place = 0
        self._type = self._style = ""
        self._filled = self._formula = self._collects = False
        self._value: list[str] = []
        self._code: list[str] = []
        self._into: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell or what it has."""
        if name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._place = _place_of(found[1]) if found else self._place + 1
            self._row = int(found[2]) if found else self._row
            self._type, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._filled = self._formula = False
            self._value, self._code = [], []
        elif name == "v":
            self._into = self._value
        elif name == "is":
            self._filled = True
        elif name == "f":
            self._formula, self._into = True, self._code
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._place = -1

    def text(self, text: str) -> None:
        """Take a part of a value or of a formula."""
        if self._into is not None:
            self._into.append(text)

    def end(self, name: str) -> None:
        """End a cell or what it has."""
        if name in ("v", "f"):
            self._into = None
        elif name == "c" and (self._value or self._filled or self._formula):
            self._take("".join(self._value))

    def _take(self, value: str) -> None:
        self._reach.take(self._row, self._place)
        kind = self._type
        if kind == "e":
            self.hidden.change(self._row, self._place, _always(value or "#N/A"))
        elif self._formula and _is_not_calculated(kind, value, recalculated=self._recalculated):
            self.hidden.change(self._row, self._place, _always("=" + "".join(self._code)))
        elif kind in ("", "n") and (change := self._styles.get(self._style)):
            self.hidden.change(self._row, self._place, change)


def _is_not_calculated(kind: str, value: str, *, recalculated: bool) -> bool:
    """Return whether a formula has no value yet: none at all, or the 0 of programs that leave it to the program that opens
    the file."""
    return (not value and kind != "str") or (recalculated and kind in ("", "n") and value == "0")


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters[:4]:
        place = place * 26 + ord(letter) - 64
    return place - 1


def hidden_of_xlsx(source: Source) -> tuple[Mapping[str, Hidden], bool]:
    """Return what calamine does not show of each sheet by its name, and whether days are counted from 1904.

    Raise Invalid: `import_broken`, `import_rows`, `import_columns`.
    """
    with _opened(source) as packed:
        names, relations, styles = _Names(), _Relations(), _Styles()
        names.read(source, packed, "xl/workbook.xml")
        relations.read(source, packed, "xl/_rels/workbook.xml.rels")
        there = set(packed.namelist())
        if "xl/styles.xml" in there:
            styles.read(source, packed, "xl/styles.xml")
        found: dict[str, Hidden] = {}
        for name, part in names.ids.items():
            path = relations.targets.get(part, "")
            if path in there and "/worksheets/" in path:
                sheet = _SheetXml(styles.changes, recalculated=names.recalculated)
                sheet.read(source, packed, path)
                found[name] = sheet.hidden
        return found, names.is_1904


# ODS (OpenDocument 1.3 part 3, §9 and §19)


class _Content(_Reader):
    """The tables of an OpenDocument spreadsheet."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Hidden] = {}
        self._hidden, self._reach = Hidden(), _Reach()
        self._row = self._place = self._rows = self._again = 0
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a table, a row, a cell or its text."""
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self._hidden = self.found[_attribute(attributes, "name")] = Hidden()
                self._row, self._reach = 0, _Reach()
        elif self._depth != 1:
            return
        elif name == "table-row":
            self._rows = int(_attribute(attributes, "number-rows-repeated") or 1)
            self._place = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = {
                key.rpartition(":")[2] + ("!" if key.startswith("calcext:") else ""): value
                for key, value in attributes.items()
            }
            self._again = int(self._cell.get("number-columns-repeated", 1))
            self._text = []
        elif name == "p" and self._text:
            self._text.append("\n")

    def text(self, text: str) -> None:
        """Take a part of a cell's text."""
        if self._text is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        """End a table, a row or a cell."""
        if name == "table":
            self._depth -= 1
        elif self._depth != 1:
            return
        elif name == "table-row":
            self._row += self._rows
        elif name in ("table-cell", "covered-table-cell"):
            self._take("".join(self._text or ()))
            self._place += self._again
            self._text = None

    def _take(self, text: str) -> None:
        cell, first = self._cell, self._row + 1
        kind, formula = cell.get("value-type", ""), cell.get("formula", "")
        if not kind and not formula and not text:
            return
        self._reach.take(self._row + self._rows, self._place + self._again - 1)
        down, across = int(cell.get("number-rows-spanned", 1)), int(cell.get("number-columns-spanned", 1))
        if down > 1 or across > 1:
            end = (self._row + down - 1, self._place + across - 1)
            self._hidden.merged.append(((self._row, self._place), end))
        change: Change | None = None
        if cell.get("value-type!") == "error" or (formula and text.startswith(("#", "Err:"))):
            change = _always(text or "#N/A")
        elif formula and not kind:
            change = _always("=" + formula.partition("=")[2])
        elif kind == "percentage":
            change = percent_text
        if change is not None:
            for row in range(first, first + self._rows):
                for place in range(self._place, self._place + self._again):
                    self._hidden.change(row, place, change)


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def hidden_of_ods(source: Source) -> Mapping[str, Hidden]:
    """Return what calamine does not show of each sheet by its name.

    Raise Invalid: `import_broken`, `import_rows`, `import_columns`.
    """
    with _opened(source) as packed:
        content = _Content()
        content.read(source, packed, "content.xml")
        return content.found
