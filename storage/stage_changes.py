"""How loans came to their stages."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import StageChange


async def of_loan(session: AsyncSession, loan_id: UUID, *, limit: int) -> list[StageChange]:
    """The changes of a loan's stage that stand, newest first."""
    statement = select(StageChange).where(StageChange.loan_id == loan_id, col(StageChange.undone_at).is_(None))
    ordered = statement.order_by(col(StageChange.at).desc(), col(StageChange.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())
