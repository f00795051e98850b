"""The columns of a lender's file, and its rows with every fault of each."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.terms import TermValue
from desk.importing.cells import read_cell, read_rate
from desk.importing.person_cells import NAME_COLUMNS, PERSON_COLUMNS, PHONE_COLUMNS, PersonCells
from desk.importing.term_cells import RATE_BASIS, TERM_COLUMNS

REQUIRED = ("number", "name", "phone", "stage")
"""The columns that a row of a new loan must have, as a file of loans must."""

BLANK_MEANS_NONE = frozenset({"unpaid_since"})
"""The columns in which an empty cell says something: that everything is paid."""

_OF_ITS_OWN = frozenset({"number", "name", "phone", *PERSON_COLUMNS})
"""The columns in which each row has a value of its own."""

_SAYS_MORE_OF: Mapping[str, str] = {RATE_BASIS: "rate", **PHONE_COLUMNS}
"""The columns that mean nothing without another one."""

_MOST_KNOWN = 2_000
"""How many texts of a column a reader keeps."""


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column that is not imported. `heading` is None for one without a heading, `place` counts from 1."""

    place: int
    heading: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a file: the place and the heading of each known column, and the headings of the other columns by
    their places, None for a column without one."""

    places: Mapping[str, int]
    headings: Mapping[str, str]
    unknown: Mapping[int, str | None]

    def filled(self, cells: Sequence[str]) -> frozenset[str]:
        """Return the known columns in which a row says something."""
        return frozenset(
            column for column, place in self.places.items() if place < len(cells) and not is_blank(cells[place])
        )


def is_blank(text: str) -> bool:
    """Return whether a cell says nothing."""
    return not text or text.isspace()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row as read. `owner` is a Slack id, an e-mail address, or empty.

    A column that is not `given` changes nothing: the file lacks it, or the cell is empty. `faults` are all that is wrong
    in the row itself; a row with one is not imported. `headings` has the file's own word for each column.
    """

    line: int
    number: str = ""
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    stage: str = ""
    owner: str = ""
    amount: Decimal | None = None
    due_day: int | None = None
    autopay: bool = False
    unpaid_since: date | None = None
    terms: Mapping[str, TermValue] = field(default_factory=dict[str, TermValue], repr=False)
    people: Mapping[str, PersonCells] = field(default_factory=dict[str, PersonCells], repr=False)
    given: frozenset[str] = frozenset()
    faults: tuple[DeskError, ...] = field(default=(), repr=False)
    headings: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def fault(self, code: str, column: str, **params: Any) -> Invalid:
        """Return a refusal of this row for what is in that column."""
        return fault_of(Invalid(code, **params), column, self.headings.get(column, column), self.line)


def fault_of(error: DeskError, column: str, heading: str, line: int) -> Invalid:
    """Return a refusal with the column, its heading in the file, and the line."""
    return Invalid(error.code, **{**error.params, "column": column, "heading": heading, "line": line})


def without_lonely(header: Header) -> Header:
    """Return the columns without those that mean nothing beside a column that the file lacks: a phone without a name."""
    places, headings, unknown = dict(header.places), dict(header.headings), dict(header.unknown)
    for column, needed in _SAYS_MORE_OF.items():
        if column in places and needed not in places:
            unknown[places.pop(column)] = headings.pop(column)
    return Header(places, headings, unknown)


class RowReader:
    """Reads the rows of one file. Of a column with few values, each text is read once."""

    def __init__(self, header: Header, *, today: date, region: str) -> None:
        self._headings, self._today, self._region = header.headings, today, region
        self._columns = [
            (column, place, None if column in _OF_ITS_OWN else dict[str, Any]())
            for column, place in header.places.items()
            if RATE_BASIS not in header.places or column not in (RATE_BASIS, "rate")
        ]
        self._rate_places = (header.places["rate"], header.places[RATE_BASIS]) if RATE_BASIS in header.places else None
        self._has_people = not header.places.keys().isdisjoint(NAME_COLUMNS)
        self._number_place = header.places["number"]
        self._given: dict[tuple[str, ...], frozenset[str]] = {}

    def number(self, cells: Sequence[str]) -> str | None:
        """Return the loan number of a row. Raises Invalid with the reason."""
        return read_cell("number", cells[self._number_place], today=self._today, region=self._region)

    def read(self, line: int, cells: Sequence[str]) -> ImportRow:
        """Return the row at `line` of the file, with every fault of its cells."""
        values: dict[str, Any] = {}
        given: list[str] = []
        faults: list[DeskError] = []
        for column, place, known in self._columns:
            text = cells[place]
            if known is not None and text in known:
                value = known[text]
            else:
                try:
                    value = read_cell(column, text, today=self._today, region=self._region)
                    if value is None and column == "number":
                        raise Invalid("import_empty")
                except DeskError as error:
                    faults.append(fault_of(error, column, self._headings[column], line))
                    continue
                if known is not None and len(known) < _MOST_KNOWN:
                    known[text] = value
            if value is not None:
                values[column] = value
                given.append(column)
            elif column in BLANK_MEANS_NONE:
                given.append(column)
        if self._rate_places is not None:
            self._read_rate(line, cells, self._rate_places, values, faults)
            given += values.keys() & {"rate"}
        columns = tuple(given)
        shared = self._given.get(columns) or self._given.setdefault(columns, frozenset(columns))
        terms = {column: values.pop(column) for column in columns if column in TERM_COLUMNS}
        if terms:
            values["terms"] = terms
        if self._has_people:
            values["people"] = self._people(line, values, faults)
        return ImportRow(line=line, given=shared, faults=tuple(faults), headings=self._headings, **values)

    def _read_rate(
        self, line: int, cells: Sequence[str], places: tuple[int, int], values: dict[str, Any], faults: list[DeskError]
    ) -> None:
        """Read the rate of a row, and beside it what it is of."""
        try:
            rate = read_rate(*(cells[place] for place in places))
        except DeskError as error:
            column = RATE_BASIS if error.code == "import_choice" else "rate"
            faults.append(fault_of(error, column, self._headings[column], line))
        else:
            if rate is not None:
                values["rate"] = rate

    def _people(self, line: int, values: dict[str, Any], faults: list[DeskError]) -> dict[str, PersonCells]:
        """Move the names and phones of people around the loan out of the values."""
        wrong = {fault.params["column"] for fault in faults}
        found: dict[str, PersonCells] = {}
        for column, role in PHONE_COLUMNS.items():
            name, phone = values.pop(role, None), values.pop(column, "")
            if name is not None:
                found[role] = PersonCells(name, phone)
            elif phone and role not in wrong:
                faults.append(fault_of(Invalid("import_nameless"), column, self._headings[column], line))
        return found
