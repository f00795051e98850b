"""Re-encrypt with the current key what an older key encrypted, while others read and write.

What is to be done is seen in the ciphertexts themselves, by their first byte; so it can be broken off at any time and
begun again. A ciphertext is replaced only while it is still the one that was read: what somebody writes meanwhile stays.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, cast, func, literal, select, update
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

import storage.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]  (fills the metadata)
from storage.engine.cipher import CIPHER_SUFFIX, Cipher, UnreadableError, ciphertexts, key_of, keys_in_steps

BATCH = 100
"""Rows that one transaction writes: a few hundredths of a second."""

_UNDO = SQLModel.metadata.tables["undo"]


@dataclass(frozen=True, slots=True)
class Place:
    """An encrypted column."""

    table: Table
    column: Column[Any]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"


@dataclass(slots=True)
class Batch:
    """Rows of one place: `old` and `new` ciphertexts by id. `unreadable` are ids whose ciphertext no key opens."""

    last: UUID
    new: dict[UUID, tuple[bytes, bytes]]
    unreadable: list[UUID]


def places() -> list[Place]:
    """Every encrypted column."""
    tables = sorted(SQLModel.metadata.tables.items())
    return [Place(table, c) for _, table in tables for c in table.columns if c.name.endswith(CIPHER_SUFFIX)]


async def count_stale(session: AsyncSession, place: Place, current: int) -> int:
    """How many values of a place another key than `current` encrypted."""
    statement = select(func.count()).select_from(place.table).where(_is_stale(place, current))
    return (await (await session.connection()).execute(statement)).scalar_one()


async def read_stale(session: AsyncSession, cipher: Cipher, place: Place, after: UUID | None) -> Batch | None:
    """The next values of a place that another key encrypted, and what they become. None when there are no more."""
    key = place.table.c.id
    statement = select(key, place.column).where(_is_stale(place, cipher.ring.current)).order_by(key).limit(BATCH)
    if after is not None:
        statement = statement.where(key > after)
    rows = (await (await session.connection()).execute(statement)).all()
    if not rows:
        return None
    batch = Batch(last=rows[-1][0], new={}, unreadable=[])
    for row_id, old in rows:
        try:
            batch.new[row_id] = (old, _again(cipher, old, place.table.name, row_id, place.column.name))
        except UnreadableError:
            batch.unreadable.append(row_id)
    return batch


async def write(session: AsyncSession, place: Place, batch: Batch) -> None:
    """Replaces the old ciphertexts that are still there."""
    if not batch.new:
        return
    statement = (
        update(place.table)
        .where(place.table.c.id == bindparam("the_id"), place.column == bindparam("old", type_=LargeBinary()))
        .values({place.column.name: bindparam("new", type_=LargeBinary())})
    )
    rows = [{"the_id": row_id, "old": old, "new": new} for row_id, (old, new) in batch.new.items()]
    await (await session.connection()).execute(statement, rows)


async def undo_ids(session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
    """The next acts that could be taken back, by id."""
    statement = select(_UNDO.c.id).where(_has_steps()).order_by(_UNDO.c.id).limit(BATCH)
    if after is not None:
        statement = statement.where(_UNDO.c.id > after)
    return (await (await session.connection()).execute(statement)).scalars().all()


async def rotate_undos(session: AsyncSession, cipher: Cipher, ids: Sequence[UUID], *, useless_before: datetime) -> int:
    """Re-encrypt what these undo rows contain, or clear rows too old to undo. Return how many rows changed."""
    connection = await session.connection()
    held = select(_UNDO.c.id, _UNDO.c.steps, _UNDO.c.made_at).where(_UNDO.c.id.in_(ids)).with_for_update()
    changed = 0
    for row_id, steps, made_at in (await connection.execute(held)).all():
        if made_at < useless_before:
            steps = []
        elif keys_in_steps(steps) <= {cipher.ring.current}:
            continue
        else:
            steps = [_step_again(cipher, step) for step in steps]
        await connection.execute(update(_UNDO).where(_UNDO.c.id == row_id).values(steps=steps))
        changed += 1
    return changed


def _step_again(cipher: Cipher, step: dict[str, Any]) -> dict[str, Any]:
    before = dict(step["before"] or {})
    for name, old in ciphertexts(step):
        new = _again(cipher, old, step["table"], UUID(step["id"]), name)
        before[name] = {"bytes": base64.b64encode(new).decode()}
    return {**step, "before": before} if before else step


def _again(cipher: Cipher, old: bytes, table: str, row_id: UUID, column: str) -> bytes:
    if key_of(old) == cipher.ring.current:
        return old
    name = column.removesuffix(CIPHER_SUFFIX)
    return cipher.encrypt(cipher.decrypt(old, table, row_id, name), table, row_id, name)


def _is_stale(place: Place, current: int) -> Any:
    first = func.substr(place.column, 1, 1, type_=LargeBinary())
    return place.column.is_not(None) & (first != literal(bytes([current]), LargeBinary()))


def _has_steps() -> Any:
    return cast(_UNDO.c.steps, String) != "[]"
