"""Frozen dataclasses whose methods are compiled late are like those of the standard library."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any, Generic, TypeVar

import pytest

from desk.core import dataclass as late

T = TypeVar("T")


def classes(dataclass: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """Return a class, one that inherits from it, and one that is compared by identity."""

    @dataclass(frozen=True, slots=True)
    class Amount:
        """An amount."""

        value: int
        currency: str = "CNY"
        tags: list[str] = field(default_factory=list[str], compare=False)

        def __post_init__(self) -> None:
            if self.value < 0:
                raise ValueError("negative")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Payment(Amount):
        """A payment."""

        borrower: str
        note: str = field(default="", repr=False)

        def __repr__(self) -> str:
            return "a payment"

    @dataclass(frozen=True, slots=True, eq=False)
    class Handler:
        """A handler."""

        name: str

    return Amount, Payment, Handler


def behaviour(dataclass: Callable[..., Any]) -> list[Any]:
    """Return what the classes do, with each method called on an object of one class before the other."""
    amount, payment, handler = classes(dataclass)
    seen: list[Any] = []
    for one in (
        payment(1, borrower="王"),
        amount(1),
        amount(2, "USD", ["x"]),
        payment(1, "CNY", borrower="王", note="n"),
    ):
        seen += [repr(one), one == amount(1), one != payment(1, borrower="王"), hash(one) == hash(amount(1))]
        seen += [
            len({one, amount(1)}),
            asdict(one),
            replace(one, value=3).value,
            copy.copy(one) == one,
            type(one).__match_args__,
        ]
        for change in (lambda one=one: setattr(one, "value", 2), lambda one=one: delattr(one, "value")):
            with pytest.raises(FrozenInstanceError) as refused:
                change()
            seen.append(str(refused.value))
        with pytest.raises(AttributeError):
            object.__setattr__(one, "unknown", 1)
    for wrong in (lambda: amount(), lambda: amount(-1), lambda: amount(1, unknown=1), lambda: payment(1)):
        with pytest.raises((TypeError, ValueError)) as error:
            wrong()
        seen.append((type(error.value), str(error.value)))
    seen += [handler("a") == handler("a"), repr(handler("a")), [f.name for f in fields(payment)], amount.__doc__]
    return seen


def test_they_are_made_shown_compared_hashed_and_refuse_changes() -> None:
    assert behaviour(late.dataclass) == behaviour(dataclasses.dataclass)


def test_a_method_is_compiled_once() -> None:
    amount, *_ = classes(late.dataclass)
    before = amount.__init__, amount.__eq__

    assert amount(1) == amount(1)
    assert amount.__init__ is not before[0]
    assert amount.__eq__ is not before[1]
    compiled = amount.__init__, amount.__eq__
    assert amount(1) == amount(1)
    assert (amount.__init__, amount.__eq__) == compiled


def test_a_class_may_be_generic() -> None:
    @late.dataclass(frozen=True, slots=True)
    class Load(Generic[T]):
        of: T

    assert Load[int](1) == Load(1)


@late.dataclass(frozen=True, slots=True)
class Kept:
    """A class that pickle finds."""

    value: int


def test_an_object_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)
