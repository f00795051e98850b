"""What a statement returned."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import MultipleResultsFound, NoResultFound

T = TypeVar("T")


class Results(Generic[T]):
    """The rows of a statement: rows of a table or values if it asks for one thing, and tuples of these if it asks for more."""

    __slots__ = ("_found", "rowcount")

    def __init__(self, found: Sequence[T], rowcount: int) -> None:
        self._found = found
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[T]:
        return iter(self._found)

    def all(self) -> Sequence[T]:
        """Return all."""
        return self._found

    def first(self) -> T | None:
        """Return the first, or None."""
        return self._found[0] if self._found else None

    def one(self) -> T:
        """Return the only one. Raises NoResultFound, MultipleResultsFound."""
        if len(self._found) != 1:
            raise MultipleResultsFound("more than one row") if self._found else NoResultFound("no row")
        return self._found[0]

    def scalars(self) -> "Results[Any]":
        """Return the first value of each tuple."""
        rows: Sequence[Any] = self._found
        return Results([row[0] for row in rows], self.rowcount)

    def scalar_one(self) -> Any:
        """Return the first value of the only tuple. Raises NoResultFound, MultipleResultsFound."""
        row: Any = self.one()
        return row[0]
