"""Read a lender's file of any form as a table: the way in for the command line, for Slack and for tests.

table = read_file(path, "loans.xlsx", how)
if table.questions: …   # a person must say what those headings are: `How.fields`
for line, cells in table.rows(): …   # the cells of `table.header`, as plain texts
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.vocabulary import term_key
from desk.importing.cells import clean
from desk.importing.reading import hidden, text_files
from desk.importing.reading.dates import FIRST_1900, DateColumn
from desk.importing.reading.forms import Form, form_of
from desk.importing.reading.headers import SEARCHED, Headings, Question, find_headings, in_their_unit
from desk.importing.reading.headings import heading_key, is_in_ten_thousands, letter_of, said_of, with_letter
from desk.importing.reading.how_far import EVERY, HowFar, Tell
from desk.importing.reading.proofs import is_proved
from desk.importing.reading.source import Source
from desk.importing.reading.text_files import Row, TextFile
from desk.importing.rows import Header, UnknownColumn

REFUSED_HEADINGS = ("row of the file", "reasons", "文件中的行", "原因")
"""The columns that a file of refused rows has beside those of the file; they are not imported, and not spoken of."""

_SAMPLED = 200
"""Cells by which it is told what an unsure heading is."""

_TOTALS = re.compile(
    r"(?:合计|总计|共计|小计|总合计|本页合计|本页小计|total|grandtotal|subtotal|totals)"
    r"[:=(]{0,2}(?:共?\d{1,9}[笔户条人个行]?)?\)?[:=]?"
)
"""What a total begins with, as `_plain` has it: also `合计（共3笔）` and `Total (3)`."""

_BEGIN_TOTALS = frozenset("合总共小本tgs")

LeftOut = Literal["total", "headings"]
"""Why a row is no row of the table: it is a total, or repeats the headings."""


@dataclass(frozen=True, slots=True)
class How:
    """How a person said that a file is to be read. `fields` has, by kind, what headings are by their `heading_key`: a column, or
    `IGNORED`."""

    encoding: str | None = None
    sheet: str | None = None
    kind: str | None = None
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


@dataclass(frozen=True, slots=True)
class Taken:
    """A heading that was taken for a column because a person once said so, or its cells do. `column` is `IGNORED` if the person
    said that it is not imported."""

    heading: str
    column: str
    why: Literal["said", "cells"]


LEFT_OUT_NAMED = 20
"""How many lines that were left out a report names, of each sort."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table was read, where that is not plain to see: its sheet, what headings were taken for, and the first lines that
    were left out as totals or as repeated headings, one more of each than a report names."""

    kind: str
    form: Form
    sheet: str | None = None
    taken: tuple[Taken, ...] = ()
    totals: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()


class Table:
    """The rows of a file below its headings. They can be read again and again; each time the file is read."""

    def __init__(
        self, source: Source, form: Form, sheet: str | None, found: Headings, raw: "_Rows", how_far: HowFar
    ) -> None:
        self.source, self.sheet, self.kind = source, sheet, found.kind
        self.form: Form = form
        self._raw, self._found, self._how_far = raw, found, how_far
        self.count = 0
        self.left_out: dict[int, LeftOut] = {}
        self.questions: tuple[Question, ...] = ()
        self.taken: tuple[Taken, ...] = ()
        self._filled: set[int] = set()
        self._dates: dict[int, DateColumn] = {}

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of all columns, empty for those without one."""
        return self._found.texts

    @property
    def reading(self) -> Reading:
        """How the table was read."""
        totals, repeated = (
            tuple(islice((line for line, why in self.left_out.items() if why == of), LEFT_OUT_NAMED + 1))
            for of in ("total", "headings")
        )
        return Reading(self.kind, self.form, self.sheet, self.taken, totals, repeated)

    @property
    def header(self) -> Header:
        """The places of the columns that are imported, and the others."""
        places = dict(self._found.places)
        letters = self.form != "text"
        named = {
            column: f"{self.headings[place]} ({letter_of(place)})" if letters else self.headings[place]
            for column, place in places.items()
        }
        known = {*places.values(), *self._found.unsure}
        others = {place: heading or None for place, heading in enumerate(self.headings) if place not in known}
        return Header(places, named, others)

    @property
    def unknown(self) -> tuple[UnknownColumn, ...]:
        """The columns that are not imported: those with a heading, and those that hold something."""
        own = set(map(heading_key, REFUSED_HEADINGS))
        said = {each.heading for each in self.taken}
        return tuple(
            UnknownColumn(place + 1, heading)
            for place, heading in self.header.unknown.items()
            if (heading is not None or place in self._filled)
            and not said & {heading, with_letter(heading or "", place)}
            and heading_key(heading or "") not in own
        )

    def rows(self) -> Iterator[Row]:
        """Yield the rows: dates year first, where that can be told, and amounts with the unit of their heading. A row with too
        few or too many cells is among them."""
        scaled = [
            place
            for column, place in self._found.places.items()
            if column in self._found.shape.scaled and is_in_ten_thousands(self.headings[place])
        ]
        dates = self._dates
        for line, cells in self.all_rows():
            if line in self.left_out:
                continue
            if scaled or dates:
                cells = list(cells)
                for place, column in dates.items():
                    if place < len(cells):
                        cells[place] = column.plain(cells[place])
                for place in scaled:
                    if place < len(cells) and cells[place].strip()[-1:].isdecimal():
                        cells[place] += "万"
            yield line, cells

    def all_rows(self) -> Iterator[Row]:
        """Yield all rows below the headings that are not empty, as they are in the file."""
        width = len(self.headings)
        for count, (line, cells) in enumerate(self._raw):
            if not count % EVERY:
                self._how_far.note(self._raw.share())
            if line > self._found.last and any(cell and not cell.isspace() for cell in cells):
                if len(cells) > width and not any(cells[width:]):
                    cells = cells[:width]
                yield line, cells
        self._how_far.end_pass()

    def survey(self, first_day: date) -> None:
        """Look at every row once: how many there are, which are totals, in which order dates are written, and what unsure
        headings are. Raise Invalid: `import_rows` (too many)."""
        found, shape = self._found, self._found.shape
        sampled: dict[int, list[str]] = {place: [] for place in found.unsure}
        typed = self.form != "text"
        most = hidden.MOST_ROWS if typed else text_files.MOST_ROWS
        dates = {
            place: DateColumn(first=first_day, typed=typed)
            for column, place in (*found.places.items(), *((c, p) for p, c in found.unsure.items()))
            if column in shape.dates
        }
        nameless = [place for place, heading in enumerate(self.headings) if not heading]
        own = [term_key(clean(heading)) for heading in found.written]
        required = [found.places[column] for column in shape.required if column in found.places]
        for line, cells in self.all_rows():
            why = _why_left_out(cells, own, required)
            if why is not None:
                self.left_out[line] = why
            else:
                self.count += 1
                self._observe(cells, dates, sampled, nameless)
            if self.count + len(self.left_out) > most:
                raise Invalid("import_rows", limit=most, form="sheet" if typed else "text")
        self._dates = dates
        self._decide(sampled)

    def _observe(
        self,
        cells: Sequence[str],
        dates: Mapping[int, DateColumn],
        sampled: Mapping[int, list[str]],
        nameless: Sequence[int],
    ) -> None:
        """Note what a row says of its columns."""
        for place, column in dates.items():
            if place < len(cells):
                column.observe(cells[place])
        for place, texts in sampled.items():
            if len(texts) < _SAMPLED and place < len(cells) and cells[place].strip():
                texts.append(cells[place])
        if nameless:
            self._filled.update(place for place in nameless if place < len(cells) and cells[place].strip())

    def _decide(self, sampled: Mapping[int, Sequence[str]]) -> None:
        """Take unsure headings for what their cells say, and ask about the others."""
        found = self._found
        places, taken, questions = dict(found.places), list(_said(found, self._raw.how)), list[Question]()
        for place, column in found.unsure.items():
            heading, texts = self.headings[place], sampled[place]
            if column in places:
                continue
            if is_proved(found.shape.unsure[heading_key(heading)], texts):
                places[column] = place
                taken.append(Taken(heading, column, "cells"))
            elif texts:
                questions.append(Question("unsure", heading, (column,)))
        for column, those in found.twice.items():
            headings = self._told_apart(those)
            questions += [
                Question("twice", each, (column,), tuple(h for h in headings if h != each)) for each in headings
            ]
        unsure = {place: column for place, column in found.unsure.items() if place not in places.values()}
        self._found = replace(found, places=places, unsure={} if not questions else unsure)
        self.taken, self.questions = tuple(taken), tuple(questions)

    def _told_apart(self, places: Sequence[int]) -> tuple[str, ...]:
        """Return the headings of these columns, with their letters if several have the same."""
        headings = [self.headings[place] for place in places]
        if len(set(map(heading_key, headings))) < len(headings):
            headings = [with_letter(self.headings[place], place) for place in places]
        return tuple(headings)


