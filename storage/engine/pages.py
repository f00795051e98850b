"""Pages of lists in the order in which their rows were made: a page goes on behind the last id of the one before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work

T = TypeVar("T")
Other = TypeVar("Other")
Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: at most `limit` rows behind the row with the id `after`."""

    after: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the id behind which it goes on; None at its end."""

    rows: tuple[T, ...]
    following: UUID | None

    def of(self, rows: Iterable[Other]) -> "Page[Other]":
        """Return a page of what its rows were made into."""
        return Page(tuple(rows), self.following)


async def page(session: Work, table: type[Row], statement: SelectOfScalar[Row], window: Window) -> Page[Row]:
    """Return the part of the rows of a statement, which has no order, that is wanted."""
    row: Any = table
    if window.after is not None:
        statement = statement.where(row.id > window.after)
    found: Any = (await session.exec(statement.order_by(row.id).limit(window.limit + 1))).all()
    shown = tuple(found[: window.limit])
    return Page(shown, shown[-1].id if len(found) > window.limit else None)
