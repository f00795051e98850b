"""The terms and the vehicle of a loan."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.follow_ups.escalations import UNRESOLVED
from storage.tables import (
    Borrower,
    CollectionStep,
    Escalation,
    LegalHold,
    Loan,
    LoanTerms,
    RelatedPerson,
    Reservation,
    StageRules,
    Vehicle,
)

_PEOPLE = (
    select(RelatedPerson.id)
    .where(
        RelatedPerson.loan_id == Loan.id,
        col(RelatedPerson.removed_at).is_(None),
        col(RelatedPerson.undone_at).is_(None),
    )
    .exists()
)

_ESCALATIONS = select(Escalation.id).where(Escalation.loan_id == Loan.id, UNRESOLVED).exists()

_STEPS = (
    select(CollectionStep.id).where(CollectionStep.loan_id == Loan.id, col(CollectionStep.undone_at).is_(None)).exists()
)

_OTHER = also(Loan)
_HOLDS = (
    select(LegalHold.id)
    .join(_OTHER, col(_OTHER.id) == col(LegalHold.loan_id))
    .where(col(_OTHER.borrower_id) == col(Loan.borrower_id), col(LegalHold.lifted_at).is_(None))
    .exists()
)

_columns: Any = select  # the types of SQLModel end with four columns
_DETAILS: Any = (
    _columns(
        Borrower,
        LoanTerms,
        Vehicle,
        Reservation,
        _PEOPLE,
        _ESCALATIONS,
        _STEPS,
        _HOLDS,
        col(StageRules.default_product),
    )
    .select_from(Loan)
    .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    .outerjoin(LoanTerms, col(LoanTerms.loan_id) == col(Loan.id))
    .outerjoin(Vehicle, col(Vehicle.loan_id) == col(Loan.id))
    .outerjoin(Reservation, col(Reservation.loan_id) == col(Loan.id))
    .outerjoin(StageRules, col(StageRules.workspace_id) == col(Loan.workspace_id))
    .where(Loan.id == bindparam("loan"))
)


@dataclass(frozen=True, slots=True)
class Details:
    """What a card needs besides the loan's row, read at once.

    `reservation` is who took the loan last to call next; `has_people`: there are people around it; `has_escalations`: there are
    some that nobody has resolved; `has_steps`: there are steps beyond calls; `has_holds`: one of the
    borrower's loans may be under a legal hold. `default_product` is the workspace's.
    """

    borrower: Borrower
    terms: LoanTerms | None
    vehicle: Vehicle | None
    reservation: Reservation | None
    has_people: bool
    has_escalations: bool
    has_steps: bool
    has_holds: bool
    default_product: str | None


async def details_of(session: Work, loan_id: UUID) -> Details:
    """Return the borrower of a loan, its terms and its vehicle, and whether there are people around it and escalations."""
    return Details(*(await session.exec(_DETAILS, params={"loan": loan_id})).one())


async def of_loan(session: Work, loan_id: UUID) -> tuple[LoanTerms | None, Vehicle | None]:
    """Return the terms and the vehicle of a locked loan, to be changed."""
    details = await details_of(session, loan_id)
    return details.terms, details.vehicle


async def of_loans(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, tuple[LoanTerms | None, Vehicle | None]]:
    """Return the terms and the vehicles of these locked loans, by the loan's id, to be changed."""
    terms: dict[UUID, LoanTerms] = {}
    vehicles: dict[UUID, Vehicle] = {}
    for ids in chunks(loan_ids):
        terms.update(
            {r.loan_id: r for r in await session.exec(select(LoanTerms).where(col(LoanTerms.loan_id).in_(ids)))}
        )
        vehicles.update(
            {r.loan_id: r for r in await session.exec(select(Vehicle).where(col(Vehicle.loan_id).in_(ids)))}
        )
    return {loan_id: (terms.get(loan_id), vehicles.get(loan_id)) for loan_id in loan_ids}


async def first_due_on(session: Work, loan_id: UUID) -> date | None:
    """Return the date of the first instalment of a loan, if it was entered."""
    return (await session.exec(select(col(LoanTerms.first_due_on)).where(LoanTerms.loan_id == loan_id))).first()


async def first_due_days(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, date | None]:
    """Return `first_due_on` of each of these loans."""
    found: dict[UUID, date | None] = dict.fromkeys(loan_ids)
    columns = select(col(LoanTerms.loan_id), col(LoanTerms.first_due_on))
    for ids in chunks(loan_ids):
        found.update((await session.exec(columns.where(col(LoanTerms.loan_id).in_(ids)))).all())
    return found
