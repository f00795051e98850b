"""Rows of the tables as plain objects: their columns are attributes, and what was changed since they were read is known.

SQLModel describes the tables. Its objects are made without validation, and SQLAlchemy's instrumentation of each attribute
would track what `storage.engine.work` tracks: a row is made by filling its `__dict__`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict
from sqlalchemy import Table
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import SQLModel
from sqlmodel.main import SQLModelMetaclass, default_registry

Values = dict[str, Any]


class _Layout:
    """What is needed to make a new row of a table: its columns, and the values of those that are left out."""

    __slots__ = ("columns", "defaults", "factories")

    def __init__(self, table: type[SQLModel]) -> None:
        fields = table.model_fields
        self.columns = frozenset(fields)
        self.factories: dict[str, Callable[[], Any]] = {}
        self.defaults: Values = {}
        for name, field in fields.items():
            factory: Any = field.default_factory
            if factory is not None:
                self.factories[name] = factory
            else:
                self.defaults[name] = None if field.is_required() else field.default


_layout = cache(_Layout)


class _Column:
    """A column as an attribute of its table. SQLAlchemy's own attribute is asked even for a value that a row has in its
    `__dict__`, in Python code; this one, which cannot be set, lets the row's value come first."""

    __slots__ = ("_mapped",)

    def __init__(self, mapped: Any) -> None:
        self._mapped = mapped

    def __get__(self, row: Any, table: Any = None) -> Any:
        return self._mapped.__get__(row, table)


class RowType(SQLModelMetaclass):
    """The type of the tables. A call makes a new row: `Loan(number="A-1", …)`. What is left out has its default, or
    is None. Raises TypeError for an unknown column."""

    def __init__(cls, name: str, bases: tuple[type[Any], ...], class_dict: Values, **kwargs: Any) -> None:  # noqa: N805
        described: Any = cls
        if not described.model_config.get("table"):
            super().__init__(name, bases, class_dict, **kwargs)
            return
        # SQLAlchemy would search all attributes of pydantic's classes for columns, for each table: a tenth of making it.
        columns: dict[str, Any] = {each: vars(cls)[each] for each in described.model_fields}
        for each, column in columns.items():
            column.name = column.key = each
        args = vars(cls).get("__table_args__", ())
        default_registry.map_imperatively(
            cls, Table(described.__tablename__, described.metadata, *columns.values(), *args)
        )
        for name, value in vars(cls).copy().items():
            if isinstance(value, InstrumentedAttribute):
                type.__setattr__(cls, name, _Column(value))

    if not TYPE_CHECKING:  # to a type checker, a table has the constructor that its fields make

        def __call__(cls, **given: Any) -> Any:  # noqa: N805
            layout = _layout(cls)
            values = layout.defaults | given
            for name, make in layout.factories.items():
                if name not in given:
                    values[name] = make()
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

    model_config = ConfigDict(defer_build=True)  # pyright: ignore[reportAssignmentType] # no row is validated

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            values = self.__dict__
            if name in values and "_sa_instance_state" not in values:
                values[name] = value
                self.__pydantic_fields_set__.add(name)
            else:
                super().__setattr__(name, value)

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


def _bare(table: type[Any], values: Values) -> Any:
    row = object.__new__(table)
    put = object.__setattr__
    put(row, "__dict__", values)
    put(row, "__pydantic_fields_set__", set())
    put(row, "__pydantic_extra__", None)
    put(row, "__pydantic_private__", None)
    put(row, "__read__", None)
    return row
