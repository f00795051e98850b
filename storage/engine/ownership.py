"""Whose a row is: a unit of work of one workspace reads and writes that workspace's rows alone.

Statements name the workspace; where one finds a row by its key alone, as a button carries it, a row of another workspace is
as if it were not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from storage.engine.rows import Row


class _Foreign:
    """Stands for a row of another workspace until it is left out of what a statement found."""


FOREIGN: Any = _Foreign()


class ForeignRowError(Exception):
    """A row of another workspace was to be written: our bug, and nothing was. The message is the table's name."""


def is_foreign(table: type[Row], values: Mapping[str, Any], workspace_id: UUID) -> bool:
    """Return whether a row with these values is another workspace's. Rows of a table without a workspace follow another row."""
    return values.get(table.__owner__, workspace_id) != workspace_id


def only_own(found: Sequence[Any], *, tuples: bool) -> list[Any]:
    """Return what a statement found without the rows of other workspaces, or without the tuples that have one."""
    return [each for each in found if not (FOREIGN in each if tuples else each is FOREIGN)]


def check_own(rows: Iterable[Row], workspace_id: UUID | None) -> None:
    """Raise ForeignRowError unless the rows may be written in a unit of work of this workspace; None: of the deployment."""
    if workspace_id is None:
        return
    for row in rows:
        if is_foreign(type(row), vars(row), workspace_id):
            raise ForeignRowError(type(row).__name__)
