"""How long records are kept: the kinds of `desk/data/retention.toml`, what a workspace may change, and what binds it.

Of several periods the longest counts. A rule that says when something must be deleted shortens what the house keeps, never what
another rule keeps.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile, Loaded
from desk.core.dataclass import dataclass
from desk.core.languages import language_of
from desk.rules.contact_packs import Keep, Pack

Months = Annotated[int, Field(ge=1, le=600)]
What = Literal["contacts", "recordings", "complaints", "assessments"]

CODES = (
    *("ended_loan", "application", "inquiry", "words", "file", "recording"),
    *("correction", "notice", "webhook", "person_request", "access_request", "import", "audit"),
)
"""The kinds that the desk knows how to delete."""

LONGEST_MONTHS = 600
"""The longest period that can be set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """A kind of record. `months` None: as long as its loan. `least_months` is what no workspace shortens, and `least` why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    code: str
    zh: str
    en: str
    since_zh: str
    since_en: str
    source_zh: str
    source_en: str
    months: Months | None = None
    keeps: tuple[What, ...] = ()
    least_months: Months | None = None
    least: str | None = None

    def word(self, locale: str) -> str:
        """Return its name in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en

    def since(self, locale: str) -> str:
        """Return from what its months count, in the language of `locale`."""
        return self.since_zh if language_of(locale).code == "zh" else self.since_en

    def source(self, locale: str) -> str:
        """Return where its months come from, in the language of `locale`."""
        return self.source_zh if language_of(locale).code == "zh" else self.source_en


@dataclass(frozen=True, slots=True)
class Floor:
    """How many months a kind is kept at least, and the rule of a chosen pack, or the law, that says so."""

    months: int
    source: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """How long a kind is kept in a workspace. `months` None: as long as its loan. `own`: the workspace chose it."""

    kind: RecordKind
    months: int | None
    own: bool
    floor: Floor | None

    def source(self, locale: str) -> str:
        """Return where the months come from, in the language of `locale`; empty for a choice of the workspace."""
        if self.floor is not None and self.floor.months == self.months and self.floor.months != self.kind.months:
            return self.floor.source
        return "" if self.own else self.kind.source(locale)


def load_kinds(source: Traversable) -> Mapping[str, RecordKind]:
    """Read the kinds of records, by code. Raises DataFileError with the file, the line and the entry."""
    file = DataFile(source)
    if unknown := file.tables.keys() - set(CODES):
        raise file.error("there are no records of this kind", min(unknown))
    kinds = {code: file.read(RecordKind, {"code": code, **_table(file, code)}, code) for code in file.tables}
    for kind in kinds.values():
        if (kind.least_months is None) != (kind.least is None):
            raise file.error("least_months and least go together", kind.code, field="least_months")
        if kind.months is not None and kind.least_months is not None and kind.months < kind.least_months:
            raise file.error("it is kept shorter than its least", kind.code, field="months")
    return kinds


def _table(file: DataFile, code: str) -> Mapping[str, object]:
    entry = file.tables[code]
    if not isinstance(entry, Mapping):
        raise file.error("it is no table", code)
    return entry  # pyright: ignore[reportUnknownVariableType]  # TOML has no types; the schema checks them


KINDS = Loaded(lambda: load_kinds(resources.files("desk") / "data" / "retention.toml"))
"""The kinds of records, by code."""


def floor_of(kind: RecordKind, packs: Iterable[Pack], today: date) -> Floor | None:
    """Return the longest period that the law or a rule of these packs asks for, or None."""
    floors = [Floor(kind.least_months, kind.least or "")] if kind.least_months is not None else []
    floors += [Floor(rule.years * 12, rule.source, rule.id) for rule in keep_rules(kind, packs, today) if rule.years]
    return max(floors, key=lambda floor: floor.months, default=None)


def wanted_months(kind: RecordKind, chosen: int | None, packs: Iterable[Pack], today: date) -> int | None:
    """Return for how many months a lender that chose so many (None: none) wants to keep a kind, not counting what a rule keeps.

    None: as long as its loan.
    """
    ends = [rule.delete_after_years * 12 for rule in keep_rules(kind, packs, today) if rule.delete_after_years]
    own = chosen if chosen is not None else kind.months
    return min([*ends, *([own] if own is not None else [])], default=None)


def period_of(kind: RecordKind, chosen: int | None, packs: Sequence[Pack], today: date) -> Period:
    """Return how long a kind is kept where a workspace chose these months (None: none) and these packs."""
    months, floor = wanted_months(kind, chosen, packs, today), floor_of(kind, packs, today)
    if months is not None and floor is not None:
        months = max(months, floor.months)
    return Period(kind, months, chosen is not None, floor)


def keep_rules(kind: RecordKind, packs: Iterable[Pack], today: date) -> list[Keep]:
    """Return the rules of these packs that are in force and say how long such records are kept."""
    return [rule for rule in _in_force(packs, today) if rule.what in kind.keeps]


def complaint_rules(packs: Iterable[Pack], today: date) -> list[Keep]:
    """Return the rules of these packs that say how long complaints are kept."""
    return [rule for rule in _in_force(packs, today) if rule.what == "complaints"]


def _in_force(packs: Iterable[Pack], today: date) -> list[Keep]:
    return [
        rule
        for pack in packs
        for rule in pack.rules
        if isinstance(rule, Keep) and _counts(today, pack.from_on, pack.until_on, rule.from_on, rule.until_on)
    ]


def _counts(today: date, *days: date | None) -> bool:
    starts, ends = days[::2], days[1::2]
    return all(day is None or day <= today for day in starts) and all(day is None or today <= day for day in ends)
