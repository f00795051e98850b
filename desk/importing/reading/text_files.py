"""A file of text, read line by line: its encoding, what parts its cells, and its rows."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from desk.core.errors import Invalid
from desk.importing.decoding import decode
from desk.importing.reading.source import Source

Row = tuple[int, list[str]]
"""The number of a line or row, counted from 1, and its cells."""

MOST_ROWS = 1_000_000
"""The most rows of a file of text."""

MOST_COLUMNS = 1_000

_MARKS = (",", "\t", ";", "|", "，")
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_CHUNK = 1024**2
_SAMPLED = 30
"""Lines by which it is told what parts the cells."""

Score = Callable[[Sequence[Row]], int]
"""How many headings are known in the first rows."""


class TextFile:
    """A file of comma-, semicolon-, tab- or bar-separated values."""

    def __init__(self, source: Source, *, encoding: str | None, score: Score) -> None:
        """Raise Invalid as `decoding.decode` does, `import_not_csv`."""
        self._source = source
        self._encoding, self._text = _encoding_of(source, encoding)
        self._mark, self._skipped = self._separator(score)

    def rows(self) -> Iterator[Row]:
        """Yield the rows with the number of the line at which each ends.

        Raise Invalid: `import_quotes`, `import_rows` (too many), `import_columns` (too many).
        """
        with self._opened() as opened:
            reader = csv.reader(islice(opened, self._skipped, None), delimiter=self._mark, strict=True)
            try:
                for count, cells in enumerate(reader):
                    if count > MOST_ROWS and any(cells):
                        raise Invalid("import_rows", limit=MOST_ROWS, form="text")
                    if len(cells) > MOST_COLUMNS:
                        raise Invalid("import_columns", limit=MOST_COLUMNS, columns=len(cells))
                    yield reader.line_num + self._skipped, cells
            except csv.Error:
                raise Invalid("import_quotes", line=reader.line_num + self._skipped) from None

    def _opened(self) -> io.TextIOBase:
        if self._text is not None:
            return io.StringIO(self._text, newline="")
        return io.TextIOWrapper(self._source.open(), self._encoding, newline="")

    def _separator(self, score: Score) -> tuple[str, int]:
        """Return what parts the cells, and how many lines there are before the rows."""
        with self._opened() as opened:
            lines = [line[:_CHUNK] for line in islice(opened, _SAMPLED)]
        if lines and (named := _SEP.fullmatch(lines[0].rstrip("\r\n"))):
            return named[1], 1
        marks = [mark for mark in _MARKS if any(mark in line for line in lines)]
        if not marks:
            raise Invalid("import_not_csv")
        scores = {mark: score(_split(lines, mark)) for mark in marks}
        return max(marks, key=lambda mark: (scores[mark], mark in lines[0])), 0


def _split(lines: Sequence[str], mark: str) -> list[Row]:
    """Return the rows of the first lines, as far as they can be read."""
    rows: list[Row] = []
    reader = csv.reader(lines, delimiter=mark)
    with suppress(csv.Error):
        rows.extend((reader.line_num, cells) for cells in reader)
    return rows


def _encoding_of(source: Source, encoding: str | None) -> tuple[str, str | None]:
    """Return the encoding of a file, and its text if that had to be read as a whole."""
    if encoding is None:
        if _is_utf8(source):
            return "utf-8-sig", None
        if found := _utf16(source):
            return found, None
    return "", decode(source.read(), given=source.given, encoding=encoding)


def _is_utf8(source: Source) -> bool:
    """Return whether all of a file is UTF-8. Raise Invalid for one with NUL in it, which is no text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open() as opened:
        try:
            while chunk := opened.read(_CHUNK):
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _utf16(source: Source) -> str | None:
    """Return which UTF-16 a file is in: told by its mark, or by line ends and separators where it has none."""
    head = source.head(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    elif any(mark in head[:2048:1] and head.find(mark) % 2 == 0 for mark in (b",\0", b"\n\0", b"\t\0", b";\0")):
        found = "utf-16-le"
    elif any(mark in head and head.find(mark) % 2 == 0 for mark in (b"\0,", b"\0\n", b"\0\t", b"\0;")):
        found = "utf-16-be"
    else:
        return None
    decoder = codecs.getincrementaldecoder(found)()
    with source.open() as opened:
        try:
            while chunk := opened.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    return None
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return found
