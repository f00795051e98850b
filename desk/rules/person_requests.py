"""What a person may ask of the desk about their own data, and by when it must answer (`desk/data/person_requests.toml`)."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.languages import language_of
from desk.rules.months import months_after

Positive = Annotated[int, Field(ge=1, le=400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entry with its words in both languages."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    code: str
    zh: str
    en: str

    def word(self, locale: str) -> str:
        """Return the words in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Named):
    """By when a request must be answered; the file explains the fields."""

    places: tuple[str, ...]
    days: Positive | None = None
    months: Positive | None = None
    more_months: Positive | None = None
    source: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKind(Named):
    """What is asked for, and its articles by law."""

    source: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Named):
    """How the person showed who they are."""

    proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground(Named):
    """Why a request is refused, with its article; `law` is empty where it holds under any."""

    law: str
    article: str


@dataclass(frozen=True, slots=True)
class RequestRules:
    """Everything of the file, by code."""

    laws: Mapping[str, Law]
    kinds: Mapping[str, RequestKind]
    ways: Mapping[str, Named]
    proofs: Mapping[str, Proof]
    grounds: Mapping[str, Ground]

    def law_of(self, country: str | None) -> Law:
        """Return the law that binds a workspace of that country."""
        bound = (law for law in self.laws.values() if country in law.places)
        return next(bound, None) or next(law for law in self.laws.values() if not law.places)

    def grounds_of(self, law: str) -> tuple[Ground, ...]:
        """Return the grounds on which that law lets a request be refused."""
        return tuple(ground for ground in self.grounds.values() if ground.law in ("", law))


def due_on(law: Law, received_on: date) -> date:
    """Return the last day on which the answer is in time."""
    return months_after(received_on, law.months) if law.months else received_on + timedelta(days=law.days or 0)


def extended_due_on(law: Law, received_on: date) -> date | None:
    """Return the last day after the answer was put off; None where the law does not let it be."""
    if law.more_months is None:
        return None
    if law.months:
        return months_after(received_on, law.months + law.more_months)
    return months_after(due_on(law, received_on), law.more_months)


def load_rules(source: Traversable) -> RequestRules:
    """Read the file. Raises DataFileError, also for a reference to a law that it does not have."""
    file = DataFile(source)
    known: dict[str, Any] = {
        "laws": Law,
        "kinds": RequestKind,
        "ways": Named,
        "proofs": Proof,
        "grounds": Ground,
    }
    for name in file.tables.keys() - known.keys():
        raise file.error("unknown table", name)
    read = {
        table: {
            code: file.read(kind, {"code": code, **entry}, table, code) for code, entry in file.tables[table].items()
        }
        for table, kind in known.items()
    }
    rules = RequestRules(**read)
    for law in rules.laws.values():
        if (law.days is None) == (law.months is None):
            raise file.error("has either days or months", "laws", law.code)
    if sum(not law.places for law in rules.laws.values()) != 1:
        raise file.error("one law has no places: it binds all others", "laws")
    for ground in rules.grounds.values():
        if ground.law and ground.law not in rules.laws:
            raise file.error(f"law: there is no {ground.law}", "grounds", ground.code)
    return rules


@cache
def request_rules() -> RequestRules:
    """Return the rules that come with the desk."""
    return load_rules(resources.files("desk") / "data" / "person_requests.toml")
