"""Whom to call next: the order of borrowers in arrears and of checks, and when one of them is ready for a call.

The numbers are in `desk/data/queue.toml`.
"""

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY
from desk.rules.checks import PURPOSES

QueueKind = Literal["arrears", "checks"]
"""The borrowers in arrears, or the checks that are ready."""

Reason = Literal["escalated", "promise", "bucket", "amount", "not_spoken"]
"""Why a borrower comes before others, in the order in which that is asked; `escalated`: why they come last."""

SPOKEN = tuple(outcome.code for outcome in VOCABULARY.outcomes if outcome.ends)
"""The outcomes of a call in which the caller and the one they called spoke with each other."""

BROKEN = frozenset({"broken", "partly_kept"})
"""The states of a promise that was not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """How long a borrower is taken, when a conversation is missed, and for which documents a check waits."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    taken_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    not_spoken_days: Annotated[int, Field(ge=1, le=365)] = 7
    papers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def taken_for(self) -> timedelta:
        """Return how long a borrower is one caller's."""
        return timedelta(minutes=self.taken_minutes)


def load_queue_rules(source: Traversable) -> QueueRules:
    """Read the rules of the queues. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    values: dict[str, Any] = dict(file.tables)
    rules = file.read(QueueRules, values, "queue")
    documents = {document.code for document in VOCABULARY.documents}
    for purpose, papers in rules.papers.items():
        if purpose not in PURPOSES:
            raise file.error(f"{purpose} is no check of purposes.toml", "papers", field=purpose)
        if unknown := set(papers) - documents:
            raise file.error(f"there is no document {min(unknown)!r}", "papers", field=purpose)
    return rules


QUEUE = load_queue_rules(resources.files("desk") / "data" / "queue.toml")
"""The rules of this desk's queues."""


@dataclass(frozen=True, slots=True)
class InArrears:
    """What the rank of a borrower in arrears depends on.

    `broken`: their last promise was not kept. `bucket` is the first day of the bucket of their days past due. `amount` is what
    is past due, None where it is not known; `spoken_on` is the day of the last conversation, None if there was none. `escalated`
    is the reason for which calls wait for a manager, None if they do not.
    """

    broken: bool
    bucket: int
    days: int
    amount: Decimal | None = field(repr=False)
    spoken_on: date | None
    escalated: str | None = None


def rank(row: InArrears) -> tuple[bool, bool, int, Decimal, date, int]:
    """Return the place of a borrower among those in arrears: a broken promise first, then the later bucket, the larger amount,
    the longest without a conversation, and the most days past due. Those whose calls wait for a manager come last."""
    return (
        row.escalated is not None,
        not row.broken,
        -row.bucket,
        -(row.amount or Decimal(0)),
        row.spoken_on or date.min,
        -row.days,
    )


def is_not_spoken_to(spoken_on: date | None, today: date, rules: QueueRules = QUEUE) -> bool:
    """Return whether nobody has spoken with the borrower for so long that it is pointed out."""
    return spoken_on is None or (today - spoken_on).days >= rules.not_spoken_days


def reasons(row: InArrears, today: date, rules: QueueRules = QUEUE) -> tuple[Reason, ...]:
    """Return what puts a borrower at their place, the most important first."""
    found: list[Reason] = ["escalated"] if row.escalated is not None else []
    if row.broken:
        found.append("promise")
    found.append("bucket")
    if row.amount:
        found.append("amount")
    if is_not_spoken_to(row.spoken_on, today, rules):
        found.append("not_spoken")
    return tuple(found)


def is_awaited(purpose: str, document: str, rules: QueueRules = QUEUE) -> bool:
    """Return whether a check waits for a document: it is one of those listed for it, or of another kind, which may be one."""
    return document == "other" or document in rules.papers.get(purpose, ())


def is_ready(
    purpose: str, *, due: bool, still_open: Collection[str], accepted: Collection[str], rules: QueueRules = QUEUE
) -> bool:
    """Return whether a check can be made: it is due, or a document for which it waits was accepted and none is still open."""
    papers = set(rules.papers.get(purpose, ()))
    return due or (not papers.isdisjoint(accepted) and papers.isdisjoint(still_open))
