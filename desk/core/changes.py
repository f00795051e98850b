"""Track changes of rows: record them for Undo, raise versions, and mark the messages to rewrite."""

import base64
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from desk.core.transaction import Change, Desk
from desk.core.undo_rules import take_back_of
from storage.engine.rows import table_of
from storage.engine.types import new_id
from storage.tables import FollowUp, Undo
from storage.tables.columns import restored_columns

Row = TypeVar("Row", bound=SQLModel)

_CODECS: dict[str, tuple[type[Any], Callable[[Any], str], Callable[[str], Any]]] = {
    "instant": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "id": (UUID, str, UUID),
    "bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
    "amount": (Decimal, str, Decimal),
}
"""How an Undo stores a value in JSON, by the key that holds it. A datetime is also a date, so `instant` comes first."""


def create(desk: Desk, row: Row) -> Row:
    """Write a new row that Undo can take back. Raises NotUndoableError if its table has no rule for that."""
    take_back_of(type(row))
    desk.changes[id(row)] = Change(row=row, before=None)
    desk.add(row)
    return row


def track(desk: Desk, row: Row) -> Row:
    """Record `row` before its first change, increment its version, and mark a follow-up's messages for rewriting.

    Only the first call records and increments.
    """
    if id(row) not in desk.changes:
        desk.changes[id(row)] = Change(row=row, before=_snapshot(row))
        versioned: Any = row
        versioned.version += 1
    if isinstance(row, FollowUp):
        desk.touched.add(row.id)
    desk.add(row)
    return row


def offer_undo(
    desk: Desk,
    act: str,
    *,
    loan_id: UUID | None = None,
    undo_id: UUID | None = None,
    part_of: UUID | None = None,
) -> UUID:
    """Store this transaction's changes for Undo, and return the id for its button.

    Pass `undo_id` if a message of this act already carries it, and `part_of` for a batch of that act. Call this last: Undo
    ignores later changes.
    """
    undo = Undo(
        id=undo_id or new_id(),
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        act=act,
        loan_id=loan_id,
        steps=[_step(change) for change in desk.changes.values()],
        part_of=part_of,
        made_at=desk.now,
    )
    desk.add(undo)
    return undo.id


def restore(row: SQLModel, before: dict[str, Any]) -> None:
    """Set the columns of a row to their encoded values in `before`."""
    for name, value in before.items():
        setattr(row, name, decode(value))


def table_name(table: type[SQLModel]) -> str:
    """Return the database name of a table."""
    return table_of(table).name


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
    # Store only what the act itself changed: what the desk records later (announced, escalated) stays.
    before, after = change.before or {}, _snapshot(change.row)
    names = restored_columns(table_name(type(change.row)))
    return encode_columns({name: value for name, value in before.items() if value != after[name] and name in names})


def encode_columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row as an Undo stores them in JSON."""
    return {name: _encode(value) for name, value in values.items()}


def _snapshot(row: SQLModel) -> dict[str, Any]:
    # The values themselves, not encoded: the worker changes thousands of rows, of which no Undo needs any.
    return vars(row).copy()


def _encode(value: Any) -> Any:
    for name, (kind, encode, _) in _CODECS.items():
        if isinstance(value, kind):
            return {name: encode(value)}
    return value


def decode(value: Any) -> Any:
    """Return the value of a column from the JSON that an Undo stores for it."""
    for name, (_, _, decode_text) in _CODECS.items():
        if _has_key(value, name):
            return decode_text(value[name])
    return value


def _has_key(value: object, name: str) -> bool:
    return isinstance(value, dict) and name in value
