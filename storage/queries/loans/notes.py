"""Notes on loans without a call."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.tables import LoanNote

_PRESENT = (col(LoanNote.earlier_of_id).is_(None), col(LoanNote.undone_at).is_(None))


async def by_id(session: Work, note_id: UUID) -> LoanNote | None:
    """Return the note with this id; None for the earlier text of a corrected note."""
    note = await session.get(LoanNote, note_id)
    return note if note is not None and note.earlier_of_id is None else None


async def last_of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[LoanNote]:
    """Return the notes on a loan that were not undone, newest first."""
    statement = select(LoanNote).where(LoanNote.loan_id == loan_id, *_PRESENT)
    ordered = statement.order_by(col(LoanNote.at).desc(), col(LoanNote.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())


async def count_of_loan(session: Work, loan_id: UUID) -> int:
    """Count the notes on a loan that were not undone."""
    return (await session.exec(select(func.count()).where(LoanNote.loan_id == loan_id, *_PRESENT))).one()


async def earlier(session: Work, note_ids: Collection[UUID]) -> list[LoanNote]:
    """Return the earlier texts of these notes, oldest first."""
    statement = select(LoanNote).where(col(LoanNote.earlier_of_id).in_(note_ids), col(LoanNote.undone_at).is_(None))
    return list((await session.exec(statement.order_by(col(LoanNote.at), col(LoanNote.id)))).all())
