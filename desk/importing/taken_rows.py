"""What became of each row: for the report of a dry run, and for the program that reported it."""

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that was taken: its line, the loan's number in the file, what it did, and the columns that are new or changed."""

    line: int
    number: str
    effect: str
    columns: frozenset[str] = frozenset()
