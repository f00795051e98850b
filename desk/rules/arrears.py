"""Days past due, the bucket that they fall into, how payments cover instalments, and what has become of a promise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass

PromiseState = Literal["open", "kept", "partly_kept", "broken"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A range of days past due, from `first` until the next bucket begins."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    first: Annotated[int, Field(validation_alias="from")]
    zh: str
    en: str

    def word(self, language: str) -> str:
        """Return its name in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRule:
    """When a promise is kept: at least `kept_percent` of it paid until `patience_days` after the promised day."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kept_percent: Annotated[int, Field(ge=1, le=100)] = 95
    patience_days: Annotated[int, Field(ge=0, le=31)] = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """The lender's buckets, in order of days, and its rule of promises."""

    buckets: tuple[Bucket, ...]
    promise: PromiseRule

    def bucket(self, days: int) -> Bucket:
        """Return the bucket of that many days past due."""
        return [bucket for bucket in self.buckets if bucket.first <= max(days, 0)][-1]

    def place(self, bucket: Bucket) -> int:
        """Return which one of those past due a bucket is, counted from 1; 0 is the one of loans that are not."""
        return self.buckets.index(bucket)

    def at(self, place: int) -> Bucket | None:
        """Return the bucket at that place, if there are so many."""
        return self.buckets[place] if place < len(self.buckets) else None

    def named(self, name: str) -> Bucket | None:
        """Return the bucket with that name in English, if there is one."""
        return next((bucket for bucket in self.buckets if bucket.en == name), None)


def load_scale(source: Traversable) -> Scale:
    """Read the lender's buckets. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    if unknown := file.tables.keys() - {"promise", "bucket"}:
        raise file.error("there is no such entry", min(unknown))
    promise = file.read(PromiseRule, file.tables.get("promise", {}), "promise")
    buckets = file.read(tuple[Bucket, ...], file.tables.get("bucket", []), "bucket")
    if [bucket.first for bucket in buckets[:2]] != [0, 1]:
        raise file.error("the first begins on day 0 and the second on day 1", "bucket")
    for before, after in pairwise(buckets):
        if after.first <= before.first:
            raise file.error(f"{after.en!r} does not begin after {before.en!r}", "bucket")
    return Scale(buckets, promise)


SCALE = load_scale(resources.files("desk") / "data" / "arrears.toml")
"""The lender's buckets and its rule of promises."""


BUCKETS, PROMISE = "arrears.buckets", "arrears.promise"
"""Where the numbers of a workspace's rules keep its own buckets, each name with its first day, and its rule of promises."""


def with_own(numbers: Mapping[str, Mapping[str, int]]) -> Scale:
    """Return the scale with the buckets and the rule of promises of a workspace, as far as it has its own."""
    buckets, promise = (tuple(sorted(numbers.get(key, {}).items())) for key in (BUCKETS, PROMISE))
    return _with_own(buckets, promise) if buckets or promise else SCALE


@lru_cache(maxsize=64)
def _with_own(buckets: tuple[tuple[str, int], ...], promise: tuple[tuple[str, int], ...]) -> Scale:
    own = sorted((Bucket(first, name, name) for name, first in buckets), key=lambda bucket: bucket.first)
    return Scale((SCALE.buckets[0], *own) if own else SCALE.buckets, replace(SCALE.promise, **dict(promise)))


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count as past due, from `start` until `end`: an extension, a payment holiday, hardship."""

    start: date
    end: date


class Instalment(Protocol):
    """What is due, and when."""

    @property
    def due_on(self) -> date: ...
    @property
    def amount(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of an instalment is paid."""

    due_on: date
    amount: Decimal
    paid: Decimal

    @property
    def left(self) -> Decimal:
        """Return what is still to be paid."""
        return self.amount - self.paid


def cover(rows: Sequence[Instalment], paid: Decimal, *, settled_through: date | None = None) -> tuple[Covered, ...]:
    """Return what is paid of each instalment: the oldest first, interest and principal alike.

    Those due until `settled_through` were paid before the desk kept payments. What is paid beyond all of them covers none.
    """
    found: list[Covered] = []
    for row in rows:
        if settled_through is not None and row.due_on <= settled_through:
            found.append(Covered(row.due_on, row.amount, row.amount))
            continue
        part = max(min(paid, row.amount), Decimal(0))
        paid -= part
        found.append(Covered(row.due_on, row.amount, part))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is past due on a day: since the due date of the oldest instalment not fully paid, if that has passed."""

    since: date | None
    days: int
    amount: Decimal
    instalments: int


def arrears(rows: Iterable[Covered], as_of: date, *, grace_days: int = 0, pauses: Sequence[Pause] = ()) -> Arrears:
    """Return what is past due on that day. The due day itself is day 0, and so is each day of grace; after them all days
    since the due date count."""
    open_rows = [row for row in rows if row.left > 0 and row.due_on < as_of]
    oldest = min((row.due_on for row in open_rows), default=None)
    days = 0 if oldest is None else days_past_due(oldest, as_of, grace_days=grace_days, pauses=pauses)
    if not days:
        return Arrears(None, 0, Decimal(0), 0)
    due = [row for row in open_rows if days_past_due(row.due_on, as_of, grace_days=grace_days, pauses=pauses)]
    return Arrears(oldest, days, sum((row.left for row in due), Decimal(0)), len(due))


def days_past_due(due_on: date, as_of: date, *, grace_days: int = 0, pauses: Sequence[Pause] = ()) -> int:
    """Return the calendar days from the due date to that day, less the paused ones; 0 while no more than `grace_days`.

    A pause takes away the days from its start until its end, the end not counted: 10 to 20 March are ten.
    """
    days = (as_of - due_on).days
    paused = sum(max((min(pause.end, as_of) - max(pause.start, due_on)).days, 0) for pause in _without_overlap(pauses))
    days -= paused
    return days if days > grace_days else 0


def next_unpaid(rows: Iterable[Covered]) -> Covered | None:
    """Return the oldest instalment that is not fully paid."""
    return min((row for row in rows if row.left > 0), key=lambda row: row.due_on, default=None)


def paid_for_promise(payments: Iterable[tuple[date, Decimal]], made_on: date, day: date, rule: PromiseRule) -> Decimal:
    """Return what was paid, of payments by day, from the day on which a promise was made until the patience after `day` ended."""
    until = day + timedelta(days=rule.patience_days)
    return sum((amount for paid_on, amount in payments if made_on <= paid_on <= until), Decimal(0))


def promise_state(promised: Decimal | None, day: date, paid: Decimal, today: date, rule: PromiseRule) -> PromiseState:
    """Return what has become of a promise to pay by `day`. `paid` is what was paid since it was made, until the patience
    ended; `promised` None: an amount was not named, and any payment keeps it.
    """
    wanted = Decimal("0.01") if promised is None else promised * rule.kept_percent / 100
    if paid >= wanted:
        return "kept"
    if today <= day + timedelta(days=rule.patience_days):
        return "open"
    return "partly_kept" if paid > 0 else "broken"


def _without_overlap(pauses: Iterable[Pause]) -> list[Pause]:
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda each: (each.start, each.end)):
        if found and pause.start <= found[-1].end:
            found[-1] = Pause(found[-1].start, max(found[-1].end, pause.end))
        else:
            found.append(pause)
    return found
