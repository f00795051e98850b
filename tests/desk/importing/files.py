"""What a person sees of a file that is read: its rows, what is refused of them and why, and why a file is refused whole."""

from datetime import date
from typing import Any

import pytest

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.file_contents import read_loans, read_money
from desk.importing.reading.tables import How, Table, read_file
from desk.importing.rows import ImportRow
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import explain_file, explain_row

TODAY = date(2026, 11, 25)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file of loans as it was read: its table, its rows without fault, and each fault with its line."""

    table: Table
    rows: list[ImportRow]
    refused: list[str]

    def column(self, name: str) -> list[Any]:
        """Return the values of a column, of all rows."""
        return [row.terms.get(name, getattr(row, name, None)) for row in self.rows]


def seen(content: bytes | str, name: str = "loans", **how: Any) -> Seen:
    """Read a file of loans."""
    table = read_file(content.encode() if isinstance(content, str) else content, name, How(**how))
    read = read_loans(table, today=TODAY, region="CN")
    t = Translator("en")
    faults = [(row.line, error) for row in read.refused for error in row.errors]
    faults += [(row.line, error) for row in read.rows for error in row.faults]
    refused = [f"{line} {explain_row(t, error)}" for line, error in sorted(faults, key=lambda each: each[0])]
    return Seen(table, [row for row in read.rows if not row.faults], refused)


def payments(content: bytes | str, name: str = "payments") -> list[tuple[Any, ...]]:
    """Return the line, number, day and amount of each payment of a file, and of a refused one its reasons."""
    read = read_money(read_file(content.encode() if isinstance(content, str) else content, name))
    t = Translator("en")
    rows = [
        (row.line, row.number, row.paid_on, row.amount, *(explain_row(t, e) for e in row.faults))
        for row in read.payments
    ]
    return rows + [(row.line, *(explain_row(t, error) for error in row.errors)) for row in read.refused]


def refusal(content: bytes | str, name: str = "loans", language: str = "en", **how: Any) -> str:
    """Return why a file is refused whole."""
    with pytest.raises(Invalid) as refused:
        read_file(content.encode() if isinstance(content, str) else content, name, How(**how))
    return explain_file(Translator(language), refused.value)
