"""The lists that can be had as a file, with their columns, read from `data/exports.toml`, and the formats of files."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, TypeVar, get_args

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import Word, term_for
from desk.follow_ups.due_lists import Period

ListCode = Literal["due", "arrears", "unplanned", "mine", "pool", "find", "documents", "figure", "trail", "portfolio"]
LIST_CODES: tuple[ListCode, ...] = get_args(ListCode)

Format = Literal["xlsx", "csv", "csv_bom"]
"""An Excel workbook; comma-separated values in UTF-8; the same with the mark at its beginning by which Excel knows UTF-8."""

FORMATS: tuple[Format, ...] = get_args(Format)

ColumnKind = Literal[
    "text",
    "phone",
    "number",
    "money",
    "rate",
    "date",
    "instant",
    "utc",
    "due",
    "yes_no",
    "word",
    "promise",
    "document",
    "act",
    "states",
]
Personal = Literal["", "masked", "hidden"]

W = TypeVar("W", bound=Word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Word):
    """A column: its name is the heading."""

    kind: ColumnKind
    personal: Personal = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedList(Word):
    """A list and the codes of its columns. `operator`: `loandesk export` writes it of the whole workspace."""

    columns: tuple[str, ...]
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """All lists and columns by code."""

    lists: Mapping[str, ExportedList]
    columns: Mapping[str, Column]

    def columns_of(self, code: str) -> tuple[Column, ...]:
        """Return the columns of a list, in order. Raises KeyError."""
        return tuple(self.columns[each] for each in self.lists[code].columns)


def load_layout(source: Traversable) -> Layout:
    """Read the lists and columns. Raises DataFileError for a list of another code, and for a column that there is not or that
    no list has."""
    file = DataFile(source)
    columns = _words(file, "columns", Column)
    lists = _words(file, "lists", ExportedList)
    if wrong := set(lists) ^ set(LIST_CODES):
        raise file.error("the desk has no such list, or has one that is not here", "lists", min(wrong))
    for code, each in lists.items():
        if unknown := [name for name in each.columns if name not in columns]:
            raise file.error(f"there is no column {unknown[0]!r}", "lists", code, field="columns")
    used = {name for each in lists.values() for name in each.columns}
    if idle := set(columns) - used:
        raise file.error("no list has this column", "columns", min(idle))
    return Layout(lists, columns)


def _words(file: DataFile, group: str, kind: type[W]) -> dict[str, W]:
    tables: Mapping[str, Mapping[str, object]] = file.tables.get(group, {})
    return {code: file.read(kind, {"code": code, **entry}, group, code) for code, entry in tables.items()}


@cache
def layout() -> Layout:
    """Return the lists and columns of this desk."""
    return load_layout(resources.files("desk") / "data" / "exports.toml")


def list_of_period(period: Period) -> ListCode:
    """Return the list that `/loan-due` shows for a period."""
    return "arrears" if period == "arrears" else "unplanned" if period == "unplanned" else "due"


def list_named(words: str) -> ExportedList | None:
    """Return the list that is typed so, by its code or its name in a language."""
    return term_for(layout().lists.values(), words)
