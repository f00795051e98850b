"""The rows of files of past calls, of notes and of planned follow-ups, with every fault of each."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.values import Due
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY, term_key
from desk.importing.cells import clean, read_cell
from desk.importing.figures import amount, figures
from desk.importing.rows import Header, fault_of

PastKind = Literal["calls", "notes", "follow_ups"]
"""What the rows of a file are that a lender brings along from another system."""

REFERENCE_LIMIT = 100
"""The longest name that another system has for a row, in characters."""

MOST_MINUTES = 24 * 60

_NOON = 12
"""The hour of what is said to have happened on a day, without a time."""

_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]*(\d{1,2})[:时点](\d{1,2})分?(?::?(\d{1,2})(?:\.\d+)?秒?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)

_OUTCOMES = {term: each.code for each in VOCABULARY.outcomes for term in each.terms()}
_PURPOSES = {term: each.code for each in VOCABULARY.purposes for term in each.terms()}


@dataclass(frozen=True, slots=True)
class PastRow:
    """A past call, a note or a planned follow-up. `at` is when it happened, `due` for when it is planned, `promised_on` for which
    day money was promised; `member` is a Slack id or an e-mail address; `reference` is what the other system calls it."""

    line: int
    number: str = ""
    at: datetime | None = None
    due: Due | None = None
    outcome: str = ""
    purpose: str | None = None
    member: str = ""
    minutes: int | None = None
    amount: Decimal | None = field(default=None, repr=False)
    promised_on: date | None = None
    text: str = field(default="", repr=False)
    reference: str = ""
    faults: tuple[DeskError, ...] = field(default=(), repr=False)
    headings: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def fault(self, code: str, column: str, **params: Any) -> Invalid:
        """Return a refusal of this row for what is in that column."""
        return fault_of(Invalid(code, **params), column, self.headings.get(column, column), self.line)


def read_past_row(header: Header, required: Sequence[str], line: int, cells: Sequence[str], zone: ZoneInfo) -> PastRow:
    """Return the row in a line of a file. `zone` is that of times without one."""
    values: dict[str, Any] = {}
    faults: list[DeskError] = []
    for column, place in header.places.items():
        text = clean(cells[place])
        try:
            if not text and column in required:
                raise Invalid("import_empty")
            value = _READERS[column](text, zone) if text else None
        except DeskError as error:
            faults.append(fault_of(error, column, header.headings[column], line))
            continue
        if value is not None:
            values[column] = value
    return PastRow(line=line, faults=tuple(faults), headings=header.headings, **values)


def _moment(text: str, zone: ZoneInfo) -> tuple[date, datetime | None]:
    """Return a day, and the instant if the text has a time of day. Raises Invalid."""
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        if found is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups()[:6])
        on = date(year, month, day)
        if found[4] is None:
            return on, None
        local = datetime(year, month, day, hour, minute, second, tzinfo=_zone_of(found[7]) or zone)
        return local.astimezone(zone).date(), local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("import_moment", given=text) from None


def _zone_of(offset: str | None) -> Any:
    if not offset:
        return None
    if offset in "Zz":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return datetime.strptime(f"{offset[0]}{minutes // 60:02}{minutes % 60:02}", "%z").tzinfo


def _at(text: str, zone: ZoneInfo) -> datetime:
    on, at = _moment(text, zone)
    return at or datetime(on.year, on.month, on.day, _NOON, tzinfo=zone).astimezone(UTC)


def _due(text: str, zone: ZoneInfo) -> Due:
    return Due(*_moment(text, zone))


def _word(known: Mapping[str, str], code: str, words: Sequence[Any]) -> Callable[[str, ZoneInfo], str]:
    def read(text: str, _zone: ZoneInfo) -> str:
        found = known.get(term_key(text))
        if found is None:
            raise Invalid(code, given=text, nearest=tuple(words))
        return found

    return read


def _minutes(text: str, _zone: ZoneInfo) -> int:
    plain = figures(text)
    if not plain.isdecimal() or int(plain) > MOST_MINUTES:
        raise Invalid("import_minutes", given=text)
    return int(plain)


def _words(text: str, _zone: ZoneInfo) -> str:
    if len(text) > NOTE_LIMIT:
        raise Invalid("import_too_long", length=len(text), limit=NOTE_LIMIT)
    return text


def _reference(text: str, _zone: ZoneInfo) -> str:
    if len(text) > REFERENCE_LIMIT:
        raise Invalid("import_too_long", length=len(text), limit=REFERENCE_LIMIT)
    return text


_READERS: Mapping[str, Callable[[str, ZoneInfo], Any]] = {
    "number": lambda text, _zone: read_cell("number", text, today=date.min, region=""),
    "at": _at,
    "due": _due,
    "outcome": _word(_OUTCOMES, "import_outcome", VOCABULARY.outcomes),
    "purpose": _word(_PURPOSES, "import_purpose", VOCABULARY.purposes),
    "member": lambda text, _zone: text,
    "minutes": _minutes,
    "amount": lambda text, _zone: amount(text),
    "promised_on": lambda text, zone: _moment(text, zone)[0],
    "text": _words,
    "reference": _reference,
}

AHEAD = timedelta(minutes=5)
"""How far a clock of another system may be ahead of the desk's."""
