"""The headings of a lender's files, read from `desk/data/import_columns.toml`, and how headings are compared."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass

IGNORED = ""
"""What a person chooses for a heading whose column is not imported."""

_BRACKETED_UNIT = re.compile(
    r"[(\[【（](?:单位[::])?(?:人民币)?(?:元|万元?|美元|%|‰|天|日|月|期|个月|rmb|cny|usd|yuan|days?|months?)[)\]】）]"
)
_UNIT = re.compile(r"(?:元|%|天)$")
_NO_MATTER = re.compile(r"[\s_\-./:：()（）\[\]【】*#＊]+")
_TEN_THOUSANDS = re.compile(r"[(\[【（](?:单位[::])?(?:人民币)?万元?[)\]】）]|万元$")
_UNIT_ABOVE = re.compile(
    r"单位:?(?:人民币)?(千|万|百万|千万|亿)元?(?![\u4e00-\u9fff])|[(\[【](千|万|百万|千万|亿)元[)\]】]"
)
_OWN_UNIT = re.compile(r"[(\[【](?:单位:?)?(?:人民币)?[千万百亿]*元?[)\]】]$|元$")
_HIDDEN = frozenset({"Cf", "Cc"})


@lru_cache(maxsize=2048)  # each cell of the first rows is asked for again with each kind of file
def heading_key(text: str) -> str:
    """Return the form in which headings are compared: NFKC, case-folded, without blanks, marks and units
    (LENDING_FACTS §14)."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c) not in _HIDDEN)
    plain = _BRACKETED_UNIT.sub("", plain.replace(" ", ""))
    plain = _NO_MATTER.sub("", plain)
    return _UNIT.sub("", plain) or plain


def letter_of(place: int) -> str:
    """Return what a spreadsheet calls the column at that place, from 0."""
    letters, left = "", place + 1
    while left:
        left, rest = divmod(left - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def with_letter(heading: str, place: int) -> str:
    """Return what tells a column from another of the same heading: `电话 (C)`."""
    return f"{heading} ({letter_of(place)})"


def said_of(said: Mapping[str, str], heading: str, place: int) -> str | None:
    """Return what a person said of a column, by its heading with its letter or by the heading alone; None if nothing."""
    found = said.get(heading_key(with_letter(heading, place)))
    return found if found is not None else said.get(heading_key(heading))


def is_in_ten_thousands(heading: str) -> bool:
    """Return whether a heading says that its amounts are in 万元."""
    return _TEN_THOUSANDS.search(unicodedata.normalize("NFKC", heading).replace(" ", "")) is not None


def unit_of(cells: Iterable[str]) -> str | None:
    """Return the unit of amounts that a row above the headings names, if it is another than 元: 万元, 千元."""
    found = _UNIT_ABOVE.search("".join(unicodedata.normalize("NFKC", "".join(cells)).split()))
    return f"{found[1] or found[2]}元" if found else None


def has_unit(heading: str) -> bool:
    """Return whether a heading says itself what its amounts are in."""
    return _OWN_UNIT.search(unicodedata.normalize("NFKC", heading).replace(" ", "")) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that the desk takes, and its headings."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    like: str = ""
    scales: bool = False
    date: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in both languages."""
        return (*self.en, *self.zh)

    def label(self, language: str) -> str:
        """Return what people are shown."""
        return self.zh[0] if language.startswith("zh") and self.zh else (*self.en, *self.zh)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """A heading that lenders use for other things too."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    column: str
    proof: Literal["some", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What files of a kind have: the columns by name, which must be there, and headings that are not certain."""

    required: tuple[str, ...]
    columns: Mapping[str, Column]
    by_key: Mapping[str, str] = field(repr=False)
    unsure: Mapping[str, Unsure] = field(repr=False)

    def column_named(self, text: str) -> str | None:
        """Return the column that a person means by its name or by one of its headings."""
        key = heading_key(text)
        if key in (found := {heading_key(name): name for name in self.columns}):
            return found[key]
        return self.by_key.get(key) or (self.unsure[key].column if key in self.unsure else None)

    @property
    def dates(self) -> frozenset[str]:
        """The columns whose cells are dates."""
        return frozenset(name for name, column in self.columns.items() if column.date)

    @property
    def scaled(self) -> frozenset[str]:
        """The columns in which a heading may say 万元."""
        return frozenset(name for name, column in self.columns.items() if column.scales)


@cache
def shapes() -> Mapping[str, Shape]:
    """Return what files of each kind have. Raises DataFileError."""
    file = DataFile(resources.files("desk") / "data" / "import_columns.toml")
    found: dict[str, Shape] = {}
    for kind, table in file.tables.items():
        found[kind] = _shape(file, kind, table, found)
    return found


def _shape(file: DataFile, kind: str, table: Mapping[str, Any], earlier: Mapping[str, Shape]) -> Shape:
    columns: dict[str, Column] = {}
    for name, value in table["columns"].items():
        column = file.read(Column, value, kind, "columns", name)
        columns[name] = earlier[column.like].columns[name] if column.like else column
    columns |= dict(_people(file, kind, table))
    unsure = {
        heading_key(heading): file.read(Unsure, value, kind, "unsure", heading)
        for heading, value in table.get("unsure", {}).items()
    }
    by_key: dict[str, str] = {}
    for name, column in columns.items():
        for key in map(heading_key, column.headings):
            if key in unsure:
                continue
            if by_key.setdefault(key, name) != name:
                raise file.error(f"{key} heads {by_key[key]} too", kind, "columns", name)
    required = file.read(tuple[str, ...], table["required"], kind)
    return Shape(required=required, columns=columns, by_key=by_key, unsure=unsure)


def _people(file: DataFile, kind: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Column]]:
    """Yield the columns of people around a loan: for each a name, and a phone."""
    endings = {
        what: file.read(_Words, value, kind, "endings", what) for what, value in table.get("endings", {}).items()
    }
    for suffix, what in (("", "name"), ("_phone", "phone")):
        for role, value in table.get("people", {}).items():
            words, each = file.read(_Words, value, kind, "people", role), endings[what]
            en = tuple(word + ending for word, ending in product(words.en, each.en))
            zh = tuple(word + ending for word, ending in product(words.zh, each.zh))
            yield role + suffix, Column(en=en, zh=zh)
