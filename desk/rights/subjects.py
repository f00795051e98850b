"""Which rows are of one person: a borrower with their loans, and the places where they are a person around another's loan.

Others with the same name and phone are found and listed, so that a member of compliance chooses: the desk guesses nobody.
"""

from collections.abc import Iterable
from dataclasses import field
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.unreadable import PHONE, read
from desk.loans import borrowers, related_views
from desk.rules.contacts import without_extension
from storage.queries.rights import person_exports
from storage.tables import Borrower, Loan, RelatedPerson, RelatedPhone

Kind = Literal["borrower", "person"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A row of a person: of a borrower, or of a person around a loan in a `role`. `numbers` are those of the loans."""

    kind: Kind
    id: UUID
    numbers: tuple[str, ...]
    role: str | None
    name: str = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)

    @property
    def key(self) -> str:
        """Return what names the row: its kind and id."""
        return f"{self.kind}:{self.id}"


async def borrower_subject(desk: Desk, borrower_id: UUID) -> Subject | None:
    """Return a borrower; None if they are gone, or of another workspace."""
    row = await desk.session.get(Borrower, borrower_id)
    if row is None or row.workspace_id != desk.workspace.id:
        return None
    contact = borrowers.contact(desk, row)
    numbers = tuple(loan.number for loan in await person_exports.loans_of(desk.session, row.id))
    phones = (contact.phone,) if contact.phone and contact.phone_is_readable else ()
    return Subject("borrower", row.id, numbers, None, contact.name, phones)


async def person_subject(desk: Desk, person_id: UUID) -> Subject | None:
    """Return a person around a loan; None if they are gone, or of another workspace."""
    row = await desk.session.get(RelatedPerson, person_id)
    if row is None or row.workspace_id != desk.workspace.id or row.undone_at is not None:
        return None
    loan = await desk.session.get_one(Loan, row.loan_id)
    rows = await person_exports.all_phones_of(desk.session, row.id)
    phones = [read(desk, RelatedPhone.phone_cipher, each, PHONE) for each in rows]
    known = tuple(each for each in phones if each != PHONE)
    return Subject("person", row.id, (loan.number,), row.role, related_views.name_of(desk, row), known)


async def subject_of(desk: Desk, key: str) -> Subject | None:
    """Return the row that a key names; None if it is gone."""
    kind, _, row_id = key.partition(":")
    try:
        found = UUID(row_id)
    except ValueError:
        return None
    return await (borrower_subject(desk, found) if kind == "borrower" else person_subject(desk, found))


async def may_be_same(desk: Desk, subject: Subject) -> tuple[Subject, ...]:
    """Return other rows with the same name and one of the same phones. Whether it is the same person, a human decides."""
    found: dict[str, Subject] = {}
    for phone in subject.phones:
        digest = borrowers.phone_digest(desk, phone)
        for row in await person_exports.borrowers_like(desk.session, desk.workspace.id, digest):
            if (other := await borrower_subject(desk, row.id)) is not None:
                found[other.key] = other
        for row in await person_exports.people_like(desk.session, desk.workspace.id, digest):
            if (other := await person_subject(desk, row.id)) is not None:
                found[other.key] = other
    name, phones = _plain(subject.name), _digits(subject.phones)
    same = [each for each in found.values() if _plain(each.name) == name and _digits(each.phones) & phones]
    return tuple(sorted((each for each in same if each.key != subject.key), key=lambda each: (each.numbers, each.key)))


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _digits(phones: Iterable[str]) -> set[str]:
    return {without_extension(each) for each in phones}
