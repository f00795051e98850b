"""Find the demo loans, and remove them with everything that belongs to them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work
from storage.queries.messages import notices
from storage.tables import FollowUp, Loan, Notice, NoticeItem
from storage.upkeep.erasing import erase

Ids = Sequence[UUID] | SelectOfScalar[UUID]
"""Rows by their ids, or the query for these."""


async def loans_of(session: Work, workspace_id: UUID) -> list[UUID]:
    """Return the ids of the workspace's demo loans."""
    statement = select(Loan.id).where(Loan.workspace_id == workspace_id, col(Loan.demo_at).is_not(None))
    return list((await session.exec(statement.order_by(col(Loan.id)))).all())


async def remove(session: Work, loan_ids: Sequence[UUID], now: datetime, *, rewrites: bool = False) -> list[UUID]:
    """Delete the loans, all that belongs to them, and borrowers who have no other loan; return the ids of these borrowers.

    The audit trail stays, without the loan. With `rewrites` messages that were posted about them alone are rewritten to say
    that the record is deleted.
    """
    theirs = select(FollowUp.id).where(col(FollowUp.loan_id).in_(loan_ids))
    about = select(Notice.id).where(col(Notice.about_loan_id).in_(loan_ids))
    await withdraw(session, theirs, about, now, rewrites=rewrites)
    borrowers = (await session.exec(select(Loan.borrower_id).where(col(Loan.id).in_(loan_ids)))).all()
    await erase(session, "loan", loan_ids)
    kept = (await session.exec(select(Loan.borrower_id).where(col(Loan.borrower_id).in_(borrowers)))).all()
    gone = sorted(set(borrowers) - set(kept))
    await erase(session, "borrower", gone)
    return gone


async def withdraw(session: Work, follow_ups: Ids, about: Ids, now: datetime, *, rewrites: bool = False) -> None:
    """Take these follow-ups out of the notices that show them. Drop those notices that show no others, and those `about` their
    loans, or rewrite those that were posted; rewrite those that show others too."""
    shown_in = set(await session.exec(select(NoticeItem.notice_id).where(col(NoticeItem.follow_up_id).in_(follow_ups))))
    await session.exec(delete(NoticeItem).where(col(NoticeItem.follow_up_id).in_(follow_ups)))
    others = set(await session.exec(select(NoticeItem.notice_id).where(col(NoticeItem.notice_id).in_(shown_in))))
    alone = (shown_in | set(await session.exec(select(Notice.id).where(col(Notice.id).in_(about))))) - others
    withdrawn = update(Notice).where(col(Notice.id).in_(alone))
    if rewrites:
        await session.exec(withdrawn.values(facts={notices.ERASED: True}))
        withdrawn = withdrawn.where(col(Notice.ts).is_(None))
        others |= alone
    await session.exec(withdrawn.values(dropped_at=now, owed_from=None))
    await notices.touch(session, others, now)
