"""The people around a loan, their phones, and what search finds them by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, delete, select

from storage.engine.work import Work
from storage.queries.core import rows
from storage.queries.core.rows import chunks
from storage.queries.loans.search import among
from storage.tables import CallParty, RelatedPerson, RelatedPhone, RelatedTerm

_PRESENT = (col(RelatedPerson.removed_at).is_(None), col(RelatedPerson.undone_at).is_(None))
_PHONE_PRESENT = (col(RelatedPhone.removed_at).is_(None), col(RelatedPhone.undone_at).is_(None))

_PEOPLE = (
    select(RelatedPerson, RelatedPhone)
    .outerjoin(
        RelatedPhone,
        (col(RelatedPhone.person_id) == col(RelatedPerson.id)) & _PHONE_PRESENT[0] & _PHONE_PRESENT[1],
    )
    .where(*_PRESENT)
    .order_by(col(RelatedPerson.created_at), col(RelatedPerson.id), col(RelatedPhone.position), col(RelatedPhone.id))
)

_OF_LOAN = _PEOPLE.where(RelatedPerson.loan_id == bindparam("loan"))

People = Mapping[UUID, tuple[RelatedPerson, Sequence[RelatedPhone]]]
"""People with their phones, by the person's id, in their order."""


async def of_loan(session: Work, loan_id: UUID) -> People:
    """Return the people around a loan with their phones."""
    found: dict[UUID, tuple[RelatedPerson, list[RelatedPhone]]] = {}
    read: Any = await session.exec(_OF_LOAN, params={"loan": loan_id})
    for person, phone in read:
        _, phones = found.setdefault(person.id, (person, []))
        if phone is not None:
            phones.append(phone)
    return found


async def of_loans(
    session: Work, loan_ids: Collection[UUID]
) -> dict[UUID, list[tuple[RelatedPerson, list[RelatedPhone]]]]:
    """Return the people around each of these locked loans with their phones, to be changed, by the loan's id."""
    found: dict[UUID, tuple[RelatedPerson, list[RelatedPhone]]] = {}
    for ids in chunks(loan_ids):
        read: Any = await session.exec(_PEOPLE.where(col(RelatedPerson.loan_id).in_(ids)))
        for person, phone in read:
            _, phones = found.setdefault(person.id, (person, []))
            if phone is not None:
                phones.append(phone)
    by_loan: dict[UUID, list[tuple[RelatedPerson, list[RelatedPhone]]]] = {}
    for person, phones in found.values():
        by_loan.setdefault(person.loan_id, []).append((person, phones))
    return by_loan


async def present(session: Work, person_id: UUID) -> RelatedPerson | None:
    """Return a person around a loan who has not been removed."""
    statement = select(RelatedPerson).where(RelatedPerson.id == person_id, *_PRESENT)
    return (await session.exec(statement.execution_options(populate_existing=True))).first()


async def phones_of(session: Work, person_id: UUID) -> list[RelatedPhone]:
    """Return the present phones of a person, in their order."""
    statement = select(RelatedPhone).where(RelatedPhone.person_id == person_id, *_PHONE_PRESENT)
    return list((await session.exec(statement.order_by(col(RelatedPhone.position), col(RelatedPhone.id)))).all())


async def phones_of_people(session: Work, person_ids: Collection[UUID]) -> dict[UUID, list[RelatedPhone]]:
    """Return the present phones of these people, in their order, by the person's id."""
    found: dict[UUID, list[RelatedPhone]] = {}
    statement = select(RelatedPhone).where(col(RelatedPhone.person_id).in_(person_ids), *_PHONE_PRESENT)
    for phone in await session.exec(statement.order_by(col(RelatedPhone.position), col(RelatedPhone.id))):
        found.setdefault(phone.person_id, []).append(phone)
    return found


async def replace_terms(session: Work, digests: Mapping[UUID, Collection[int]]) -> None:
    """Replace what search finds these people by."""
    for ids in chunks(digests):
        await session.exec(delete(RelatedTerm).where(col(RelatedTerm.person_id).in_(ids)))
    session.add_all(
        RelatedTerm(digest=digest, person_id=person_id) for person_id, found in digests.items() for digest in found
    )
    await session.flush()


async def named(
    session: Work, workspace_id: UUID, loan_ids: Collection[UUID], digests: Iterable[int]
) -> list[RelatedPerson]:
    """Return the people around these loans whom one of the digests finds, in their order."""
    wanted = list(digests)
    if not (loan_ids and wanted):
        return []
    found = select(RelatedTerm.person_id).where(among(session, col(RelatedTerm.digest), wanted))
    statement = select(RelatedPerson).where(
        RelatedPerson.workspace_id == workspace_id,
        col(RelatedPerson.loan_id).in_(loan_ids),
        col(RelatedPerson.id).in_(found),
        *_PRESENT,
    )
    return list((await session.exec(statement.order_by(col(RelatedPerson.created_at), col(RelatedPerson.id)))).all())


async def party_row(session: Work, call_id: UUID) -> CallParty | None:
    """Return what is recorded of whom a call reached, also if that was taken back: a call has one row."""
    return (await session.exec(select(CallParty).where(CallParty.call_id == call_id))).first()


async def people_by_ids(session: Work, ids: Collection[UUID]) -> dict[UUID, RelatedPerson]:
    """Return these people around loans, removed ones too, by id."""
    return await rows.by_ids(session, RelatedPerson, ids)


async def parties_of(session: Work, call_ids: Collection[UUID]) -> dict[UUID, tuple[CallParty, RelatedPerson | None]]:
    """Return whom these calls reached instead of the borrower, by the call's id."""
    if not call_ids:
        return {}
    statement = (
        select(CallParty, RelatedPerson)
        .outerjoin(RelatedPerson, col(RelatedPerson.id) == col(CallParty.person_id))
        .where(col(CallParty.call_id).in_(call_ids), col(CallParty.undone_at).is_(None))
    )
    return {party.call_id: (party, person) for party, person in await session.exec(statement)}
