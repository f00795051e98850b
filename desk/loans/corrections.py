"""Corrections of a borrower's name and phone and of a loan's number, as the timeline tells of them."""

from desk.core.changes import create
from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.tables import Loan, LoanCorrection


def record_correction(desk: Desk, loan: Loan, field: str, before: str) -> None:
    """Record that a field (`name`, `phone`, `number`) of the loan had another value before this act."""
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
