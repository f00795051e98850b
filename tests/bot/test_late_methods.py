"""Dataclasses whose methods are compiled late are like any other."""

from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from bot.late_methods import compiled_late


def classes() -> tuple[Any, Any, Any]:
    """Return a frozen class with slots, one that inherits from it, and one that is neither frozen nor hashed."""

    @dataclass(frozen=True, slots=True)
    class Amount:
        value: int
        currency: str = "CNY"

    @dataclass(frozen=True, slots=True)
    class Payment(Amount):
        borrower: str = field(default="", repr=False)

    @dataclass
    class Total:
        amounts: list[Any]

    return Amount, Payment, Total


def behaviour() -> list[Any]:
    """Return what the classes do, in the order in which a first call could make a difference."""
    amount, payment, total = classes()
    seen: list[Any] = []
    for one in (payment(1, borrower="王"), amount(1), payment(2), amount(1)):
        seen += [repr(one), one == amount(1), one != payment(1), hash(one) == hash(amount(1)), len({one, amount(1)})]
        for change in (lambda one=one: setattr(one, "value", 2), lambda one=one: delattr(one, "value")):
            with pytest.raises(FrozenInstanceError) as refused:
                change()
            seen.append(str(refused.value))
    changing = total([amount(1)])
    changing.amounts = [changing]
    seen += [repr(changing), changing == total([amount(1)]), total.__hash__, repr(amount.__eq__).split(" at ")[0]]
    return seen


def test_they_are_shown_compared_hashed_and_refuse_changes() -> None:
    with compiled_late():
        late = behaviour()

    assert late == behaviour()


def test_a_method_is_compiled_once() -> None:
    with compiled_late():
        amount, *_ = classes()
    before = amount.__eq__

    assert amount(1) == amount(1)
    assert amount.__eq__ is not before
    assert amount.__eq__.__qualname__ == before.__qualname__


def test_classes_made_later_are_compiled_at_once() -> None:
    with compiled_late():
        pass

    amount, *_ = classes()
    before = amount.__eq__
    assert amount(1) == amount(1)
    assert amount.__eq__ is before
