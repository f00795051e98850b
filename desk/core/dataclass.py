"""`dataclass` with methods that are compiled when they are first called.

The one of the standard library compiles seven methods while a frozen class is made, most of which nothing ever calls: half a
thousand classes took a fifth of a start. The methods are still those that the standard library makes.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen=False, slots=False, kw_only=False, eq=True):
        """Do as `dataclasses.dataclass`. A frozen class inherits only from classes that this function made frozen."""

        def make(cls: type[Any]) -> type[Any]:
            if not frozen:
                return dataclasses.dataclass(slots=slots, kw_only=kw_only, eq=eq)(cls)
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            for name in ("__init__", "__repr__", *(("__eq__", "__hash__") if eq else ())):
                if name not in vars(made):
                    setattr(made, name, _late(made, name))
            made.__setattr__, made.__delattr__ = _refuse_set, _refuse_delete
            made.__getstate__, made.__setstate__ = _state, _set_state
            return made

        return make


def _late(cls: type[Any], name: str) -> Any:
    def method(self: Any, *values: Any, **named: Any) -> Any:
        compiled = getattr(_made_at_once(cls, name), name)
        setattr(cls, name, compiled)
        return compiled(self, *values, **named)

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return method


def _made_at_once(cls: type[Any], name: str) -> type[Any]:
    """Return a class with the same fields and, of the methods made for it, at least this one."""
    fields = [(field.name, field.type, _copy(field)) for field in dataclasses.fields(cls)]
    own = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    return dataclasses.make_dataclass(
        cls.__qualname__,
        fields,
        namespace=own,
        init=name == "__init__",
        repr=name == "__repr__",
        eq=name in ("__eq__", "__hash__"),
        frozen=name in ("__init__", "__hash__"),
    )


def _copy(field: dataclasses.Field[Any]) -> Any:
    options = {name: getattr(field, name) for name in ("init", "repr", "hash", "compare", "metadata", "kw_only")}
    return dataclasses.field(default=field.default, default_factory=field.default_factory, **options)


def _refuse_set(self: Any, name: str, value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
