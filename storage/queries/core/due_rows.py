"""Rows of which an instant has come: how a chore finds them, and takes them so that one of several workers has each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Executable, Select, bindparam, exists, select, update

from storage.engine.work import Work
from storage.queries.core.set_aside import is_set_aside

_WAITED_FOR: dict[str, Column[Any]] = {}


def waits_for(chore: str, at: Column[Any]) -> Column[Any]:
    """Register and return the instant that a chore waits for: while no row of the workspace has one that has come, the chore has
    nothing to do. An index begins with it."""
    _WAITED_FOR[chore] = at
    return at


def waiting() -> Collection[str]:
    """Return the chores that wait for an instant."""
    return _WAITED_FOR.keys()


async def chores_due(session: Work, workspace_id: UUID, now: datetime) -> frozenset[str]:
    """Return the chores whose instant has come for some row, with one statement for all of them."""
    names = tuple(_WAITED_FOR)
    found = await session.execute(_any_due(names), {"workspace_id": workspace_id, "now": now})
    return frozenset(name for name, due in zip(names, next(iter(found)), strict=True) if due)


@cache
def _any_due(names: tuple[str, ...]) -> Executable:
    rows: list[ColumnElement[bool]] = []
    for at in map(_WAITED_FOR.__getitem__, names):
        of_workspace = at.table.c.workspace_id == bindparam("workspace_id", type_=at.table.c.workspace_id.type)
        rows.append(exists().where(of_workspace, at <= bindparam("now", type_=at.type)))
    return select(*(row.label(f"due_{number}") for number, row in enumerate(rows)))


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
