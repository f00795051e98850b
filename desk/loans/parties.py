"""Whom a call reached instead of the borrower."""

from collections.abc import Collection
from uuid import UUID

from desk.core.changes import create, track
from desk.core.errors import NotFound
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, Outcome
from desk.loans.related import RelatedName, name_of
from storage.engine.types import new_id
from storage.queries.loans import related
from storage.tables import Call, CallParty, Loan, RelatedPerson


async def record_party(desk: Desk, loan: Loan, call: Call, outcome: Outcome, party: str) -> RelatedName:
    """Record that a call did not reach the borrower: `party` is the id of the person around the loan whom it reached, or a role.

    If exactly one person on the loan has that role, it is that person. A wrong number is marked on their only phone, never on
    the borrower's.

    Raises NotFound (`unknown_person`).
    """
    person, phones, role = None, (), party
    there = await related.of_loan(desk.session, loan.id)
    if all(each.code != party for each in VOCABULARY.related_roles):
        found = there.get(UUID(party))
        if found is None:
            raise NotFound("unknown_person")
        (person, phones), role = found, found[0].role
    elif len(alike := [each for each in there.values() if each[0].role == party]) == 1:
        person, phones = alike[0]
    if outcome.marks_number_wrong and len(phones) == 1:
        track(desk, phones[0]).wrong_at = desk.now
    create(
        desk,
        CallParty(
            id=new_id(),
            workspace_id=desk.workspace.id,
            call_id=call.id,
            person_id=person.id if person else None,
            role=role,
        ),
    )
    return _named(desk, role, person)


async def parties_of(desk: Desk, call_ids: Collection[UUID]) -> dict[UUID, RelatedName]:
    """Return whom these calls reached instead of the borrower, by the call's id; a name is empty where only the role is known."""
    found = await related.parties_of(desk.session, call_ids)
    return {call_id: _named(desk, party.role, person) for call_id, (party, person) in found.items()}


def _named(desk: Desk, role: str, person: RelatedPerson | None) -> RelatedName:
    return RelatedName(role, name_of(desk, person) if person else "")
