"""Column shorthands shared by the tables (each call makes a new column), and what they say about a column."""

from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from storage.engine.types import Money, Rate, UtcDateTime, new_id

WhenGone = Literal["delete", "clear"]
"""What happens to a row when the row that its optional key refers to is deleted: it is deleted too, or the key is cleared."""


def row_id() -> Any:
    """A primary key, set when the row is built."""
    return Field(default_factory=new_id, primary_key=True)


def references(
    table: str,
    *,
    nullable: bool = False,
    index: bool = False,
    unique: bool = False,
    primary_key: bool = False,
    when_gone: WhenGone | None = None,
) -> Any:
    """A foreign key to `table.id`, checked at commit: rows of one transaction may be written in any order.

    `when_gone` says what happens to a row whose optional key refers to a deleted loan or to a row that belongs to one; a row
    with a required key is deleted with the row that it refers to.
    """
    key = ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")
    if nullable:
        kwargs = {"info": {"when_gone": when_gone}} if when_gone else {}
        return Field(default=None, sa_column_args=[key], sa_column_kwargs=kwargs, nullable=True, index=index)
    return Field(sa_column_args=[key], index=index, unique=unique, primary_key=primary_key)


def index_where_set(name: str, column: str) -> Index:
    """An index of the rows in which an optional column is set: few are, and what refers to a deleted row is found by it."""
    is_set = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=is_set, postgresql_where=is_set)


def instant(*, index: bool = False) -> Any:
    """A required instant."""
    return Field(sa_type=UtcDateTime, index=index)


def maybe_instant(default: datetime | None = None) -> Any:
    """An optional instant."""
    return Field(default=default, sa_type=UtcDateTime, nullable=True)


def money() -> Any:
    """An optional amount, in the loan's currency."""
    return Field(default=None, sa_type=Money, nullable=True)


def rate() -> Any:
    """An optional rate in percent."""
    return Field(default=None, sa_type=Rate, nullable=True)


def maybe_cipher() -> Any:
    """An optional encrypted text."""
    return Field(default=None, sa_type=LargeBinary, nullable=True)


def counter() -> Any:
    """The next free number. Undo never restores it, so that a number is not used twice."""
    return Field(default=1, sa_column_kwargs={"info": {"restored": False}})


def followed() -> Any:
    """An optional value that follows from other rows. Undo restores those rows, and computes it again."""
    return Field(default=None, sa_column_kwargs={"info": {"restored": False}})


def updated() -> Any:
    """When a transaction of the desk wrote the row last, which `Work` sets; None: not since the release that keeps it. Only what
    the database is asked to do with sets of rows, and nobody reads through the API, leaves it as it is."""
    return Field(default=None, sa_type=UtcDateTime, nullable=True, sa_column_kwargs={"info": {"restored": False}})


@cache
def restored_columns(table: str) -> frozenset[str]:
    """Return the columns of a table that Undo restores: all but the key, the version and the counters."""
    columns = SQLModel.metadata.tables[table].columns
    return frozenset(
        c.name for c in columns if not c.primary_key and c.name != "version" and c.info.get("restored", True)
    )
