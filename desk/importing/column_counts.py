"""What would become of the cells of each column of a file."""

from collections import Counter
from collections.abc import Iterator, Sequence

from desk.core.dataclass import dataclass
from desk.importing.batches import Result
from desk.importing.file_contents import Content, FileRead


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """How many cells of a column would be new, changed, unchanged and refused; `heading` is the file's."""

    heading: str
    new: int
    changed: int
    same: int
    refused: int


def column_counts(content: Content, result: Result) -> Sequence[ColumnCounts]:
    """Return the counts of each column that is imported, in the order of the desk's columns. It reads all rows."""
    refused: Counter[str] = Counter()
    for row in result.refused:
        refused.update({column for error in row.errors if (column := error.params.get("column"))})
    out = {row.line for row in result.refused}
    kept: Counter[str] = Counter()
    for line, columns in _filled(content):
        if line not in out:
            kept.update(columns)
    new, changed = result.tried.new, result.tried.changed
    return [
        ColumnCounts(
            heading, new[column], changed[column], max(kept[column] - new[column] - changed[column], 0), refused[column]
        )
        for column, heading in content.header.headings.items()
    ]


def _filled(content: Content) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield each row's line and the columns in which it says something."""
    if isinstance(content, FileRead):
        for row in content.rows:
            yield row.line, row.given
        return
    for line, cells in content.cells:
        yield line, content.header.filled(cells)
