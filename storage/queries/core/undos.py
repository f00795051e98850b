"""The rows that an Undo takes back: found, and held until the transaction ends."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import FollowUp, Loan, Notice, NoticeItem, Undo

Row = TypeVar("Row", bound=SQLModel)

_CHUNK = 500
"""How many ids one statement names."""


async def by_id(session: AsyncSession, undo_id: UUID) -> Undo | None:
    """The undo of that id, as it is now, held by this transaction."""
    statement = select(Undo).where(Undo.id == undo_id).with_for_update().execution_options(populate_existing=True)
    return (await session.exec(statement)).first()


async def loan_of(session: AsyncSession, undo_id: UUID) -> UUID | None:
    """The loan of an undo, before anything is locked."""
    return (await session.exec(select(Undo.loan_id).where(Undo.id == undo_id))).first()


async def loans_of_follow_ups(session: AsyncSession, follow_up_ids: Sequence[UUID]) -> set[UUID]:
    """The loans to which these follow-ups belong."""
    found: set[UUID] = set()
    for ids in _chunks(follow_up_ids):
        found.update(await session.exec(select(FollowUp.loan_id).where(col(FollowUp.id).in_(ids))))
    return found


async def locked_rows(session: AsyncSession, table: type[Row], row_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """These rows of a table as they are now, held by this transaction."""
    keyed: Any = table
    found: dict[UUID, Row] = {}
    for ids in _chunks(row_ids):
        statement = select(table).where(col(keyed.id).in_(ids)).order_by(col(keyed.id)).with_for_update()
        rows: Any = (await session.exec(statement.execution_options(populate_existing=True))).all()
        found.update({row.id: row for row in rows})
    return found


async def open_on_loan(session: AsyncSession, loan_id: UUID, since: datetime, *, but: UUID) -> list[Undo]:
    """What else could still be taken back on a loan, made since then."""
    statement = select(Undo).where(
        Undo.loan_id == loan_id, Undo.id != but, col(Undo.made_at) >= since, col(Undo.undone_at).is_(None)
    )
    return list((await session.exec(statement)).all())


async def loan_numbers(session: AsyncSession, loan_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of these loans."""
    found: dict[UUID, str] = {}
    for ids in _chunks(loan_ids):
        found.update((await session.exec(select(Loan.id, Loan.number).where(col(Loan.id).in_(ids)))).all())
    return found


async def shown_in_messages(session: AsyncSession, follow_up_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the follow-ups that a posted or pending message shows."""
    found: set[UUID] = set()
    for ids in _chunks(follow_up_ids):
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


async def notice_ids(session: AsyncSession, workspace_id: UUID, keys: Sequence[str]) -> list[UUID]:
    """The notices of these keys, as far as they were ever owed."""
    statement = select(Notice.id).where(Notice.workspace_id == workspace_id, col(Notice.key).in_(keys))
    return list((await session.exec(statement)).all())


def _chunks(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
