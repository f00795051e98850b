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
    """Register and return the instant that a chore waits for: while no row has one that has come, the chore has nothing to do.
    An index begins with it."""
    _WAITED_FOR[chore] = at
    return at


def waiting() -> Collection[str]:
    """Return the chores that wait for an instant."""
    return _WAITED_FOR.keys()


async def chores_due(session: Work, now: datetime) -> frozenset[str]:
    """Return the chores whose instant has come for some row of whichever workspace, with one statement for all of them.

    A condition on the workspace would have SQLite read each of its members.
    """
    names = tuple(_WAITED_FOR)
    found = await session.execute(_any_due(names), {"now": now})
    return frozenset(name for name, due in zip(names, next(iter(found)), strict=True) if due)


@cache
def _any_due(names: tuple[str, ...]) -> Executable:
    instants = [_WAITED_FOR[name] for name in names]
    rows = [exists().where(at <= bindparam("now", type_=at.type)) for at in instants]
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
