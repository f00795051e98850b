"""Loans of which something changed that is kept beside them: their borrower, terms or vehicle."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from storage.engine.work import Work
from storage.tables import Borrower, Loan, LoanTerms, Vehicle

_AT_ONCE = 500

_SHOWN = ("name_cipher", "phone_cipher")
"""What is shown of a borrower with a loan. Another column changes on many borrowers at once: a phone that is marked as wrong."""


async def touch(session: Work, now: datetime) -> None:
    """Note on these loans that they were updated, where this transaction has not written them itself."""
    of_loans: set[UUID] = set()
    of_borrowers: set[UUID] = set()
    for row, before in session.written():
        match row:
            case LoanTerms() | Vehicle():
                of_loans.add(row.loan_id)
            case Borrower() if before is not None and any(before[name] != getattr(row, name) for name in _SHOWN):
                of_borrowers.add(row.id)
            case _:
                pass
    of_loans -= {loan.id for loan in session.known_rows(Loan) if loan.updated_at == now}
    await _write(session, col(Loan.id), sorted(of_loans), now)
    await _write(session, col(Loan.borrower_id), sorted(of_borrowers), now)


async def _write(session: Work, column: Any, values: Sequence[UUID], now: datetime) -> None:
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        await session.exec(
            update(Loan).where(column.in_(some)).values(updated_at=now).execution_options(synchronize_session=False)
        )
