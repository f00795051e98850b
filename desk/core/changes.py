"""Changes of rows: remembered for Undo, versioned for compare and set, and their messages marked for rewriting."""

import base64
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import inspect
from sqlmodel import SQLModel

from desk.core.transaction import Change, Desk
from desk.core.undo_rules import take_back_of
from storage.engine.types import new_id
from storage.tables import FollowUp, Undo
from storage.tables.columns import restored_columns

Row = TypeVar("Row", bound=SQLModel)


def create(desk: Desk, row: Row) -> Row:
    """Write a new row that Undo takes back. Raises NotUndoableError if nothing says how to take back such a row."""
    take_back_of(type(row))
    desk.changes[id(row)] = Change(row=row, before=None)
    desk.add(row)
    return row


def track(desk: Desk, row: Row) -> Row:
    """Remember `row` as it is, before the first assignment changes it. Further calls have no effect.

    Raises the row's version, and has the messages that show a follow-up rewritten.
    """
    if id(row) not in desk.changes:
        desk.changes[id(row)] = Change(row=row, before=_snapshot(row))
        versioned: Any = row
        versioned.version += 1
    if isinstance(row, FollowUp):
        desk.touched.add(row.id)
    desk.add(row)
    return row


def offer_undo(desk: Desk, act: str, *, loan_id: UUID | None = None, undo_id: UUID | None = None) -> UUID:
    """Remember this transaction's changes for Undo, and return the id for its button.

    `undo_id` is that id where a message of this act already carries it. Call this last: Undo does not restore what
    changes afterwards.
    """
    undo = Undo(
        id=undo_id or new_id(),
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        act=act,
        loan_id=loan_id,
        steps=[_step(change) for change in desk.changes.values()],
        made_at=desk.now,
    )
    desk.add(undo)
    return undo.id


def restore(row: SQLModel, before: dict[str, Any]) -> None:
    """Set the columns of a row to what a step of an Undo remembers."""
    for name, value in before.items():
        setattr(row, name, decode(value))


def table_name(table: type[SQLModel]) -> str:
    """Return the name of a table in the database."""
    return inspect(table).mapper.local_table.description


def _step(change: Change) -> dict[str, Any]:
    row: Any = change.row
    return {
        "table": table_name(type(change.row)),
        "id": str(row.id),
        "version": row.version,
        "version_before": change.before["version"] if change.before else 0,
        "before": _restorable(change) if change.before else None,
    }


def _restorable(change: Change) -> dict[str, Any]:
    # Remember only what the act itself changed: what the desk notes later (announced, escalated) stays.
    before, after = change.before or {}, _snapshot(change.row)
    names = restored_columns(table_name(type(change.row)))
    return {name: value for name, value in before.items() if value != after[name] and name in names}


def _snapshot(row: SQLModel) -> dict[str, Any]:
    return {name: _encode(getattr(row, name)) for name in type(row).model_fields}


def _encode(value: Any) -> Any:
    match value:
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case UUID():
            return {"id": str(value)}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case Decimal():
            return {"amount": str(value)}
        case _:
            return value


def decode(value: Any) -> Any:
    """Return a column's value from what a step of an Undo remembers of it."""
    match value:
        case {"instant": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"time": text}:
            return time.fromisoformat(text)
        case {"id": text}:
            return UUID(text)
        case {"bytes": text}:
            return base64.b64decode(text)
        case {"amount": text}:
            return Decimal(text)
        case _:
            return value
