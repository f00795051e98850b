"""A file of text, read line by line: its encoding, what parts its cells, and its rows."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

from desk.core.errors import Invalid
from desk.importing.decoding import encoding_of
from desk.importing.reading.source import Source

Row = tuple[int, list[str]]
"""The number of a line or row, counted from 1, and its cells."""

MOST_ROWS = 1_000_000
"""The most rows of a file of text."""

MOST_COLUMNS = 1_000

_MARKS = (",", "\t", ";", "|", "，")
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_LONGEST_SAMPLE = 1024**2
_MARK = "\ufeff"
_SAMPLED = 30
"""Lines by which it is told what parts the cells."""

Score = Callable[[Sequence[Row]], int]
"""How many headings are known in the first rows."""


class TextFile:
    """A file of comma-, semicolon-, tab- or bar-separated values."""

    def __init__(self, source: Source, *, encoding: str | None, score: Score) -> None:
        """Raise Invalid as `decoding.encoding_of` does, `import_not_csv`."""
        self._source = source
        self._bytes: BinaryIO | None = None
        self._encoding = encoding_of(source.open, given=source.given, encoding=encoding)
        self._mark, self._skipped = self._separator(score)

    def rows(self) -> Iterator[Row]:
        """Yield the rows with the number of the line at which each ends.

        Raise Invalid: `import_quotes` (with the line in which the row begins), `import_columns` (too many).
        """
        with self._opened() as opened:
            reader = csv.reader(islice(opened, self._skipped, None), delimiter=self._mark, strict=True)
            ended = 0
            try:
                for cells in reader:
                    if len(cells) > MOST_COLUMNS:
                        raise Invalid("import_columns", limit=MOST_COLUMNS, columns=len(cells))
                    ended = reader.line_num
                    yield ended + self._skipped, cells
            except csv.Error:
                raise Invalid("import_quotes", line=ended + 1 + self._skipped, limit=csv.field_size_limit()) from None

    def share(self) -> float:
        """Return how much of the file its rows, which are being read, have come to."""
        return self._bytes.tell() / max(1, self._source.size) if self._bytes is not None else 0.0

    def _opened(self) -> io.TextIOBase:
        self._bytes = self._source.open()
        opened = io.TextIOWrapper(self._bytes, self._encoding, newline="")
        if opened.read(1) != _MARK:
            opened.seek(0)
        return opened

    def _separator(self, score: Score) -> tuple[str, int]:
        """Return what parts the cells, and how many lines there are before the rows."""
        with self._opened() as opened:
            lines = [line[:_LONGEST_SAMPLE] for line in islice(opened, _SAMPLED)]
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
