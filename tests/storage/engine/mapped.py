"""The tables as classes that SQLAlchemy's session maps, to compare the unit of work with the session."""

from functools import cache
from typing import Any

from sqlalchemy import Alias, Table
from sqlalchemy.orm import DeclarativeBase, aliased
from sqlmodel import SQLModel, select

from storage.engine.rows import row_type_of, table_of


class Mapped(DeclarativeBase):
    metadata = SQLModel.metadata


@cache
def mapped_type(row_type: Any) -> Any:
    """Return a class of which a session keeps objects in the same table."""
    return type(row_type.__name__, (Mapped,), {"__table__": table_of(row_type)})


def for_session(statement: Any) -> Any:
    """Return the statement with which a session is asked for what this one asks a unit of work: objects are of mapped classes."""
    asked: Any = getattr(statement, "_raw_columns", None) or getattr(statement, "_returning", ())
    if not any(isinstance(each, Table | Alias) for each in asked):
        return statement
    return select(*map(_mapped, asked)).from_statement(statement)


def _mapped(asked: Any) -> Any:
    if not isinstance(asked, Table | Alias):
        return asked
    row_type: Any = row_type_of(asked)
    return aliased(mapped_type(row_type), asked) if isinstance(asked, Alias) else mapped_type(row_type)


def values_of(row: SQLModel | Mapped) -> dict[str, Any]:
    """Return the values of a row, or of an object of a mapped class, by column."""
    table: Any = type(row)
    return {column.name: getattr(row, column.name) for column in table.__table__.columns}
