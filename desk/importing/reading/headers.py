"""The line of headings of a table: where it is, what its columns are, and what must be asked about them."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.importing.cells import clean
from desk.importing.reading.headings import IGNORED, Shape, has_unit, heading_key, said_of, shapes, unit_of

SEARCHED = 40
"""Rows among which the headings are looked for: behind titles and remarks."""

_GENERAL = frozenset(map(heading_key, ("date", "日期", "amount", "金额")))
"""Headings of nearly any table. Beside a borrower's name they make no table of payments of it."""

Why = Literal["unsure", "twice"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must say about a heading: which of the `columns` it is, or that it is not imported. `unsure`: lenders use it
    for other things too. `twice`: `others` may mean the same column."""

    why: Why
    heading: str
    columns: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table of that kind, at the rows from `first` to `last`, and which columns they name.

    `unsure` has the columns that headings may be, by place; `twice` the places of each column that several headings name.
    """

    kind: str
    first: int
    last: int
    texts: tuple[str, ...]
    places: Mapping[str, int]
    unsure: Mapping[int, str] = field(default_factory=dict[int, str])
    twice: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    without_unit: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The headings as they are in the file, without the unit that a row above them names."""
        return self.without_unit or self.texts

    @property
    def shape(self) -> Shape:
        """What files of this kind have."""
        return shapes()[self.kind]

    @property
    def known(self) -> int:
        """How many columns are recognised, or nearly."""
        return len(self.places) + len(set(self.unsure.values()) - self.places.keys()) + len(self.twice)

    @property
    def missing(self) -> tuple[str, ...]:
        """The required columns that no heading may be."""
        maybe = {*self.places, *self.unsure.values(), *self.twice}
        return tuple(column for column in self.shape.required if column not in maybe)


def find_headings(
    rows: Sequence[tuple[int, Sequence[str]]], kind: str | None, chosen: Mapping[str, Mapping[str, str]]
) -> Headings | None:
    """Return the headings among the first rows of a table: the row, or two rows together, that name the most columns.

    `chosen` has, by kind, what a person has said of headings by their keys. None: no row names two columns.
    """
    best: Headings | None = None
    for place, (number, cells) in enumerate(rows[:SEARCHED]):
        if sum(1 for cell in cells if cell.strip()) < 2 and (kind is None or best is not None):
            continue
        found = [_recognised(each, number, number, [[cell] for cell in cells], chosen) for each in _kinds(kind)]
        if place + 1 < len(rows) and _may_head(rows[place + 1][1]):
            below, under = rows[place + 1]
            options = _together(cells, under)
            found += [_recognised(each, number, below, options, chosen) for each in _kinds(kind)]
        for each in _plausible(found):
            if best is None or _rank(each) > _rank(best):
                best = each
    return best if best is not None and best.known >= 1 else None


def in_their_unit(found: Headings, rows: Sequence[tuple[int, Sequence[str]]]) -> Headings:
    """Return headings with the unit of amounts that a row above them names (单位：万元), unless they say their own. Amounts in a
    unit that the desk does not read are not imported.

    Raise Invalid `import_unit` if they must be.
    """
    unit = next((unit for number, cells in rows if number < found.first and (unit := unit_of(cells))), None)
    if unit is None:
        return found
    columns = {**found.unsure, **{place: column for column, place in found.places.items()}}
    columns |= {place: column for column, places in found.twice.items() for place in places}
    meant = {
        place for place, column in columns.items() if column in found.shape.scaled and not has_unit(found.texts[place])
    }
    texts = tuple(f"{text}（{unit}）" if place in meant else text for place, text in enumerate(found.texts))
    if unit == "万元":
        return replace(found, texts=texts, without_unit=found.texts)
    if lost := meant & {found.places[column] for column in found.shape.required if column in found.places}:
        raise Invalid("import_unit", heading=found.texts[min(lost)], unit=unit)
    places = {column: place for column, place in found.places.items() if place not in meant}
    unsure = {place: column for place, column in found.unsure.items() if place not in meant}
    twice = {column: places for column, places in found.twice.items() if not meant & {*places}}
    return replace(found, texts=texts, places=places, unsure=unsure, twice=twice, without_unit=found.texts)


def _plausible(found: Sequence[Headings]) -> Sequence[Headings]:
    """Leave out what a table of loans only seems to be: beside a name or a stage, `date` and `amount` name no payments."""
    if not any(each.kind == "loans" and {"name", "stage"} & each.places.keys() for each in found):
        return found
    return [each for each in found if each.kind == "loans" or not _is_general(each)]


def _is_general(found: Headings) -> bool:
    return any(
        heading_key(found.texts[found.places[column]]) in _GENERAL
        for column in found.shape.required
        if column in found.places
    )


def _rank(found: Headings) -> tuple[bool, int, int, int, bool]:
    """Order what rows may be headings: all that is required, then the most columns, then the fewest that are meant twice or must
    be asked about, then one row before two, of which the first may be a title."""
    return (not found.missing, found.known, -len(found.twice), -len(found.unsure), found.first == found.last)


def _kinds(kind: str | None) -> Sequence[str]:
    return (kind,) if kind is not None else tuple(shapes())


def _may_head(cells: Sequence[str]) -> bool:
    """Return whether a row may be the second of two rows of headings: words, and no figures."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and not any(any(c.isdecimal() for c in cell) for cell in filled)


def _together(above: Sequence[str], below: Sequence[str]) -> list[list[str]]:
    """Return what each column of two rows of headings may be called: a heading above spans the empty ones beside it."""
    options: list[list[str]] = []
    over = ""
    for place in range(max(len(above), len(below))):
        top = above[place].strip() if place < len(above) else ""
        under = below[place].strip() if place < len(below) else ""
        over = top or (over if under else "")
        options.append([f"{over} {under}", under] if over and under else [over or under])
    return options


def _recognised(
    kind: str,
    first: int,
    last: int,
    options: Sequence[Sequence[str]],
    chosen: Mapping[str, Mapping[str, str]],
) -> Headings:
    shape, said = shapes()[kind], chosen.get(kind, {})
    texts: list[str] = []
    by_column: dict[str, list[int]] = {}
    unsure: dict[int, str] = {}
    named: set[str] = set()
    for place, possible in enumerate(options):
        text, column, certain = _column(shape, said, possible, place)
        texts.append(text)
        if column is None or column == IGNORED:
            continue
        if not certain:
            unsure[place] = column
            continue
        if said_of(said, text, place) is not None:
            named.add(column)
        by_column.setdefault(column, []).append(place)
    for column in named & by_column.keys():  # whom a person has named, the others are not
        kept = [place for place in by_column[column] if said_of(said, texts[place], place) is not None]
        by_column[column] = kept
    places = {column: found[0] for column, found in by_column.items() if len(found) == 1}
    unsure = {place: column for place, column in unsure.items() if column not in by_column}
    twice = {column: tuple(found) for column, found in by_column.items() if len(found) > 1}
    return Headings(kind, first, last, tuple(texts), places, unsure, twice)


def _column(shape: Shape, said: Mapping[str, str], possible: Sequence[str], place: int) -> tuple[str, str | None, bool]:
    """Return the heading of the column at that place, what it is, and whether that is certain."""
    texts = [clean(text) for text in possible]
    for text in texts:
        key = heading_key(text)
        if not key:
            continue
        if (chosen := said_of(said, text, place)) is not None:
            return text, chosen, True
        if key in shape.unsure:
            return text, shape.unsure[key].column, False
        if key in shape.by_key:
            return text, shape.by_key[key], True
    return texts[0] if texts else "", None, True
