"""Rows of which an instant has come: how a chore finds them, and takes them so that one of several workers has each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, select, update

from storage.queries.core.set_aside import is_set_aside


def are_due(
    at: Column[Any], workspace_id: UUID, chore: str, now: datetime, only: Collection[UUID] | None
) -> list[ColumnElement[bool]]:
    """Return the conditions for the rows whose instant `at` has come (of `only` these, if given), but not those that the chore
    has set aside."""
    table = at.table
    key = table.c.id
    due = [table.c.workspace_id == workspace_id, at <= now, ~is_set_aside(workspace_id, chore, key, now)]
    return due if only is None else [*due, key.in_(only)]


def taking(kind: Any, ids: Select[Any], values: Mapping[str, Any]) -> Any:
    """Return the statement that writes `values` to the rows of that kind with these ids, and returns them. It skips rows that
    another transaction has locked."""
    # PostgreSQL evaluates a locking CTE once; it could run a plain subselect again for another row and pass the limit.
    due = ids.with_for_update(skip_locked=True).cte("due")
    return (
        update(kind)
        .where(kind.id.in_(select(due.c.id)))
        .values(values)
        .returning(kind)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
