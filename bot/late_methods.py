"""Have the methods of dataclasses compiled when they are first called: half a thousand classes take a tenth of a start otherwise.

`dataclasses` writes the text of each method and compiles it while the class is made: for a frozen class five besides
`__init__`, most of which nothing ever calls. It does so through `_create_fn` (Python 3.11 and 3.12). Where that name is
missing, or takes something else, all is compiled at once, as usual.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LATE = frozenset({"__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"})
_PARAMETERS = ["name", "args", "body", "globals", "locals", "return_type"]


@contextmanager
def compiled_late() -> Iterator[None]:
    """Postpone the methods of the dataclasses that are made in the block."""
    made: Any = vars(dataclasses).get("_create_fn")
    if made is None or list(inspect.signature(made).parameters) != _PARAMETERS:
        yield
        return

    def create(name: str, *arguments: Any, **more: Any) -> Callable[..., Any]:
        if name not in _LATE:
            return made(name, *arguments, **more)
        return _late(name, lambda: made(name, *arguments, **more))

    dataclasses._create_fn = create  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        dataclasses._create_fn = made  # pyright: ignore[reportAttributeAccessIssue]


def _late(name: str, compile_it: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    compiled: Callable[..., Any] | None = None

    def method(self: object, *arguments: object) -> Any:
        nonlocal compiled
        if compiled is None:
            compiled = compile_it()
            compiled.__qualname__ = method.__qualname__
            for owner in type(self).__mro__:
                if owner.__dict__.get(name) is method:
                    type.__setattr__(owner, name, compiled)
        return compiled(self, *arguments)

    method.__name__ = name
    return method
