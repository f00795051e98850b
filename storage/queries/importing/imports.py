"""The look-ups of an import, one for a whole batch."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.queries.loans.loans import LIVE_STAGES, number_key
from storage.tables import Borrower, Loan, SearchTerm


async def locked_by_numbers(
    session: AsyncSession, workspace_id: UUID, numbers: Sequence[str]
) -> dict[str, tuple[Loan, Borrower]]:
    """The loans of those numbers by their key, each with its borrower, held until the end of the transaction."""
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
    """The loans that the desk numbered itself whose borrower has one of those phones."""
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