@dataclass(frozen=True, slots=True)
class _Rows(Iterable[Row]):
    """The rows of a file, or of one sheet of it, as often as they are needed. `share` says how much of it was read this time."""

    again: Callable[[], Iterator[Row]]
    share: Callable[[], float]
    how: How

    def __iter__(self) -> Iterator[Row]:
        return self.again()


def read_file(content: bytes | Path, given: str, how: How | None = None, tell: Tell | None = None) -> Table:
    """Return the table of a file. `given` is its name as people know it; `tell` hears how far it is, here and when rows are read.

    Raise Invalid, in which nothing of the file is kept: as `Source`, `form_of`, `TextFile` and `Workbook` do, `import_not_csv`
    (no headings), `import_column_missing`, `import_sheets` (several have the columns),
    `import_sheet_unknown`, `import_no_sheets`.
    """
    how, how_far = how or How(), HowFar(tell)
    source = Source(given, content)
    form = form_of(source)
    if form == "text":
        if how.sheet is not None:
            raise Invalid("import_no_sheets", given=given)
        return _read_text(source, how, how_far)
    return _read_workbook(source, form, how, how_far)


def _read_text(source: Source, how: How, how_far: HowFar) -> Table:
    def score(rows: Sequence[Row]) -> int:
        found = find_headings(rows, how.kind, how.fields)
        return found.known if found else 0

    file = TextFile(source, encoding=how.encoding, score=score)
    rows = _Rows(file.rows, file.share, how)
    first = _first(rows)
    found = in_their_unit(_complete(find_headings(first, how.kind, how.fields)), first)
    table = Table(source, "text", None, found, rows, how_far)
    table.survey(FIRST_1900)
    return table


