"""Statements as they are executed: compiled once by SQLAlchemy, with what turns parameters and rows into those of the driver.

This module alone uses inner names of SQLAlchemy, whose version `pyproject.toml` therefore fixes; a test runs the statements of
`storage` through it and through SQLModel's session, and compares.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Alias, Engine, Table, Uuid
from sqlalchemy.engine import result_tuple
from sqlalchemy.exc import InvalidRequestError, StatementError

from storage.engine.rows import Row, Values, row_type_of

Process = Callable[[Any], Any] | None
Parameters = Mapping[str, Any]

_PLACE = re.compile(r"\$(\d+)")
"""The place of a parameter in the SQL of PostgreSQL's driver."""

_MOST_EXPANSIONS = 50
"""For how many combinations of lengths of lists the expansion of a statement is kept."""

_UNSUITABLE = (TypeError, ValueError, ArithmeticError, AttributeError)
"""What is raised for a value that a column cannot have."""

_NUMERIC = 1700
"""PostgreSQL's type of a decimal: the only type of which SQLAlchemy asks what the driver returns."""


class _Bind(NamedTuple):
    """A parameter of the driver: given by name, or the n-th literal of the statement, or with a default of its own."""

    key: str
    literal: int | None
    own: Any
    default: Callable[[], Any] | None
    process: Process

    def value(self, literals: Sequence[Any] | None) -> Any:
        """Return the value of a parameter that is not given."""
        if self.literal is not None and literals is not None:
            return literals[self.literal].value
        if self.default is not None:
            return self.default()
        if self.own.required:
            raise InvalidRequestError(f"A value is required for bind parameter {self.key!r}")
        return self.own.value


class _Expansion(NamedTuple):
    """A statement whose lists have certain lengths: each argument is a parameter, or the n-th of a list."""

    sql: str
    arguments: Sequence[tuple[str, int | None, Process]]


class Entity(NamedTuple):
    """The columns of a result that make a row of a table."""

    table: type[Row]
    key: tuple[tuple[int, Process], ...]
    places: slice
    names: tuple[str, ...]
    processes: tuple[tuple[str, Callable[[Any], Any]], ...]

    def identity(self, raw: Sequence[Any]) -> Any:
        """Return the primary key, a tuple if it has several columns; None where an outer join found no row."""
        if len(self.key) == 1:
            place, process = self.key[0]
            value = raw[place]
            return value if process is None or value is None else process(value)
        key = tuple(raw[place] if process is None else process(raw[place]) for place, process in self.key)
        return None if all(value is None for value in key) else key

    def values(self, raw: Sequence[Any]) -> Values:
        """Return the values of the row's columns."""
        values = dict(zip(self.names, raw[self.places], strict=True))
        for name, process in self.processes:
            value = values[name]
            if value is not None:
                values[name] = process(value)
        return values


class Scalar(NamedTuple):
    """A column of a result that is a value of its own."""

    place: int
    process: Process
    name: str

    def value(self, raw: Sequence[Any]) -> Any:
        """Return the value."""
        value = raw[self.place]
        return value if self.process is None else self.process(value)


