"""Statements as they are executed: compiled once by SQLAlchemy, with what turns parameters and rows into those of the driver.

This module alone uses inner names of SQLAlchemy, whose version `pyproject.toml` therefore fixes; a test runs the statements of
`storage` through it and through SQLModel's session, and compares.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, FromClause, Uuid
from sqlalchemy.engine import result_tuple
from sqlalchemy.exc import InvalidRequestError, StatementError

from storage.engine.rows import Row, Values

Process = Callable[[Any], Any] | None
Parameters = Mapping[str, Any]

_NUMERIC = 1700
"""PostgreSQL's type of a decimal: the only type of which SQLAlchemy asks what the driver returns."""


class _Bind(NamedTuple):
    """A parameter of the driver: given by name, or the n-th literal of the statement, or with a default of its own."""

    key: str
    literal: int | None
    own: Any
    default: Callable[[], Any] | None
    process: Process


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
        self._binds = _binds(compiled)
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
            for key, literal, own, default, process in self._binds:
                if key in given:
                    value = given[key]
                elif literal is not None and literals is not None:
                    value = literals[literal].value
                elif default is not None:
                    value = default()
                elif own.required:
                    raise InvalidRequestError(f"A value is required for bind parameter {key!r}")
                else:
                    value = own.value
                found.append(value if process is None else process(value))
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise StatementError(
                f"({type(error).__name__}) {error}", self.sql, None, error, hide_parameters=True
            ) from error
        return found

    def _expanded(self, given: Parameters, literals: Sequence[Any] | None) -> tuple[str, Sequence[Any]]:
        values = self.compiled.construct_params(
            given or None, extracted_parameters=literals, escape_names=False, _no_postcompile=True
        )
        state = self.compiled._process_parameters_for_postcompile(values)
        processes = {**self.compiled._bind_processors, **state.processors}
        arguments: list[Any] = []
        for name in state.positiontup:
            process, value = processes.get(name), state.parameters[name]
            arguments.append(value if process is None else process(value))
        return state.statement, arguments

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
        entity = element._annotations.get("parententity")
        if entity is None or not isinstance(element, FromClause):
            place = self._places[element if element in self._places else element._deannotate()]
            return self._scalar(place, str(getattr(element, "key", None) or place))
        columns = entity.selectable.c
        table: type[Row] = entity.mapper.class_
        places = {column.key: self._places[column] for column in columns}
        processes = {name: self._process(place) for name, place in places.items()}
        return Entity(
            table=table,
            key=tuple(
                (places[key.key], self._process(places[key.key])) for key in entity.mapper.local_table.primary_key
            ),
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