def _read_workbook(source: Source, form: Form, how: How, how_far: HowFar) -> Table:
    from desk.importing.reading.sheets import Workbook  # calamine is loaded when a workbook comes

    book = Workbook(source, form)
    names = [each.name for each in book.sheets if each.visible or each.name == how.sheet]
    if how.sheet is not None and how.sheet not in names:
        raise Invalid("import_sheet_unknown", given=how.sheet, nearest=tuple(names))
    if how.sheet is not None:
        names = [how.sheet]
    far = {name: why for name in names if (why := book.too_far(name))}
    found = {
        name: headings
        for name in names
        if name not in far and (headings := find_headings(_first(book.rows(name)), how.kind, how.fields))
    }
    complete = [name for name, headings in found.items() if not headings.missing]
    if len(complete) > 1:  # sheets of headings alone are forms to fill in
        complete = [
            name for name in complete if any(row > found[name].last for row, _ in _first(book.rows(name)))
        ] or complete
    complete += far  # they are not opened, and may have the columns
    if len(complete) > 1:
        raise Invalid("import_sheets", sheets=tuple(each for each in names if each in complete))
    for why in far.values():
        raise why
    name = complete[0] if complete else max(found, key=lambda each: found[each].known, default=None)
    if name is None:
        raise Invalid("import_not_csv")
    rows = _Rows(partial(book.rows, name), book.share, how)
    table = Table(source, form, name, in_their_unit(_complete(found[name]), _first(rows)), rows, how_far)
    table.survey(book.first_day)
    return table


def _first(rows: Iterable[Row]) -> list[Row]:
    """Return the first rows that hold something."""
    return list(islice((row for row in rows if any(cell.strip() for cell in row[1])), SEARCHED + 1))


def _complete(found: Headings | None) -> Headings:
    if found is None or sum(1 for text in found.texts if text) < 2:
        raise Invalid("import_not_csv")
    for column in found.missing:
        raise Invalid("import_column_missing", column=column, nearest=found.shape.columns[column].headings)
    return found


def _why_left_out(cells: Sequence[str], own: Sequence[str], required: Sequence[int]) -> LeftOut | None:
    first = next((cell for cell in cells if cell.strip()), "")
    if len(first) < 20:
        word = term_key(clean(first))
        if (
            word[:1] in _BEGIN_TOTALS
            and _TOTALS.fullmatch(_plain(word))
            and any(place >= len(cells) or not cells[place].strip() for place in required)
        ):
            return "total"
        if word in own and [term_key(clean(cell)) for cell in cells] == list(own):
            return "headings"
    return None


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _said(found: Headings, how: How) -> Iterator[Taken]:
    said = how.fields.get(found.kind, {})
    for place, heading in enumerate(found.texts):
        if heading and (column := said_of(said, heading, place)) is not None:
            by_letter = heading_key(with_letter(heading, place)) in said
            yield Taken(with_letter(heading, place) if by_letter else heading, column, "said")
