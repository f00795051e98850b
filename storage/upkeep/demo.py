"""Demo loans: which there are, and their removal with every row that hangs on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.messages import notices
from storage.tables import (
    Assignment,
    AuditEntry,
    Borrower,
    Call,
    CallCorrection,
    DocumentItem,
    DocumentRequest,
    DocumentStep,
    FollowUp,
    Loan,
    Notice,
    NoticeItem,
    SearchTerm,
    StageChange,
    Undo,
)

_OF_A_LOAN: tuple[Any, ...] = (
    Assignment,
    Call,
    DocumentStep,
    DocumentItem,
    DocumentRequest,
    StageChange,
    Undo,
    FollowUp,
)


async def loans_of(session: AsyncSession, workspace_id: UUID) -> list[UUID]:
    """The demo loans that are there, by id."""
    statement = select(Loan.id).where(Loan.workspace_id == workspace_id, col(Loan.demo_at).is_not(None))
    return list((await session.exec(statement.order_by(col(Loan.id)))).all())


async def remove(session: AsyncSession, loan_ids: Sequence[UUID], now: datetime) -> None:
    """Deletes the loans, their borrowers, and whatever was done about them. The audit trail stays, without the loan."""
    await _withdraw_notices(session, loan_ids, now)
    calls = select(Call.id).where(col(Call.loan_id).in_(loan_ids))
    await session.exec(delete(CallCorrection).where(col(CallCorrection.call_id).in_(calls)))
    for table in _OF_A_LOAN:
        await session.exec(delete(table).where(col(table.loan_id).in_(loan_ids)))
    audit = update(AuditEntry).where(col(AuditEntry.loan_id).in_(loan_ids))
    await session.exec(audit.values(loan_id=None))
    borrowers = (await session.exec(select(Loan.borrower_id).where(col(Loan.id).in_(loan_ids)))).all()
    await session.exec(delete(Loan).where(col(Loan.id).in_(loan_ids)))
    kept = (await session.exec(select(Loan.borrower_id).where(col(Loan.borrower_id).in_(borrowers)))).all()
    gone = set(borrowers) - set(kept)
    await session.exec(delete(SearchTerm).where(col(SearchTerm.borrower_id).in_(gone)))
    await session.exec(delete(Borrower).where(col(Borrower.id).in_(gone)))


async def _withdraw_notices(session: AsyncSession, loan_ids: Sequence[UUID], now: datetime) -> None:
    """What is about these loans alone is sent and rewritten no more; what shows others too is rewritten without them."""
    theirs = select(FollowUp.id).where(col(FollowUp.loan_id).in_(loan_ids))
    shown_in = set(
        (await session.exec(select(NoticeItem.notice_id).where(col(NoticeItem.follow_up_id).in_(theirs)))).all()
    )
    await session.exec(delete(NoticeItem).where(col(NoticeItem.follow_up_id).in_(theirs)))
    still = select(NoticeItem.notice_id).where(col(NoticeItem.notice_id).in_(shown_in))
    others = set((await session.exec(still)).all())
    about = select(Notice.id).where(col(Notice.about_loan_id).in_(loan_ids))
    alone = (shown_in | set((await session.exec(about)).all())) - others
    withdrawn = update(Notice).where(col(Notice.id).in_(alone))
    await session.exec(withdrawn.values(dropped_at=now, owed_from=None, about_loan_id=None))
    await session.exec(update(Notice).where(col(Notice.about_loan_id).in_(loan_ids)).values(about_loan_id=None))
    await notices.touch(session, others, now)
