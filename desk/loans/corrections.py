"""Corrections of a borrower's name and phone, of a loan's number and of its terms, as the timeline tells of them."""

from desk.core.changes import create
from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.tables import Loan, LoanCorrection


def record_correction(desk: Desk, loan: Loan, field: str, before: str) -> None:
    """Record that a field (`name`, `phone`, `number`, or one of `desk.core.terms`) of the loan had another value before this
    act; empty: none."""
    row_id = new_id()
    create(
        desk,
        LoanCorrection(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            field=field,
            before_cipher=desk.cipher.encrypt(LoanCorrection.before_cipher, row_id, before),
            by_id=desk.actor.id if desk.actor else None,
            at=desk.now,
        ),
    )
