"""The cells of a sheet of an XLSX workbook: those that calamine shows otherwise than a person sees them.

Sheets have millions of cells, and nearly all are written in one way, which a pattern finds five times as fast as a parser of
XML. A sheet with anything else is left to the parser.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from html import unescape

from desk.core.dataclass import dataclass
from desk.importing.reading.forms import unpacked
from desk.importing.reading.hidden import Change, Hidden, Reach, always
from desk.importing.reading.source import Source
from desk.importing.reading.xml_parts import Reader

_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")
_ORDINARY = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?>'
    rb"(?:<f[^<>]*(?:/>|>([^<>]*)</f>))?(?:<v>([^<>]*)</v>|<v ?/>|(<is>).*?</is>)?</c>",
    re.DOTALL,
)
_FORMULA = b"<f"
_EMPTY = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]+")? ?/>')


@dataclass(frozen=True, slots=True)
class Shown:
    """How a workbook shows numbers, by the number of a cell's style, and whether its formulas are to be calculated on opening."""

    styles: Mapping[str, Change]
    recalculated: bool


def hidden_of_sheet(source: Source, packed: zipfile.ZipFile, name: str, shown: Shown) -> Hidden:
    """Return what calamine does not show of a sheet. Raise Invalid: `import_rows`, `import_columns`."""
    scanned = _scanned(_rows(unpacked(source, packed, packed.getinfo(name))), shown)
    if scanned is not None:
        return scanned
    sheet = SheetXml(shown)
    sheet.read(source, packed, name)
    return sheet.hidden


def _rows(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a sheet in parts that end behind a row."""
    left = b""
    for chunk in chunks:
        head, mark, tail = (left + chunk).rpartition(b"</row>")
        if mark:
            yield head + mark
        left = tail
    yield left


def _scanned(blocks: Iterator[bytes], shown: Shown) -> Hidden | None:
    """Return what calamine does not show, None if the sheet is not written as most are."""
    cells, styles = _Cells(shown), {style.encode() for style in shown.styles}
    for block in blocks:
        expected = block.count(b"<c ") - len(_EMPTY.findall(block))
        if b"<!" in block or b":c" in block or b"<c>" in block:
            return None
        rows, columns, found = {b"0"}, {b""}, 0
        for match in _ORDINARY.finditer(block):
            found += 1
            column, row, style, kind, code, value, inline = match.groups()
            if value or inline or code is not None or _FORMULA in match[0]:
                rows.add(row)
                columns.add(column)
            if kind == b"e" or style in styles or _FORMULA in match[0]:
                cells.take(_cell(match))
        if found != expected:
            return None
        cells.reach.take(int(max(rows, key=_order)), _place_of(max(columns, key=_order).decode()))
    return cells.hidden


def _order(text: bytes) -> tuple[int, bytes]:
    """Order the numbers of rows and the letters of columns as they are counted."""
    return len(text), text


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell as it is written: its kind and style, its formula (None: none), its value."""

    row: int
    place: int
    kind: str
    style: str
    formula: str | None
    value: str


def _cell(match: re.Match[bytes]) -> _Cell:
    column, row, style, kind, code, value, _ = ((each or b"").decode() for each in match.groups())
    formula = unescape(code) if _FORMULA in match[0] else None
    return _Cell(int(row), _place_of(column), kind, style, formula, unescape(value))


class _Cells:
    """Collects what calamine does not show of cells."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.hidden, self.reach = Hidden(), Reach()

    def take(self, cell: _Cell) -> None:
        """Take a cell that has something."""
        if cell.kind == "e":
            self.hidden.change(cell.row, cell.place, always(cell.value or "#N/A"))
        elif cell.formula is not None and self._is_not_calculated(cell):
            self.hidden.formula(cell.row, cell.place, "=" + cell.formula)
        elif cell.kind in ("", "n") and (change := self._shown.styles.get(cell.style)):
            self.hidden.change(cell.row, cell.place, change)

    def _is_not_calculated(self, cell: _Cell) -> bool:
        """Return whether a formula has no value yet: none at all, or the 0 of programs that leave it to the program that opens
        the file."""
        if not cell.value:
            return cell.kind != "str"
        return self._shown.recalculated and cell.kind in ("", "n") and cell.value == "0"


class SheetXml(Reader):
    """The cells of a sheet that is written in any way."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._cells = _Cells(shown)
        self._row = self._place = 0
        self._kind = self._style = ""
        self._filled = False
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None

    @property
    def hidden(self) -> Hidden:
        """What calamine does not show."""
        return self._cells.hidden

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell or what it has."""
        if name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._place = _place_of(found[1]) if found else self._place + 1
            self._row = int(found[2]) if found else self._row
            self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._filled, self._value, self._formula = False, [], None
        elif name == "v":
            self._into = self._value
        elif name == "is":
            self._filled = True
        elif name == "f":
            self._formula = self._into = []
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
        elif name == "c" and (self._value or self._filled or self._formula is not None):
            formula = None if self._formula is None else "".join(self._formula)
            self._cells.reach.take(self._row, self._place)
            value = "".join(self._value)
            self._cells.take(_Cell(self._row, self._place, self._kind, self._style, formula, value))


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters[:4]:
        place = place * 26 + ord(letter) - 64
    return place - 1
