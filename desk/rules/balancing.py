"""How loans and follow-ups are divided among members."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make `Load[UUID](…)` of a frozen generic that has them
class Load(Generic[Id]):
    """A member's live loans and open follow-ups. `name` breaks ties."""

    who: Id
    loans: int
    follow_ups: int
    name: str


@dataclass(frozen=True, slots=True)
class Weight:
    """What one item adds to a load: a loan with its follow-ups, or only follow-ups when `loans` is 0."""

    loans: int
    follow_ups: int


def balance(loads: Sequence[Load[Id]], weights: Sequence[Weight]) -> list[Id]:
    """Return the recipient of each weight in turn: the member with the fewest live loans at that point, then the fewest open
    follow-ups; for follow-ups alone the other way round. The result depends only on the arguments."""
    loans = {load.who: load.loans for load in loads}
    follow_ups = {load.who: load.follow_ups for load in loads}
    in_order = [load.who for load in sorted(loads, key=lambda load: load.name)]
    targets: list[Id] = []
    for weight in weights:
        first, second = (loans, follow_ups) if weight.loans else (follow_ups, loans)
        target = min(in_order, key=lambda who, one=first, two=second: (one[who], two[who]))
        loans[target] += weight.loans
        follow_ups[target] += weight.follow_ups
        targets.append(target)
    return targets
