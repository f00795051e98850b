"""What calamine does not show of an OpenDocument spreadsheet (OpenDocument 1.3 part 3, §9 and §19), and one that it can open."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import product

from desk.importing.reading.cell_texts import percent_text
from desk.importing.reading.forms import opened_parts, unpacked
from desk.importing.reading.hidden import Change, Hidden, Reach, always, padded
from desk.importing.reading.source import Source
from desk.importing.reading.xml_parts import Reader

_PADDED = re.compile(r"0\d+")
"""A number as a format shows it that has leading zeros."""

_INDENT = re.compile(rb"(?<=>)\s+(?=</?(?:[\w.-]+:)?(?:covered-)?table-(?:cell|row))")
"""White space around cells and rows, which says nothing (OpenDocument 1.2 part 1, §3.18)."""
_OPENED = ("mimetype", "META-INF/manifest.xml", "content.xml")
"""The parts that calamine opens."""


class _Content(Reader):
    """The tables of an OpenDocument spreadsheet."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Hidden] = {}
        self._hidden, self._reach = Hidden(), Reach()
        self._row = self._place = self._rows = self._again = 0
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._depth = self._in_notes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a table, a row, a cell or its text."""
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self._hidden = self.found[_attribute(attributes, "name")] = Hidden()
                self._row, self._reach = 0, Reach()
        elif name == "annotation":
            self._in_notes += 1
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
        elif name == "p" and self._text and not self._in_notes:
            self._text.append("\n")

    def text(self, text: str) -> None:
        """Take a part of a cell's text."""
        if self._text is not None and not self._in_notes:
            self._text.append(text)

    def end(self, name: str) -> None:
        """End a table, a row or a cell."""
        if name == "table":
            self._depth -= 1
        elif name == "annotation":
            self._in_notes -= 1
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
        rows, places = range(first, first + self._rows), range(self._place, self._place + self._again)
        if cell.get("value-type!") == "error" or (formula and text.startswith(("#", "Err:"))):
            change = always(text or "#N/A")
        elif formula and not kind:
            for row, place in product(rows, places):
                self._hidden.formula(row, place, "=" + formula.partition("=")[2])
        elif kind == "percentage":
            change = percent_text
        elif kind == "float" and _PADDED.fullmatch(text):
            change = padded(len(text))
        if change is not None:
            for row, place in product(rows, places):
                self._hidden.change(row, place, change)


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def hidden_of_ods(source: Source) -> Mapping[str, Hidden]:
    """Return what calamine does not show of each sheet by its name.

    Raise Invalid: `import_broken`, `import_rows`, `import_columns`.
    """
    with opened_parts(source) as packed:
        content = _Content()
        content.read(source, packed, "content.xml")
        return content.found


def without_indents(source: Source) -> BytesIO:
    """Return a spreadsheet without line breaks between its cells, which SheetJS writes and calamine refuses.

    Raise Invalid: `import_broken`.
    """
    written = BytesIO()
    with opened_parts(source) as packed, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for part in packed.infolist():
            if part.filename in _OPENED:
                with file.open(part.filename, "w") as opened:
                    for piece in _without_indents(unpacked(source, packed, part)):
                        opened.write(piece)
    written.seek(0)
    return written


def _without_indents(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept: list[bytes] = []  # from the last tag on, behind which white space may go on in the next chunk
    for chunk in chunks:
        last = chunk.rfind(b">")
        if last < 0:
            kept.append(chunk)
            continue
        yield _INDENT.sub(b"", b"".join((*kept, chunk[:last])))
        kept = [chunk[last:]]
    yield _INDENT.sub(b"", b"".join(kept))
