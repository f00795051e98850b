"""Notices: the messages to be sent, and the follow-ups they show. `sending` delivers them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, func, or_, select, update
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.database import insert_into
from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core import rows
from storage.queries.core.rows import chunks
from storage.tables import FollowUp, Notice, NoticeItem

ERASED = "erased"
"""In the facts of a notice: what it was about is deleted, and the posted message says so."""

NOTICE: Table = SQLModel.metadata.tables["notice"]
ITEM: Table = SQLModel.metadata.tables["notice_item"]
SENT: Table = SQLModel.metadata.tables["sent_message"]

_IDS = bindparam("ids", type_=Uuid(), expanding=True)

_THERE = select(NOTICE.c.id).where(NOTICE.c.id.in_(_IDS))
_SHOWING = select(ITEM.c.notice_id).where(ITEM.c.follow_up_id.in_(bindparam("follow_ups", expanding=True))).distinct()

# Transactions that touch the same notices lock them in the same order, so they cannot deadlock.
_TO_TOUCH = (
    select(NOTICE.c.id)
    .where(
        NOTICE.c.id.in_(bindparam("notices", expanding=True)),
        NOTICE.c.dropped_at.is_(None),
        NOTICE.c.gave_up_at.is_(None),
    )
    .order_by(NOTICE.c.id)
    .with_for_update()
)
_TOUCH = (
    update(NOTICE)
    .where(NOTICE.c.id.in_(_TO_TOUCH))
    .values(
        wanted=NOTICE.c.wanted + 1,
        owed_from=func.coalesce(NOTICE.c.owed_from, bindparam("now", type_=UtcDateTime())),
    )
)
_CHANGE_FACTS = (
    update(NOTICE).where(NOTICE.c.id == bindparam("notice")).values(facts=bindparam("said", type_=NOTICE.c.facts.type))
)
_ITEMS = (
    sqlmodel_select(NoticeItem.notice_id, FollowUp)
    .join(FollowUp, col(FollowUp.id) == col(NoticeItem.follow_up_id))
    .where(col(NoticeItem.notice_id).in_(_IDS))
    .order_by(col(NoticeItem.notice_id), col(NoticeItem.position))
)


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice by its id, and what it says."""

    notice_id: UUID
    facts: Mapping[str, Any]


async def insert(session: Work, notice: Notice) -> bool:
    """Insert a pending notice. Return False when its key exists: the earlier notice is left as it is."""
    statement = _insert_returning(session.dialect.name)
    return (await session.exec(statement, params=vars(notice))).first() is not None


async def insert_all(session: Work, new: Sequence[tuple[Notice, Sequence[FollowUp]]]) -> None:
    """Insert pending notices, each with the follow-ups that it shows; one whose key exists is left out, with its links."""
    if not new:
        return
    await session.flush()  # a notice may be about a row that this transaction made
    await session.execute(_insert_unless_there(session.dialect.name, NOTICE), [vars(notice) for notice, _ in new])
    inserted: set[UUID] = set()
    for ids in chunks(notice.id for notice, _ in new):
        inserted.update((await session.execute(_THERE, {"ids": ids})).scalars())
    shown = [(notice, follow_ups) for notice, follow_ups in new if notice.id in inserted]
    await _insert_items(
        session, [row for n, follow_ups in shown for row in _item_rows(n.workspace_id, n.id, follow_ups, start=0)]
    )


async def link(session: Work, notice: Notice, follow_ups: Sequence[FollowUp]) -> None:
    """Record which follow-ups a new notice shows, in their order on it, as they are now."""
    await _add_items(session, notice.workspace_id, notice.id, follow_ups, start=0)


async def link_more(session: Work, workspace_id: UUID, notice_id: UUID, follow_ups: Sequence[FollowUp]) -> None:
    """Add follow-ups to an existing notice; those that it shows already stay as they are."""
    statement = sqlmodel_select(func.max(col(NoticeItem.position))).where(NoticeItem.notice_id == notice_id)
    last = (await session.exec(statement)).one()
    await _add_items(session, workspace_id, notice_id, follow_ups, start=(last or 0) + 1)


async def with_ids(session: Work, notice_ids: Collection[UUID]) -> list[Notice]:
    """Return the notices with these ids."""
    return list((await rows.by_ids(session, Notice, notice_ids)).values())


async def ids_of_keys(session: Work, workspace_id: UUID, keys: Collection[str]) -> dict[str, UUID]:
    """Return the ids of the notices with these keys, by key; a key without a notice is missing."""
    statement = sqlmodel_select(Notice.key, Notice.id).where(
        Notice.workspace_id == workspace_id, col(Notice.key).in_(keys)
    )
    return dict((await session.exec(statement)).all()) if keys else {}


async def by_keys(session: Work, workspace_id: UUID, keys: Collection[str]) -> dict[str, Notice]:
    """Return the notices with these keys, by key; a key without a notice is missing."""
    found: dict[str, Notice] = {}
    for some in chunks(keys):
        statement = sqlmodel_select(Notice).where(Notice.workspace_id == workspace_id, col(Notice.key).in_(some))
        found.update((each.key, each) for each in await session.exec(statement))
    return found


async def facts_of_keys(session: Work, workspace_id: UUID, keys: Collection[str]) -> dict[str, NoticeFacts]:
    """Return what the notices with these keys say, by key; a key without a notice is missing."""
    found: dict[str, NoticeFacts] = {}
    for some in chunks(keys):
        statement: Any = sqlmodel_select(Notice.key, Notice.id, NOTICE.c.facts).where(
            Notice.workspace_id == workspace_id, col(Notice.key).in_(some)
        )
        found.update((key, NoticeFacts(row_id, facts)) for key, row_id, facts in await session.exec(statement))
    return found


