"""What a check compares: the items in `desk/data/checks.toml`, validated on load."""

from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import ClassVar, Literal, Protocol, TypeVar, cast, get_args

from pydantic import ConfigDict

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.languages import language_of
from desk.core.vocabulary import VOCABULARY, Word

Answer = Literal["matches", "differs", "not_asked"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
"""What a caller says of an item, in the order in which the form lists it."""

Decision = Literal["go_on", "again"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
"""What a manager decides about a failed check: the loan goes on all the same, or the check is made again."""

PURPOSES = tuple(sorted((p.code for p in VOCABULARY.purposes if p.check), key=lambda code: code != "identity"))
"""The purposes that are checks, in the order in which they are shown: identity comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Word):
    """Something that a check compares, and what it must match."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    source_zh: str
    source_en: str

    def source(self, locale: str) -> str:
        """Return what the answer must match, in the language of `locale`."""
        return self.source_zh if language_of(locale).code == "zh" else self.source_en


def load_checks(source: Traversable) -> Mapping[str, tuple[Item, ...]]:
    """Return the items of each check, by its purpose. Raises DataFileError."""
    file = DataFile(source)
    found: dict[str, tuple[Item, ...]] = {}
    for purpose, entries in file.tables.items():
        if purpose not in PURPOSES:
            raise file.error("this is no check of purposes.toml", purpose)
        found[purpose] = tuple(_item(file, purpose, code, entry) for code, entry in _table(entries).items())
    for purpose in PURPOSES:
        if not found.get(purpose):
            raise file.error("this check has no items", purpose)
    return found


def _item(file: DataFile, purpose: str, code: str, entry: object) -> Item:
    return file.read(Item, {"code": code, **_table(entry)}, purpose, code)


def _table(value: object) -> dict[str, object]:
    """Return a table of the file; a value where a table is expected has no fields."""
    return cast(dict[str, object], value) if isinstance(value, dict) else {}


class Ended(Protocol):
    """What of a check says whether it holds a loan up."""

    @property
    def purpose(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def decision(self) -> str | None: ...


E = TypeVar("E", bound=Ended)


def undecided(checks: Sequence[E]) -> list[E]:
    """Return the failed checks, of those of a loan in order of time, that hold it up.

    A later `confirmed` alone lifts no failed check: a manager decides that the loan goes on, or that the check is made again,
    and then a check that was confirmed since counts.
    """
    held: list[E] = []
    for at, check in enumerate(checks):
        if check.state != "failed" or check.decision == "go_on":
            continue
        later = [each.state for each in checks[at + 1 :] if each.purpose == check.purpose]
        if check.decision is None or "confirmed" not in later:
            held.append(check)
    return held


def latest(checks: Sequence[E]) -> dict[str, E]:
    """Return the last check of each purpose that ended, of those of a loan in order of time."""
    ended = {check.purpose: check for check in checks if check.state != "open"}
    return {purpose: ended[purpose] for purpose in PURPOSES if purpose in ended}


CHECKS = load_checks(resources.files("desk") / "data" / "checks.toml")
"""The items of this desk's checks."""
