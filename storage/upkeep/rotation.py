"""Re-encrypt with the current key what an older key encrypted, while others read and write.

The first byte of a ciphertext names its key, so rotation can stop at any time and start again. It replaces a ciphertext
only if that is still the one it read: what others write meanwhile stays.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, cast, func, literal, select, update
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]  (fills the metadata)
from storage.engine.cipher import (
    Cipher,
    EncryptedColumn,
    UnreadableError,
    all_encrypted_columns,
    ciphertexts,
    encrypted_column,
    key_of,
    keys_in_steps,
)
from storage.engine.work import Work

BATCH = 100
"""Rows that one transaction writes, in a few hundredths of a second."""

_UNDO = SQLModel.metadata.tables["undo"]


@dataclass(frozen=True, slots=True)
class Place:
    """An encrypted column."""

    table: Table
    column: Column[Any]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def encrypted(self) -> EncryptedColumn:
        return encrypted_column(self.table.name, self.column.name)


@dataclass(slots=True)
class Batch:
    """Rows of one column: old and new ciphertexts by id. `unreadable` are ids whose ciphertext no key opens."""

    last: UUID
    new: dict[UUID, tuple[bytes, bytes]]
    unreadable: list[UUID]


def places() -> list[Place]:
    """Return every encrypted column."""
    tables = SQLModel.metadata.tables
    return [Place(tables[each.table], tables[each.table].c[each.name]) for each in all_encrypted_columns()]


async def count_stale(session: Work, place: Place, current: int) -> int:
    """Return how many values of a column were encrypted with a key other than `current`."""
    statement = select(func.count()).select_from(place.table).where(_is_stale(place, current))
    return (await session.execute(statement)).scalar_one()


async def read_stale(session: Work, cipher: Cipher, place: Place, after: UUID | None) -> Batch | None:
    """Return the next values of a column that another key encrypted, with their replacements; None if there are no more."""
    key = place.table.c.id
    statement = select(key, place.column).where(_is_stale(place, cipher.ring.current)).order_by(key).limit(BATCH)
    if after is not None:
        statement = statement.where(key > after)
    rows = (await session.execute(statement)).all()
    if not rows:
        return None
    batch = Batch(last=rows[-1][0], new={}, unreadable=[])
    for row_id, old in rows:
        try:
            batch.new[row_id] = (old, _again(cipher, place.encrypted, row_id, old))
        except UnreadableError:
            batch.unreadable.append(row_id)
    return batch


async def read_current(
    session: Work, cipher: Cipher, place: Place, after: UUID | None
) -> tuple[UUID, list[UUID]] | None:
    """Check the next values of a column that carry the current key's id: return the last row, and the rows that the key
    does not open because another key had its id. None if there are no more."""
    key = place.table.c.id
    statement = select(key, place.column).where(place.column.is_not(None), ~_is_stale(place, cipher.ring.current))
    if after is not None:
        statement = statement.where(key > after)
    rows = (await session.execute(statement.order_by(key).limit(BATCH))).all()
    if not rows:
        return None
    unreadable: list[UUID] = []
    for row_id, value in rows:
        try:
            cipher.decrypt_at(place.encrypted, row_id, value)
        except UnreadableError:
            unreadable.append(row_id)
    return rows[-1][0], unreadable


async def write(session: Work, place: Place, batch: Batch) -> None:
    """Replace the old ciphertexts that have not changed since they were read."""
    if not batch.new:
        return
    statement = (
        update(place.table)
        .where(place.table.c.id == bindparam("the_id"), place.column == bindparam("old", type_=LargeBinary()))
        .values({place.column.name: bindparam("new", type_=LargeBinary())})
    )
    rows = [{"the_id": row_id, "old": old, "new": new} for row_id, (old, new) in batch.new.items()]
    await session.execute(statement, rows)


async def undo_ids(session: Work, after: UUID | None) -> Sequence[UUID]:
    """Return the next acts that could be undone, by id."""
    statement = select(_UNDO.c.id).where(_has_steps()).order_by(_UNDO.c.id).limit(BATCH)
    if after is not None:
        statement = statement.where(_UNDO.c.id > after)
    return (await session.execute(statement)).scalars().all()


async def rotate_undos(session: Work, cipher: Cipher, ids: Sequence[UUID], *, useless_before: datetime) -> int:
    """Re-encrypt what these undo rows contain, or clear rows too old to undo. Return how many rows changed."""
    held = select(_UNDO.c.id, _UNDO.c.steps, _UNDO.c.made_at).where(_UNDO.c.id.in_(ids)).with_for_update()
    changed = 0
    for row_id, steps, made_at in (await session.execute(held)).all():
        if made_at < useless_before:
            steps = []
        elif keys_in_steps(steps) <= {cipher.ring.current}:
            continue
        else:
            try:
                steps = [_step_again(cipher, step) for step in steps]
            except UnreadableError:  # this act can no longer be undone; the others can
                steps = []
        await session.execute(update(_UNDO).where(_UNDO.c.id == row_id).values(steps=steps))
        changed += 1
    return changed


def _step_again(cipher: Cipher, step: dict[str, Any]) -> dict[str, Any]:
    before = dict(step["before"] or {})
    for name, old in ciphertexts(step):
        new = _again(cipher, encrypted_column(step["table"], name), UUID(step["id"]), old)
        before[name] = {"bytes": base64.b64encode(new).decode()}
    return {**step, "before": before} if before else step


def _again(cipher: Cipher, column: EncryptedColumn, row_id: UUID, old: bytes) -> bytes:
    if key_of(old) == cipher.ring.current:
        return old
    return cipher.encrypt_at(column, row_id, cipher.decrypt_at(column, row_id, old))


def _is_stale(place: Place, current: int) -> Any:
    # SQLite has no first byte of an empty value, which a damaged row may have.
    first = func.coalesce(func.substr(place.column, 1, 1, type_=LargeBinary()), literal(b"", LargeBinary()))
    return place.column.is_not(None) & (first != literal(bytes([current]), LargeBinary()))


def _has_steps() -> Any:
    return cast(_UNDO.c.steps, String) != "[]"