async def change_facts(session: Work, changed: Iterable[NoticeFacts]) -> None:
    """Let notices say this, locked in the order of their ids. None is read: who changes many knows what each says."""
    given = [{"notice": each.notice_id, "said": each.facts} for each in sorted(changed, key=attrgetter("notice_id"))]
    if given:
        await session.execute(_CHANGE_FACTS, given)


async def unsent_to(session: Work, workspace_id: UUID, channel: str) -> list[Notice]:
    """Return the notices to a channel that are pending and were never posted."""
    statement = sqlmodel_select(Notice).where(
        Notice.workspace_id == workspace_id,
        col(Notice.owed_from).is_not(None),
        col(Notice.ts).is_(None),
        Notice.target == channel,
    )
    return list((await session.exec(statement)).all())


async def ids_with_prefixes(session: Work, workspace_id: UUID, prefixes: Collection[str]) -> list[UUID]:
    """Return the ids of the notices whose keys begin with one of `prefixes`.

    It reads every key of the workspace: ask once for all, and not on a command's way.
    """
    if not prefixes:
        return []
    begins = or_(*(col(Notice.key).startswith(prefix) for prefix in prefixes))
    statement = sqlmodel_select(Notice.id).where(Notice.workspace_id == workspace_id, begins)
    return list((await session.exec(statement)).all())


async def ids_of_family(session: Work, workspace_id: UUID, prefix: str) -> list[UUID]:
    """Return the ids of the notices whose keys are `prefix` and an instant. It reads only these in the index of the keys."""
    statement = sqlmodel_select(Notice.id).where(
        Notice.workspace_id == workspace_id, col(Notice.key) >= prefix, col(Notice.key) < f"{prefix}z"
    )
    return list((await session.exec(statement)).all())


async def move_to_loan(session: Work, notice_ids: Collection[UUID], loan_id: UUID, *, old: str, new: str) -> None:
    """Make these notices, with what they said, about another loan; the beginning `old` of their keys becomes `new`."""
    if notice_ids:
        await session.exec(update(SENT).where(SENT.c.notice_id.in_(notice_ids)).values(loan_id=loan_id))
        moved = update(NOTICE).where(NOTICE.c.id.in_(notice_ids))
        await session.exec(moved.values(about_loan_id=loan_id, key=func.replace(NOTICE.c.key, old, new)))


async def items(session: Work, notice_id: UUID) -> list[FollowUp]:
    """Return the follow-ups that a notice shows, in their order on it."""
    return (await items_of(session, [notice_id]))[notice_id]


async def items_of(session: Work, notice_ids: Collection[UUID]) -> dict[UUID, list[FollowUp]]:
    """Return the follow-ups that each of these notices shows, in their order on it."""
    found: dict[UUID, list[FollowUp]] = {notice_id: [] for notice_id in notice_ids}
    for notice_id, follow_up in await session.exec(_ITEMS, params={"ids": list(notice_ids)}):
        found[notice_id].append(follow_up)
    return found


async def last_showing(session: Work, follow_up_id: UUID, kind: str) -> Notice | None:
    """Return the last notice of that kind that shows a follow-up, or None."""
    statement = (
        sqlmodel_select(Notice)
        .join(NoticeItem, col(NoticeItem.notice_id) == col(Notice.id))
        .where(NoticeItem.follow_up_id == follow_up_id, Notice.kind == kind)
        .order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
        .limit(1)
    )
    return (await session.exec(statement)).first()


async def touch(session: Work, notice_ids: Iterable[UUID], now: datetime) -> None:
    """Request an update of these notices: raise their revision, and make them pending from `now` unless they already are.

    A notice that waits after a failure keeps its later time. Dropped and abandoned notices are left as they are.
    """
    for ids in chunks(notice_ids):
        await session.execute(_TOUCH, {"notices": ids, "now": now})


async def touch_for_follow_ups(session: Work, follow_up_ids: Iterable[UUID], now: datetime) -> None:
    """Request an update of every notice that shows one of these follow-ups."""
    notice_ids: set[UUID] = set()
    for ids in chunks(follow_up_ids):
        notice_ids.update((await session.execute(_SHOWING, {"follow_ups": ids})).scalars())
    await touch(session, notice_ids, now)


async def _add_items(
    session: Work, workspace_id: UUID, notice_id: UUID, follow_ups: Sequence[FollowUp], *, start: int
) -> None:
    await _insert_items(session, _item_rows(workspace_id, notice_id, follow_ups, start=start))


async def _insert_items(session: Work, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await session.execute(_insert_unless_there(session.dialect.name, ITEM), rows)


def _item_rows(
    workspace_id: UUID, notice_id: UUID, follow_ups: Sequence[FollowUp], *, start: int
) -> list[dict[str, Any]]:
    return [
        {
            "notice_id": notice_id,
            "follow_up_id": follow_up.id,
            "workspace_id": workspace_id,
            "position": position,
            "follow_up_version": follow_up.version,
        }
        for position, follow_up in enumerate(follow_ups, start=start)
    ]


@cache
def _insert_unless_there(dialect: str, table: Table) -> Any:
    return insert_into(dialect, table).on_conflict_do_nothing()


@cache
def _insert_returning(dialect: str) -> Any:
    return _insert_unless_there(dialect, NOTICE).returning(NOTICE.c.id)
