"""Read the files of `desk/data` with a schema. What is wrong with one is reported with its name and line."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
V = TypeVar("V")


def validator(kind: type[T]) -> TypeAdapter[T]:
    """Return what validates values as that kind, made once: to make it takes longer than to validate a whole file."""
    return _validator(kind)


@cache
def _validator(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class DataFileError(Exception):
    """A data file is invalid; the message names the file, the line and the entry."""


class Loaded(Mapping[str, V]):
    """What files say by code, loaded when it is first asked for: a start does not wait for what no command has needed yet."""

    def __init__(self, load: Callable[[], Mapping[str, V]]) -> None:
        self._load = load

    @cached_property
    def _values(self) -> Mapping[str, V]:
        return self._load()

    def __getitem__(self, code: str) -> V:
        return self._values[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class DataFile:
    """A TOML file with its text, to say on which line an entry is. Raises DataFileError if it is no TOML."""

    def __init__(self, source: Traversable) -> None:
        self.name = source.name
        try:
            self._text = source.read_text("utf-8")
            self.tables: Mapping[str, Any] = loads(self._text)
        except (OSError, TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataFileError(f"{self.name}: {error}") from error

    def read(self, kind: type[T], value: Any, *entry: str) -> T:
        """Return the value of an entry as that kind. Raises DataFileError with the first thing that is wrong."""
        try:
            return validator(kind).validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            fields = [str(each) for each in first["loc"] if isinstance(each, str)]
            where = f"{fields[0]}: " if fields else ""
            raise self.error(f"{where}{first['msg']}", *entry, field=fields[0] if fields else None) from error

    def error(self, what: str, *entry: str, field: str | None = None) -> DataFileError:
        """Return the error about an entry, and about one of its fields."""
        line = self._line(entry, field)
        at = f", line {line}" if line else ""
        return DataFileError(f"{self.name}{at}, [{'.'.join(entry)}]: {what}")

    def _line(self, entry: Sequence[str], field: str | None) -> int:
        lines = self._text.splitlines()
        header = re.compile(r"\s*\[+\s*" + r"\s*\.\s*".join(rf'"?{re.escape(part)}"?' for part in entry) + r"\s*\]+")
        start = next((at for at, line in enumerate(lines, 1) if header.match(line)), 0)
        if start and field is not None:
            for at, line in enumerate(lines[start:], start + 1):
                if line.lstrip().startswith("["):
                    break
                if re.match(rf'\s*"?{re.escape(field)}"?\s*=', line):
                    return at
        return start
