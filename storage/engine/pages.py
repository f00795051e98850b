"""Pages of lists. A page goes on behind the last row of the one before: in the order in which the rows were made, or, of those
that were updated since an instant, in the order in which they were updated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work

T = TypeVar("T")
Other = TypeVar("Other")
Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Mark:
    """A row at which a page ended: its id, and in a list of what was updated, when that was."""

    id: UUID
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: at most `limit` rows behind the mark `after`."""

    after: Mark | None
    limit: int


@dataclass(frozen=True, slots=True)
class Updates(Window):
    """The same of the rows that were updated at `since` or later, and before `until`. Their table has `updated_at`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the mark behind which it goes on; None at its end. `until` is that of its window."""

    rows: tuple[T, ...]
    following: Mark | None
    until: datetime | None = None

    def of(self, rows: Iterable[Other]) -> "Page[Other]":
        """Return a page of what its rows were made into."""
        return Page(tuple(rows), self.following, self.until)


async def page(session: Work, table: type[Row], statement: SelectOfScalar[Row], window: Window) -> Page[Row]:
    """Return the part of the rows of a statement, which has no order, that is wanted."""
    row: Any = table
    if isinstance(window, Updates):
        statement = _updated(row, statement, window).order_by(row.updated_at, row.id)
    else:
        statement = statement.where(row.id > window.after.id) if window.after is not None else statement
        statement = statement.order_by(row.id)
    found: Any = (await session.exec(statement.limit(window.limit + 1))).all()
    shown = tuple(found[: window.limit])
    until = window.until if isinstance(window, Updates) else None
    return Page(shown, _mark(shown[-1], window) if len(found) > window.limit else None, until)


def _updated(row: Any, statement: SelectOfScalar[Any], window: Updates) -> SelectOfScalar[Any]:
    begin = window.since
    if window.after is not None and window.after.updated_at is not None:
        begin = max(begin, window.after.updated_at)
        statement = statement.where((row.updated_at > window.after.updated_at) | (row.id > window.after.id))
    return statement.where(row.updated_at >= begin, row.updated_at < window.until)


def _mark(row: Any, window: Window) -> Mark:
    return Mark(row.id, row.updated_at if isinstance(window, Updates) else None)
