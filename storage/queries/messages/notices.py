"""Notices: the messages to be sent, and the follow-ups they show. `sending` delivers them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.types import UtcDateTime
from storage.tables import FollowUp, Notice, NoticeItem

NOTICE: Table = SQLModel.metadata.tables["notice"]
ITEM: Table = SQLModel.metadata.tables["notice_item"]

_CHUNK = 500
"""How many ids one statement names: SQLite's limit is 32,766, and a short statement holds its locks briefly."""


async def owe(session: AsyncSession, notices: Sequence[Notice]) -> set[UUID]:
    """Insert pending notices and return the ids of the new ones. A notice whose key exists is left as it is."""
    if not notices:
        return set()
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(NOTICE).on_conflict_do_nothing().returning(NOTICE.c.id)
    rows = await connection.execute(statement, [_values(notice) for notice in notices])
    return set(rows.scalars())


async def link(session: AsyncSession, notice: Notice, follow_ups: Sequence[FollowUp]) -> None:
    """Record which follow-ups a new notice shows, in their order on it, as they are now."""
    await link_all(session, [(notice, follow_ups)])


async def link_all(session: AsyncSession, shown: Iterable[tuple[Notice, Sequence[FollowUp]]]) -> None:
    """Record the same for several new notices at once."""
    rows = [
        {
            "notice_id": notice.id,
            "follow_up_id": follow_up.id,
            "workspace_id": notice.workspace_id,
            "position": position,
            "follow_up_version": follow_up.version,
        }
        for notice, follow_ups in shown
        for position, follow_up in enumerate(follow_ups)
    ]
    if rows:
        await (await session.connection()).execute(ITEM.insert(), rows)


async def by_id(session: AsyncSession, notice_id: UUID) -> Notice | None:
    """Return the notice of this id."""
    return await session.get(Notice, notice_id)


async def of_key(session: AsyncSession, workspace_id: UUID, key: str) -> UUID | None:
    """Return the id of the notice of this key."""
    statement = sqlmodel_select(Notice.id).where(Notice.workspace_id == workspace_id, Notice.key == key)
    return (await session.exec(statement)).first()


async def items(session: AsyncSession, notice_id: UUID) -> list[FollowUp]:
    """Return the follow-ups that a notice shows, in their order on it."""
    statement = (
        sqlmodel_select(FollowUp)
        .join(NoticeItem, col(NoticeItem.follow_up_id) == col(FollowUp.id))
        .where(NoticeItem.notice_id == notice_id)
        .order_by(col(NoticeItem.position))
    )
    return list((await session.exec(statement)).all())


async def touch(session: AsyncSession, notice_ids: Iterable[UUID], now: datetime) -> None:
    """Request an update of these notices: raise their revision, and make them pending from `now` unless they already are.

    A notice that waits after a failure keeps its later time. Dropped and abandoned notices are left as they are.
    """
    connection = await session.connection()
    for ids in _chunks(notice_ids):
        await connection.execute(_touched(NOTICE.c.id.in_(ids), now))


async def touch_for_follow_ups(session: AsyncSession, follow_up_ids: Iterable[UUID], now: datetime) -> None:
    """Request an update of every notice that shows one of these follow-ups."""
    connection = await session.connection()
    notice_ids: set[UUID] = set()
    for ids in _chunks(follow_up_ids):
        statement = select(ITEM.c.notice_id).where(ITEM.c.follow_up_id.in_(ids)).distinct()
        notice_ids.update((await connection.execute(statement)).scalars())
    await touch(session, notice_ids, now)


def _touched(which: ColumnElement[bool], now: datetime) -> Any:
    # Transactions that touch the same notices lock them in the same order, so they cannot deadlock.
    locked = (
        select(NOTICE.c.id)
        .where(which, NOTICE.c.dropped_at.is_(None), NOTICE.c.gave_up_at.is_(None))
        .order_by(NOTICE.c.id)
        .with_for_update()
    )
    return (
        update(NOTICE)
        .where(NOTICE.c.id.in_(locked))
        .values(wanted=NOTICE.c.wanted + 1, owed_from=func.coalesce(NOTICE.c.owed_from, literal(now, UtcDateTime())))
    )


def _values(notice: Notice) -> dict[str, Any]:
    return {column.name: getattr(notice, column.name) for column in NOTICE.c}


def _chunks(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
