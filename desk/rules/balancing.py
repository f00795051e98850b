"""How loans and follow-ups are divided among members."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from desk.core.dataclass import dataclass

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
    in_order = sorted(loads, key=lambda load: load.name)
    loans, follow_ups = [load.loans for load in in_order], [load.follow_ups for load in in_order]
    targets: list[Id] = []
    for weight in weights:
        first, second = (loans, follow_ups) if weight.loans else (follow_ups, loans)
        at = min(range(len(in_order)), key=lambda at, one=first, two=second: (one[at], two[at]))
        loans[at] += weight.loans
        follow_ups[at] += weight.follow_ups
        targets.append(in_order[at].who)
    return targets
