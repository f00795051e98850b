"""The rows that an Undo restores, locked until the transaction ends."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select

from storage.engine import rows
from storage.engine.rows import Row as TableRow
from storage.engine.work import Work
from storage.queries.core.rows import Row, chunks
from storage.tables import FollowUp, Notice, NoticeItem, Undo


def table_of(name: str) -> type[SQLModel]:
    """Return the table of that name, of which Undo restores rows. Raises LookupError: none, or one without versions."""
    for table in TableRow.__subclasses__():
        described = rows.table_of(table)
        if described.name == name and "version" in described.columns:
            return table
    raise LookupError(f"no table {name!r} with versions")


async def loan_of(session: Work, undo_id: UUID) -> UUID | None:
    """Return the loan of an undo, without locking anything."""
    return (await session.exec(select(Undo.loan_id).where(Undo.id == undo_id))).first()


async def loans_of_follow_ups(session: Work, follow_up_ids: Iterable[UUID]) -> set[UUID]:
    """Return the loans of these follow-ups."""
    found: set[UUID] = set()
    for ids in chunks(follow_up_ids):
        found.update(await session.exec(select(FollowUp.loan_id).where(col(FollowUp.id).in_(ids))))
    return found


async def locked_rows(session: Work, table: type[Row], row_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Return these rows of a table as they are now, locked by this transaction."""
    keyed: Any = table
    found: dict[UUID, Row] = {}
    for ids in chunks(row_ids):
        statement = select(table).where(col(keyed.id).in_(ids)).order_by(col(keyed.id)).with_for_update()
        rows: Any = await session.exec(statement.execution_options(populate_existing=True))
        found.update({row.id: row for row in rows})
    return found


async def open_on_loan(session: Work, loan_id: UUID, since: datetime, *, but: UUID) -> list[Undo]:
    """Return the other acts on a loan since then that could still be undone."""
    statement = select(Undo).where(
        Undo.loan_id == loan_id, Undo.id != but, col(Undo.made_at) >= since, col(Undo.undone_at).is_(None)
    )
    return list((await session.exec(statement)).all())


async def shown_in_messages(session: Work, follow_up_ids: Iterable[UUID]) -> set[UUID]:
    """Return those follow-ups that a posted or pending message shows."""
    found: set[UUID] = set()
    for ids in chunks(follow_up_ids):
        statement = (
            select(NoticeItem.follow_up_id)
            .join(Notice, col(Notice.id) == col(NoticeItem.notice_id))
            .where(
                col(NoticeItem.follow_up_id).in_(ids),
                col(Notice.dropped_at).is_(None),
                col(Notice.gave_up_at).is_(None),
            )
        )
        found.update(await session.exec(statement))
    return found


async def next_part(session: Work, undo_id: UUID) -> Undo | None:
    """Return the next batch of an act that the worker carried out, which is not undone yet."""
    statement = select(Undo).where(Undo.part_of == undo_id, col(Undo.undone_at).is_(None))
    return (await session.exec(statement.order_by(col(Undo.id)).limit(1).with_for_update())).first()
