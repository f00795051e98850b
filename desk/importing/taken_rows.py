"""What became of each row: for the report of a dry run, and for the program that reported it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from desk.core.dataclass import dataclass

_NEW = frozenset({"new", "reversed", "settled"})
"""Effects of rows whose cells are all new at the desk."""

NAMED = 100
"""How many rows a report names."""


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that was taken: its line, the loan's number in the file, what it did, and the columns that are new or changed."""

    line: int
    number: str
    effect: str
    columns: frozenset[str] = frozenset()


@dataclass(slots=True)
class TakenRows:
    """What would become of the rows that are not unchanged: the first of them, at most `most` (None: every one), how many there
    are, and by column how many cells would be new and changed."""

    most: int | None = NAMED
    rows: list[TakenRow] = field(default_factory=list[TakenRow])
    count: int = 0
    new: Counter[str] = field(default_factory=Counter[str])
    changed: Counter[str] = field(default_factory=Counter[str])

    def add(self, rows: Iterable[TakenRow]) -> None:
        """Add the rows of a batch."""
        for row in rows:
            if row.effect == "same":
                continue
            self.count += 1
            (self.new if row.effect in _NEW else self.changed).update(row.columns)
            if self.most is None or len(self.rows) < self.most:
                self.rows.append(row)
