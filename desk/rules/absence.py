"""Who acts for an absent member."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

COVER_CHAIN_LIMIT = 5
"""How many covers of covers are tried before a manager."""

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make `Absence[UUID](…)` of a frozen generic that has them
class Absence(Generic[Id]):
    """A member's absence and their cover; both dates are inclusive and in the member's zone."""

    absent_from: date | None = None
    absent_until: date | None = None
    cover: Id | None = None


def is_absent(on: date, absent_from: date | None, absent_until: date | None) -> bool:
    """Return whether the absence includes that date. One missing bound is open; without both there is no absence."""
    if absent_from is None and absent_until is None:
        return False
    return (absent_from or date.min) <= on <= (absent_until or date.max)


def acting_member(assignee: Id, absences: Mapping[Id, Absence[Id]], managers: Sequence[Id], on: date) -> Id:
    """Return who acts for the assignee on that date: themselves, their cover, the cover's cover, or a manager of their team.

    Members without an entry in `absences` are at work. When a chain of covers ends, is circular or is longer than
    `COVER_CHAIN_LIMIT`, the first manager who is at work or has a cover at work acts. When nobody is at work, the
    assignee keeps the matter.
    """
    for candidate in (assignee, *managers):
        acting = _present_or_covered(candidate, absences, on)
        if acting is not None:
            return acting
    return assignee


def _present_or_covered(member: Id, absences: Mapping[Id, Absence[Id]], on: date) -> Id | None:
    candidate: Id | None = member
    for _ in range(COVER_CHAIN_LIMIT + 1):
        if candidate is None:
            return None
        absence = absences.get(candidate)
        if absence is None or not is_absent(on, absence.absent_from, absence.absent_until):
            return candidate
        candidate = absence.cover
    return None
