"""Lookups of an import, each for a whole batch."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.loans.loans import LIVE_STAGES, number_key
from storage.tables import Borrower, Loan, SearchTerm


async def locked_by_numbers(
    session: AsyncSession, workspace_id: UUID, numbers: Sequence[str]
) -> dict[str, tuple[Loan, Borrower]]:
    """Return the loans of those numbers with their borrowers, by `number_key`, locked until the transaction ends."""
    keys = sorted({number_key(number) for number in numbers})
    statement = (
        select(Loan, Borrower)
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .where(Loan.workspace_id == workspace_id, col(Loan.number_key).in_(keys))
        .order_by(col(Loan.id))
        .with_for_update(of=Loan)
    )
    return {loan.number_key: (loan, borrower) for loan, borrower in (await session.exec(statement)).all()}


async def minted_with_phone(
    session: AsyncSession, workspace_id: UUID, digests: Sequence[bytes]
) -> Sequence[tuple[Loan, Borrower]]:
    """Return the live loans numbered by the desk whose borrower has one of those phones, locked likewise."""
    if not digests:
        return []
    statement = (
        select(Loan, Borrower)
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .join(SearchTerm, col(SearchTerm.borrower_id) == col(Borrower.id))
        .where(
            Loan.workspace_id == workspace_id,
            col(Loan.minted).is_(True),
            col(Loan.stage).in_(LIVE_STAGES),
            SearchTerm.workspace_id == workspace_id,
            col(SearchTerm.digest).in_(digests),
        )
        .order_by(col(Loan.id))
        .with_for_update(of=Loan)
    )
    return (await session.exec(statement)).all()
