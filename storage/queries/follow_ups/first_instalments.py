"""When the first instalment of a loan is due."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import LoanTerms


async def first_due_on(session: Work, loan_id: UUID) -> date | None:
    """Return the first due date of a loan's terms, if it is known."""
    return (await session.exec(select(col(LoanTerms.first_due_on)).where(LoanTerms.loan_id == loan_id))).first()
