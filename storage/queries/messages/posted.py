"""What a posted message of the desk is about."""

from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import FollowUp, Loan, Notice, NoticeItem


async def notice_at(session: Work, workspace_id: UUID, channel_id: str, ts: str) -> Notice | None:
    """Return the notice that was posted there, if that message is one."""
    statement = select(Notice).where(
        Notice.ts == ts, Notice.channel_id == channel_id, Notice.workspace_id == workspace_id
    )
    return (await session.exec(statement)).first()


async def subjects(session: Work, notice: Notice, *, limit: int) -> list[tuple[Loan, FollowUp | None]]:
    """Return the loans and follow-ups that a notice shows, in its order; at most `limit`."""
    statement = (
        select(Loan, FollowUp)
        .join(FollowUp, col(FollowUp.loan_id) == col(Loan.id))
        .join(NoticeItem, col(NoticeItem.follow_up_id) == col(FollowUp.id))
        .where(NoticeItem.notice_id == notice.id)
        .order_by(col(NoticeItem.position))
        .limit(limit)
    )
    found: list[tuple[Loan, FollowUp | None]] = list((await session.exec(statement)).all())
    if not found and notice.about_loan_id is not None:
        loan = await session.get(Loan, notice.about_loan_id)
        found = [(loan, None)] if loan is not None else []
    return found
