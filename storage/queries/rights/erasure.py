"""What the erasure of a person must find: their loans, other requests of theirs, and what members typed or read last."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.loans.visibility import IS_THERE
from storage.tables import (
    Draft,
    Loan,
    LoanCorrection,
    PersonRequest,
    ProcessedDelivery,
    RelatedPerson,
    RelatedPhone,
    Undo,
)
from storage.upkeep.erasing import erase


async def loans_of(session: Work, workspace_id: UUID, borrower_id: UUID) -> Sequence[Loan]:
    """Return all loans of a borrower, by number."""
    statement = select(Loan).where(Loan.workspace_id == workspace_id, Loan.borrower_id == borrower_id, IS_THERE)
    return (await session.exec(statement.order_by(col(Loan.number)))).all()


async def open_of_loans(session: Work, loan_ids: Collection[UUID], *, but: UUID) -> Sequence[PersonRequest]:
    """Return the open requests on these loans, but for one."""
    statement = select(PersonRequest).where(
        col(PersonRequest.loan_id).in_(loan_ids),
        PersonRequest.state == "open",
        PersonRequest.id != but,
        col(PersonRequest.undone_at).is_(None),
    )
    return (await session.exec(statement)).all()


async def open_of_person(session: Work, person_id: UUID, *, but: UUID) -> Sequence[PersonRequest]:
    """Return the open requests of a person around a loan, but for one."""
    statement = select(PersonRequest).where(
        PersonRequest.person_id == person_id,
        PersonRequest.state == "open",
        PersonRequest.id != but,
        col(PersonRequest.undone_at).is_(None),
    )
    return (await session.exec(statement)).all()


async def clear_texts(session: Work, request_ids: Collection[UUID]) -> None:
    """Empty the texts of these requests."""
    texts = ("name_cipher", "words_cipher", "answer_cipher", "extension_cipher")
    cleared = update(PersonRequest).where(col(PersonRequest.id).in_(request_ids))
    await session.exec(cleared.values(dict.fromkeys(texts)))


async def requests_of(
    session: Work, loan_ids: Collection[UUID], person_ids: Collection[UUID]
) -> Sequence[PersonRequest]:
    """Return all requests of the borrowers of these loans and of these people around loans; undone ones too."""
    statement = select(PersonRequest).where(
        or_(
            col(PersonRequest.loan_id).in_(loan_ids) & col(PersonRequest.person_id).is_(None),
            col(PersonRequest.person_id).in_(person_ids),
        )
    )
    return (await session.exec(statement)).all()


async def all_phones_of(session: Work, person_id: UUID) -> Sequence[RelatedPhone]:
    """Return all phones that a person around a loan has or had."""
    return (await session.exec(select(RelatedPhone).where(RelatedPhone.person_id == person_id))).all()


async def erase_related(session: Work, person: RelatedPerson) -> None:
    """Delete a person around a loan with their phones and search terms, and what Undo keeps of acts on the loan."""
    await session.exec(delete(Undo).where(col(Undo.loan_id) == person.loan_id))
    await erase(session, "related_person", [person.id])


async def person_corrections(session: Work, loan_id: UUID) -> Sequence[LoanCorrection]:
    """Return the corrections of people around a loan that have a value before them."""
    statement = select(LoanCorrection).where(
        LoanCorrection.loan_id == loan_id,
        col(LoanCorrection.field).startswith("person."),
        col(LoanCorrection.before_cipher).is_not(None),
    )
    return (await session.exec(statement)).all()


async def drafts_of(session: Work, workspace_id: UUID) -> Sequence[Draft]:
    """Return what members have typed and not sent; the worker deletes it after an hour."""
    return (await session.exec(select(Draft).where(Draft.workspace_id == workspace_id))).all()


async def answers_of(session: Work, workspace_id: UUID) -> Sequence[ProcessedDelivery]:
    """Return the answers that are kept for repeats; the worker deletes them after an hour."""
    statement = select(ProcessedDelivery).where(
        ProcessedDelivery.workspace_id == workspace_id, col(ProcessedDelivery.answer_cipher).is_not(None)
    )
    return (await session.exec(statement)).all()
