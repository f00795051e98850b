"""The figures of a team: what each counts, and of what it is a share. Definitions: `docs/figures.md`."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass

Span = Literal["today", "week", "month"]
SPANS: tuple[Span, ...] = get_args(Span)
"""The periods that end today: this day, this week from Monday on, this month from the 1st on."""

OPEN, KEPT = "open", "kept"
"""States of a promise: of neither result yet, and kept."""

FALLEN_DUE = (KEPT, "partly_kept", "broken")
"""The states of promises that have fallen due; those that were replaced count nowhere."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The numbers of `desk/data/figures.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    made_within_minutes: Annotated[int, Field(ge=0, le=1440)]

    def made_by_its_time(self, late_at: datetime, closed_at: datetime) -> bool:
        """Return whether a call that became late at `late_at` was finished by its time."""
        return closed_at <= late_at + timedelta(minutes=self.made_within_minutes)


def load_counting(source: Traversable) -> Counting:
    """Read how figures are counted. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    if unknown := file.tables.keys() - {"figures"}:
        raise file.error("there is no such entry", min(unknown))
    return file.read(Counting, file.tables.get("figures", {}), "figures")


COUNTING = load_counting(resources.files("desk") / "data" / "figures.toml")
"""How this desk counts."""


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days from `first` to `last`, both counted. `span` names them, unless they are one day by its date."""

    first: date
    last: date
    span: Span | None = None


def days_of(span: Span, today: date) -> Days:
    """Return the days of a period that ends today."""
    match span:
        case "today":
            return Days(today, today, span)
        case "week":
            return Days(today - timedelta(days=today.weekday()), today, span)
        case "month":
            return Days(today.replace(day=1), today, span)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one member, or of several together.

    Of a period: `calls`, each call dialled; `conversations`, those in which a person was spoken to; `with_borrower`, those of
    them in which it was the borrower; `due`, the calls planned for the period that were open when it began; `in_time`, those of
    them made by their time; `done`, the follow-ups finished, no matter when they were due; `promises`, those that fell due and
    have a result; `kept` of them; `promises_open`, those that fell due and have none yet; `steps`, the steps beyond calls planned
    for these days or taken on them; `steps_taken` of them.

    Now: `late` and `open` follow-ups, live `loans`, `callable`, the loans of borrowers who need calls, `silent`, those of them
    not spoken to for a while, and `steps_late`, the planned steps whose day is over.
    """

    calls: int = 0
    conversations: int = 0
    with_borrower: int = 0
    due: int = 0
    in_time: int = 0
    done: int = 0
    late: int = 0
    open: int = 0
    promises: int = 0
    kept: int = 0
    promises_open: int = 0
    loans: int = 0
    callable: int = 0
    silent: int = 0
    steps: int = 0
    steps_taken: int = 0
    steps_late: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return both counted together."""
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def total(tallies: Iterable[Tally]) -> Tally:
    """Return what several members have together."""
    return sum(tallies, Tally())
