"""How loans came to their owners, and follow-ups to their assignees."""

from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Assignment, FollowUp, Undo


async def of_loan(session: AsyncSession, loan_id: UUID, *, limit: int) -> list[tuple[Assignment, FollowUp | None]]:
    """The changes of a loan's owner, and of the assignees of its follow-ups, that stand, newest first. A follow-up that went
    along with its loan is not named beside it."""
    along = aliased(Assignment)
    went_along = (
        select(along.id)
        .where(along.loan_id == loan_id, along.batch_id == Assignment.batch_id, col(along.follow_up_id).is_(None))
        .exists()
    )
    statement = (
        select(Assignment, FollowUp)
        .join(FollowUp, col(FollowUp.id) == col(Assignment.follow_up_id), isouter=True)
        .join(Undo, col(Undo.id) == col(Assignment.batch_id), isouter=True)
        .where(
            Assignment.loan_id == loan_id,
            col(Undo.undone_at).is_(None),
            col(Assignment.follow_up_id).is_(None) | ~went_along,
        )
        .order_by(col(Assignment.at).desc(), col(Assignment.id).desc())
        .limit(limit)
    )
    rows: list[tuple[Assignment, FollowUp | None]] = list((await session.exec(statement)).all())
    return rows