class Prepared:
    """A compiled statement."""

    def __init__(self, compiled: Any) -> None:
        self.sql: str = compiled.string
        self.compiled = compiled
        self.returns_rows = bool(compiled._result_columns) or not (
            compiled.isinsert or compiled.isupdate or compiled.isdelete
        )
        self._expands = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self.binds = _binds(compiled)
        self._keyed = [(bind.key, bind.process, bind) for bind in self.binds]
        self._names: Sequence[str] = compiled.positiontup or ()
        lists = {name: compiled.binds[name].type for name in self._names if compiled.binds[name].expanding}
        self._lists = {name: bool(kind._is_tuple_type) for name, kind in lists.items()}
        self._is_in_full = not any(compiled.binds[name].literal_execute for name in self._names)
        self._expansions: dict[tuple[int, ...], _Expansion] = {}
        self._places = _places(compiled)
        asked: Any = compiled.statement
        self._elements: Sequence[Any] = getattr(asked, "_raw_columns", None) or getattr(asked, "_returning", ())

    def call(self, given: Parameters, literals: Sequence[Any] | None) -> tuple[str, Sequence[Any]]:
        """Return the SQL and the driver's parameters. Raises StatementError for a value that its column cannot have."""
        if self._expands:
            return self._expanded(given, literals)
        return self.sql, self.arguments(given, literals)

    def arguments(self, given: Parameters, literals: Sequence[Any] | None) -> list[Any]:
        """Return the driver's parameters."""
        found: list[Any] = []
        try:
            for key, process, bind in self._keyed:
                value = given[key] if key in given else bind.value(literals)
                found.append(value if process is None else process(value))
        except _UNSUITABLE as error:
            raise self._refusal(error) from error
        return found

    def _expanded(self, given: Parameters, literals: Sequence[Any] | None) -> tuple[str, Sequence[Any]]:
        """Expand the lists among the parameters. How that is done depends on their lengths alone, and is kept."""
        values = {
            name: given[bind.key] if bind.key in given else bind.value(literals)
            for name, bind in zip(self._names, self.binds, strict=True)
        }
        lists = {name: list(values[name]) for name in self._lists}
        lengths = tuple(map(len, lists.values()))
        if (expansion := self._expansions.get(lengths)) is None:
            expansion = self._expansion(values | lists)
            if self._is_in_full and len(self._expansions) < _MOST_EXPANSIONS:
                self._expansions[lengths] = expansion
        lists |= {name: [*chain(*lists[name])] for name, of_tuples in self._lists.items() if of_tuples}
        try:
            return expansion.sql, [
                value if process is None else process(value)
                for name, number, process in expansion.arguments
                for value in (values[name] if number is None else lists[name][number],)
            ]
        except _UNSUITABLE as error:
            raise self._refusal(error) from error

    def _expansion(self, values: dict[str, Any]) -> "_Expansion":
        state = self.compiled._process_parameters_for_postcompile(values)
        processes = {**self.compiled._bind_processors, **state.processors}
        elements: dict[str, tuple[str, int | None]] = {
            each: (name, number)
            for name, expanded in state.parameter_expansion.items()
            for number, each in enumerate(expanded)
        }
        places = [(*elements.get(name, (name, None)), processes.get(name)) for name in state.positiontup]
        return _Expansion(state.statement, places)

    def _refusal(self, error: Exception) -> StatementError:
        return StatementError(f"({type(error).__name__}) {error}", self.sql, None, error, hide_parameters=True)

    @cached_property
    def described(self) -> tuple[Entity | Scalar, ...]:
        """What the statement asks for: rows of tables, and values."""
        return tuple(self._describe(element) for element in self._elements) or self.columns

    @cached_property
    def described_tuple(self) -> Callable[[Sequence[Any]], Any]:
        """What makes tuples of these that also know them by name."""
        return result_tuple([e.table.__name__ if isinstance(e, Entity) else e.name for e in self.described])

    @cached_property
    def columns(self) -> tuple[Scalar, ...]:
        """The columns of the result, each a value."""
        entries = self.compiled._result_columns
        return tuple(self._scalar(place, entry.keyname) for place, entry in enumerate(entries))

    @cached_property
    def columns_tuple(self) -> Callable[[Sequence[Any]], Any]:
        """What makes tuples of these that also know them by name."""
        return result_tuple([column.name for column in self.columns])

    def _describe(self, element: Any) -> Entity | Scalar:
        if not isinstance(element, Table | Alias):
            place = self._places[element]
            return self._scalar(place, str(getattr(element, "key", None) or place))
        places = {column.key: self._places[column] for column in element.c}
        processes = {name: self._process(place) for name, place in places.items()}
        return Entity(
            table=row_type_of(element),
            key=tuple((places[key.key], processes[key.key]) for key in element.primary_key),
            places=_slice(tuple(places.values())),
            names=tuple(places),
            processes=tuple((name, process) for name, process in processes.items() if process is not None),
        )

    def _scalar(self, place: int, name: str) -> Scalar:
        return Scalar(place, self._process(place), name)

    def _process(self, place: int) -> Process:
        column_type = self.compiled._result_columns[place].type
        process = column_type._cached_result_processor(self.compiled.dialect, _NUMERIC)
        return process if process is None or not isinstance(column_type, Uuid) else _known_id


