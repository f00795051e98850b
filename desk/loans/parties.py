"""Whom a call reached instead of the borrower."""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core.changes import create, track
from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, RelatedRole
from desk.loans import borrowers
from desk.loans.related_views import RelatedName, name_of
from storage.engine.types import new_id
from storage.queries.loans import related
from storage.tables import Call, CallCorrection, CallParty, Loan, RelatedPerson, RelatedPhone


@dataclass(frozen=True, slots=True)
class Party:
    """Another person than the borrower: their role, and the person around the loan with their phones, if the desk knows them."""

    role: str
    person: RelatedPerson | None = field(default=None, repr=False)
    phones: tuple[RelatedPhone, ...] = field(default=(), repr=False)

    @property
    def code(self) -> str:
        """The id of the person, or the role where nobody is known."""
        return str(self.person.id) if self.person else self.role


async def find_party(desk: Desk, loan: Loan, code: str) -> Party | None:
    """Return who is meant by the id of a person around the loan or by a role; None for the borrower (empty).

    If exactly one person on the loan has that role, it is that person. Raises NotFound (`unknown_person`).
    """
    if not code:
        return None
    there = await related.of_loan(desk.session, loan.id)
    if any(each.code == code for each in VOCABULARY.related_roles):
        alike = [each for each in there.values() if each[0].role == code]
        return Party(code, alike[0][0], tuple(alike[0][1])) if len(alike) == 1 else Party(code)
    try:
        found = there.get(UUID(code))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("unknown_person")
    return Party(found[0].role, found[0], tuple(found[1]))


async def record_party(desk: Desk, call: Call, party: Party | None) -> None:
    """Record whom the call reached, in place of what was recorded before; None for the borrower."""
    row = await related.party_row(desk.session, call.id)
    if row is None:
        if party is not None:
            _create(desk, call, party)
        return
    track(desk, row)
    row.undone_at = desk.now if party is None else None
    if party is not None:
        row.role, row.person_id = party.role, party.person.id if party.person else None


async def record_whom(desk: Desk, loan: Loan, call: Call, party: Party | None, *, wrong_number: bool) -> None:
    """Record whom a call that is just being logged reached, and mark their number as wrong where it was: the borrower's, or the
    only one of another person."""
    if party is not None:
        _create(desk, call, party)
        if wrong_number:
            mark_their_phone(desk, party, call.at)
    elif wrong_number:
        await borrowers.mark_phone(desk, loan.borrower_id, wrong=True, at=call.at)


def _create(desk: Desk, call: Call, party: Party) -> None:
    create(
        desk,
        CallParty(
            id=new_id(),
            workspace_id=desk.workspace.id,
            call_id=call.id,
            person_id=party.person.id if party.person else None,
            role=party.role,
        ),
    )


def mark_their_phone(
    desk: Desk, party: Party, at: datetime | None, *, unless_marked_at: datetime | None = None
) -> None:
    """Mark the only phone of a person as wrong since a call at that time, or (None) take the mark of the call at
    `unless_marked_at` away. Of several phones it is not known which was called."""
    if len(party.phones) != 1:
        return
    (phone,) = party.phones
    if at is not None or phone.wrong_at == unless_marked_at:
        track(desk, phone).wrong_at = at


async def party_of(desk: Desk, call_id: UUID) -> Party | None:
    """Return whom a logged call reached instead of the borrower, without their phones."""
    found = (await related.parties_of(desk.session, [call_id])).get(call_id)
    return Party(found[0].role, found[1]) if found else None


async def parties_of(desk: Desk, call_ids: Collection[UUID]) -> dict[UUID, RelatedName]:
    """Return whom these calls reached instead of the borrower, by the call's id; a name is empty where only the role is known."""
    found = await related.parties_of(desk.session, call_ids)
    return {call_id: named(desk, Party(party.role, person)) for call_id, (party, person) in found.items()}


async def earlier_parties(desk: Desk, rows: Sequence[CallCorrection]) -> dict[UUID, RelatedName]:
    """Return whom calls said they reached before these corrections, by the correction's id; the borrower is missing."""
    people = await related.people_by_ids(desk.session, {row.person_id for row in rows if row.person_id is not None})
    return {
        row.id: named(desk, Party(row.role, people.get(row.person_id) if row.person_id else None))
        for row in rows
        if row.role is not None
    }


def role_of(party: Party | None) -> RelatedRole | None:
    """Return the role of the person, None for the borrower."""
    return VOCABULARY.related_role(party.role) if party else None


def named(desk: Desk, party: Party) -> RelatedName:
    """Return the person as answers and cards name them."""
    return RelatedName(party.role, name_of(desk, party.person) if party.person else "")
