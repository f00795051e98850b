"""Who acts for an absent member."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Generic, TypeVar

from desk.core.dataclass import dataclass

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


def stand_ins(assignee: Id, absences: Mapping[Id, Absence[Id]], managers: Sequence[Id], on: date) -> tuple[Id, ...]:
    """Return who may act for the assignee on that date besides themselves: each cover of the chain, also one who is away, and
    the member of `acting_member`. The last one acts; without any, the assignee does."""
    acting = acting_member(assignee, absences, managers, on)
    chain = _chain(assignee, absences, on)[1:]
    return tuple(dict.fromkeys(each for each in (*chain, acting) if each != assignee))


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
    last = _chain(member, absences, on)[-1]
    return None if _is_absent(last, absences, on) else last


def _chain(member: Id, absences: Mapping[Id, Absence[Id]], on: date) -> list[Id]:
    """Return the member, their cover, the cover's cover and so on, up to the first who is at work, if any."""
    chain = [member]
    while len(chain) <= COVER_CHAIN_LIMIT and _is_absent(chain[-1], absences, on):
        cover = absences[chain[-1]].cover
        if cover is None or cover in chain:
            break
        chain.append(cover)
    return chain


def _is_absent(member: Id, absences: Mapping[Id, Absence[Id]], on: date) -> bool:
    absence = absences.get(member)
    return absence is not None and is_absent(on, absence.absent_from, absence.absent_until)
