"""Rows of the tables as plain objects: their columns are attributes, and what was changed since they were read is known.

SQLModel describes the tables, and makes their columns. Its objects are made without validation, and SQLAlchemy's instrumentation
of each attribute would track what `storage.engine.work` tracks: a row is made by filling its `__dict__`.

`get_column_from_field` is an inner name of SQLModel, whose version `pyproject.toml` therefore fixes.
"""

from abc import ABCMeta
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import Alias, Column, Table
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel
from sqlmodel.main import SQLModelMetaclass, get_column_from_field  # pyright: ignore[reportUnknownVariableType]

Values = dict[str, Any]
R = TypeVar("R", bound="Row")

_ROW_TYPES: dict[Table, type["Row"]] = {}
"""The type of the rows of each table."""

_TYPES: dict[str, TypeEngine[Any]] = {}
"""The types of columns, as they are written."""


class Layout:
    """What is needed to make a new row of a table: its columns, and the values of those that are left out."""

    __slots__ = ("columns", "defaults", "factories")

    def __init__(self, table: type[SQLModel]) -> None:
        columns = table_of(table).columns
        self.columns = frozenset(columns.keys())
        self.defaults: Values = dict.fromkeys(columns.keys())
        self.factories: dict[str, Callable[[Any], Any]] = {}
        for name, column in columns.items():
            default: Any = column.default
            if default is not None and default.is_callable:
                self.factories[name] = default.arg
                del self.defaults[name]
            elif default is not None:
                self.defaults[name] = default.arg


@cache
def layout_of(table: Any) -> Layout:
    """Return the layout of a table."""
    return Layout(table)


def _column(name: str, kind: Any, given: Any) -> Column[Any]:
    """Return a column as SQLModel makes it of a field. Columns of one type share it."""
    field = given if isinstance(given, FieldInfo) else Field(default=given)
    field.annotation = kind
    column = cast("Column[Any]", get_column_from_field(field))
    column.name = column.key = name
    column.type = _TYPES.setdefault(repr(column.type), column.type)
    return column


class RowType(SQLModelMetaclass):
    """The type of the tables. A call makes a new row: `Loan(number="A-1", …)`. What is left out has its default, or
    is None. Raises TypeError for an unknown column.

    SQLAlchemy's statements take a table by its class, and its columns by their attributes: they are the columns of the table
    itself. SQLModel would have SQLAlchemy map objects to them, and pydantic describe each field once more: that took two thirds
    of the time and the memory of the tables.
    """

    def __new__(
        cls, name: str, bases: tuple[type[Any], ...], class_dict: Values, *, table: bool = False, **kwargs: Any
    ) -> Any:
        if not table:
            return super().__new__(cls, name, bases, class_dict, **kwargs)
        columns = {
            column: _column(column, kind, class_dict.get(column, PydanticUndefined))
            for column, kind in class_dict["__annotations__"].items()
        }
        described: Any = ABCMeta.__new__(cls, name, bases, class_dict | columns)
        args = class_dict.get("__table_args__", ())
        described.__table__ = Table(class_dict["__tablename__"], described.metadata, *columns.values(), *args)
        _ROW_TYPES[described.__table__] = described
        return described

    def __init__(
        self, name: str, bases: tuple[type[Any], ...], class_dict: Values, *, table: bool = False, **kwargs: Any
    ) -> None:
        if not table:
            super().__init__(name, bases, class_dict, **kwargs)

    def __clause_element__(cls) -> Table:  # noqa: N805
        """Return what SQLAlchemy takes this class for in a statement."""
        return table_of(cast(Any, cls))

    if not TYPE_CHECKING:  # to a type checker, a table has the constructor that its fields make

        def __call__(cls, **given: Any) -> Any:  # noqa: N805
            layout = layout_of(cls)
            values = layout.defaults | given
            for name, make in layout.factories.items():
                if name not in given:
                    values[name] = make(None)
            if len(values) != len(layout.columns):
                raise TypeError(f"{cls.__name__} has no {sorted(values.keys() - layout.columns)}")
            return _bare(cls, values)