class Kept:
    """What a statement object keeps of its preparations. A copy of the statement has it too, and must not use it."""

    __slots__ = ("of", "prepared")

    def __init__(self, of: int) -> None:
        self.of = of
        self.prepared: dict[Any, tuple[Prepared, Sequence[Any] | None]] = {}


def prepare(
    engine: Engine, statement: Any, names: tuple[str, ...] = (), *, many: bool = False
) -> tuple[Prepared, Sequence[Any] | None]:
    """Return the compiled statement and its literals. `names` are the parameters that will be given, `many` times."""
    kept: Kept | None = statement.__dict__.get("_kept_by_the_desk")
    if kept is None or kept.of != id(statement):
        kept = statement.__dict__["_kept_by_the_desk"] = Kept(id(statement))
    key = (engine.dialect.name, names, many)
    if (found := kept.prepared.get(key)) is None:
        found = kept.prepared[key] = _prepared(engine, statement, names, many)
    return found


@lru_cache(maxsize=1000)
def together(prepared: tuple[Prepared, ...]) -> str:
    """Return the SQL, for PostgreSQL, that executes these inserts, updates and deletions in their order, with the parameters of
    all. It returns how many rows each wrote, as a row for each.

    A count reads its statement to the end before the next one begins, so rows are locked in the given order.
    """
    parts: list[str] = []
    first = 0
    for number, statement in enumerate(prepared):
        sql = _PLACE.sub(lambda place: f"${int(place[1]) + first}", statement.sql)  # noqa: B023
        parts.append(f"w{number} AS ({sql} RETURNING 1)")
        first += len(statement.binds)
    counts = " UNION ALL ".join(f"SELECT count(*) FROM w{number}" for number in range(len(prepared)))
    return f"WITH {', '.join(parts)} {counts}"


def _prepared(
    engine: Engine, statement: Any, names: tuple[str, ...], many: bool
) -> tuple[Prepared, Sequence[Any] | None]:
    compiled, literals, collected, _ = statement._compile_w_cache(
        engine.dialect, compiled_cache=engine._compiled_cache, column_keys=list(names), for_executemany=many
    )
    if collected:
        raise InvalidRequestError("give the values of parameters with the call")
    prepared: Prepared | None = compiled.__dict__.get("_prepared_by_the_desk")
    if prepared is None:
        prepared = compiled.__dict__["_prepared_by_the_desk"] = Prepared(compiled)
    return prepared, literals


def _binds(compiled: Any) -> list[_Bind]:
    """Return the parameters in the order of the driver's."""
    if compiled.positiontup is None:
        return []
    numbers: dict[Any, int] = {}
    if compiled.cache_key is not None and compiled._cache_key_bind_match is not None:
        match = compiled._cache_key_bind_match[0]
        numbers = {bind: number for number, of in enumerate(compiled.cache_key[1]) for bind in match[of]}
    defaults = {column.key: _default(column) for column in compiled.insert_prefetch} if compiled.isinsert else {}
    processors = compiled._bind_processors
    return [
        _Bind(bind.key, numbers.get(bind), bind, defaults.get(bind.key), processors.get(name))
        for name in compiled.positiontup
        for bind in (compiled.binds[name],)
    ]


def _slice(places: tuple[int, ...]) -> slice:
    """Return where these columns are, which SQLAlchemy leaves side by side."""
    if places != tuple(range(places[0], places[0] + len(places))):
        raise InvalidRequestError("the columns of a row are apart: do not ask for one of them before the row itself")
    return slice(places[0], places[0] + len(places))


@lru_cache(maxsize=10_000)
def _known_id(value: str | None) -> UUID | None:
    """Return the id that SQLite stores as text. The same members and loans are read again and again."""
    return None if value is None else UUID(value)


def _default(column: Any) -> Callable[[], Any]:
    default = column.default
    return (lambda: default.arg) if default.is_scalar else (lambda: default.arg(None))


def _places(compiled: Any) -> dict[Any, int]:
    """Return where in the result each column and expression is."""
    places: dict[Any, int] = {}
    for place, entry in enumerate(compiled._result_columns):
        for column in entry.objects:
            if not isinstance(column, str):
                places.setdefault(column, place)
    return places
