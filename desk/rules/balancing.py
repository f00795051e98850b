"""Who gets what, when much is shared out at once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make `Load[UUID](…)` of a frozen generic that has them
class Load(Generic[Id]):
    """What somebody has: live loans and open follow-ups. `name` decides among equals."""

    who: Id
    loans: int
    follow_ups: int
    name: str


@dataclass(frozen=True, slots=True)
class Weight:
    """One thing to be given away: a loan with its follow-ups, or with `loans` 0 follow-ups alone."""

    loans: int
    follow_ups: int


def balanced(loads: Sequence[Load[Id]], weights: Sequence[Weight]) -> list[Id]:
    """For each weight in turn, who gets it: whoever has the fewest live loans then, and among them the fewest open
    follow-ups; for follow-ups alone the other way round. The same input gives the same answer."""
    loans = {load.who: load.loans for load in loads}
    held = {load.who: load.follow_ups for load in loads}
    in_order = [load.who for load in sorted(loads, key=lambda load: load.name)]
    targets: list[Id] = []
    for weight in weights:
        first, second = (loans, held) if weight.loans else (held, loans)
        target = min(in_order, key=lambda who, one=first, two=second: (one[who], two[who]))
        loans[target] += weight.loans
        held[target] += weight.follow_ups
        targets.append(target)
    return targets