class Row(SQLModel, metaclass=RowType):
    """A row of a table. `Work` knows by `read_values` and `changed_columns` what to write."""

    __slots__ = ("__read__",)

    __retained__: ClassVar[tuple[str, ...]] = ()
    """How long a row is kept, by codes of `storage.tables.retained`. Each table says so."""

    __owner__: ClassVar[str] = "workspace_id"
    """The column that says whose a row is."""

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            values = self.__dict__
            if name not in values:
                raise ValueError(f"{type(self).__name__} has no {name}")
            values[name] = value
            self.__pydantic_fields_set__.add(name)

        def __eq__(self, other: object) -> bool:
            """Return whether it is a row of the same table with the same values: to pydantic, which knows no column, all rows of
            a table were equal."""
            return type(self) is type(other) and vars(self) == vars(other)

        def model_dump(self, *, exclude: Collection[str] = ()) -> Values:
            """Return the values by column: pydantic, which knows no column, would return nothing."""
            return {name: value for name, value in vars(self).items() if name not in exclude}

    def before_write(self) -> None:
        """Set the columns that follow from others. Called before a new or changed row is written."""


def loaded(table: type[Row], values: Values) -> Row:
    """Return a row as it was read."""
    row = _bare(table, values)
    keep(row)
    return row


UPDATED = "updated_at"
"""The column of some tables that says when a transaction wrote a row last."""


def date_write(row: Row, now: datetime) -> None:
    """Note when a new or changed row is written, if its table has that column."""
    values = vars(row)
    if UPDATED not in values:
        return
    read = read_values(row)
    if read is None or any(values[name] != read[name] for name in changed_columns(row)):
        values[UPDATED] = now
        changed_columns(row).add(UPDATED)


def keep(row: Row) -> None:
    """Take the values of a row as those of the database."""
    object.__setattr__(row, "__read__", row.__dict__.copy())
    changed_columns(row).clear()


def replace_values(row: Row, values: Mapping[str, Any]) -> None:
    """Set columns of a row to what has just been read, and forget changes of them."""
    held: Values = vars(row)
    held.update(values)
    read: Values = object.__getattribute__(row, "__read__")
    read.update(values)
    changed_columns(row).difference_update(values)


def take_back(row: Row, read: Values | None) -> None:
    """Take `read` as what the database has of a row; None makes it new again."""
    object.__setattr__(row, "__read__", read)
    if read is not None:
        changed_columns(row).update(name for name, value in vars(row).items() if value != read[name])


def changed_columns(row: Row) -> set[str]:
    """Return the columns of a row that were set since it was read."""
    return row.__pydantic_fields_set__


def column_values(row: Row) -> Values:
    """Return the values of a row by column."""
    return vars(row).copy()


def read_values(row: Row) -> Values | None:
    """Return the values of a row as they were read or last written; None for a new row."""
    return getattr(row, "__read__", None)


def table_of(table: type[SQLModel]) -> Table:
    """Return the table in the database."""
    described: Any = table
    return described.__table__


def row_type_of(table: Table | Alias) -> type[Row]:
    """Return the type of the rows of a table, or of one by another name."""
    named: Any = table.element if isinstance(table, Alias) else table
    return _ROW_TYPES[named]


class _Also:
    """A table by another name."""

    def __init__(self, table: type[Row]) -> None:
        alias = table_of(table).alias()
        vars(self).update(alias.c.items(), __clause_element__=lambda: alias)


def also(table: type[R]) -> type[R]:
    """Return the table by another name, for a statement in which it occurs twice."""
    return cast(Any, _Also(table))


def _bare(table: type[Any], values: Values) -> Any:
    row = object.__new__(table)
    put = object.__setattr__
    put(row, "__dict__", values)
    put(row, "__pydantic_fields_set__", set())
    put(row, "__pydantic_extra__", None)
    put(row, "__pydantic_private__", None)
    put(row, "__read__", None)
    return row
