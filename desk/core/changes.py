"""How rows are changed: remembered for Undo, versioned for compare and set, and their messages marked for rewriting."""

import base64
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import inspect
from sqlmodel import SQLModel

from desk.core.transaction import Change, Desk
from storage.engine.types import new_id
from storage.tables import FollowUp, Undo

Row = TypeVar("Row", bound=SQLModel)


def create(desk: Desk, row: Row) -> Row:
    """Writes a new row that Undo would take back."""
    desk.changes[id(row)] = Change(row=row, before=None)
    desk.add(row)
    return row


def changing(desk: Desk, row: Row) -> Row:
    """Says that `row` is about to be changed: call it before the first assignment, once or more often.

    Raises its version, remembers it as it was, and has the messages that show a follow-up rewritten.
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
    """Remembers this transaction's changes, so that they can be taken back for a while. Gives the id for the button:
    `undo_id` where a message that the act owes carries it already.

    Call it last: what is changed afterwards is not taken back.
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


_NEVER_RESTORED = frozenset({"id", "version", "next_follow_up_number"})
"""Counters never go back: a number that was given once is not given again."""


def restore(row: SQLModel, before: dict[str, Any]) -> None:
    """Gives a row back what a step of an Undo remembers of it."""
    for name, value in before.items():
        setattr(row, name, remembered(value))


def column_names(row: SQLModel) -> list[str]:
    """The columns of a row's table."""
    return list(inspect(type(row)).mapper.column_attrs.keys())


def table_name(table: type[SQLModel]) -> str:
    """The name of a table in the database."""
    return inspect(table).mapper.local_table.description


def _step(change: Change) -> dict[str, Any]:
    row: Any = change.row
    return {
        "table": table_name(type(change.row)),
        "id": str(row.id),
        "version": row.version,
        "version_before": change.before["version"] if change.before else 0,
        "before": _what_differs(change.before, _snapshot(change.row)) if change.before else None,
    }


def _what_differs(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    # Only what the act itself changed is remembered: what the desk notes meanwhile (announced, escalated) stays.
    return {name: value for name, value in before.items() if value != after[name] and name not in _NEVER_RESTORED}


def _snapshot(row: SQLModel) -> dict[str, Any]:
    return {name: _encode(getattr(row, name)) for name in column_names(row)}


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


def remembered(value: Any) -> Any:
    """A column's value as a step of an Undo remembers it."""
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
