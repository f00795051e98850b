"""Bring the people around loans to what the lender's file says, and leave alone whom members entered or corrected."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import track
from desk.core.transaction import Desk
from desk.importing.comparing import person_of, person_text, spelling_key
from desk.importing.person_cells import PersonCells
from desk.importing.updating import Update
from desk.loans import related, related_views
from desk.loans.corrections import record_correction
from desk.loans.related import PersonEntry, PhoneEntry
from storage.queries.loans import related as queries
from storage.tables import RelatedPerson, RelatedPhone

Present = tuple[RelatedPerson, Sequence[RelatedPhone]]
"""A person around a loan with their phones."""


class PeopleOfFile:
    """Writes the people of a batch, and at its end what search finds them by."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found_by: dict[UUID, list[int]] = {}

    def add(self, loan_id: UUID, people: Mapping[str, PersonCells]) -> None:
        """Add these people, by their roles, to a loan that has none of these roles."""
        for role, cells in people.items():
            person = related.write_person(self._desk, loan_id, _entry(role, cells))
            self._found_by[person.id] = related.digests_of(self._desk, cells.name, [cells.phone])

    def take(self, update: Update, there: Sequence[Present]) -> None:
        """Give a locked loan whom the file names and did not name before.

        A role that the loan lacks gets them, and so does a person whom a file brought and no member has touched. Everybody else
        stays; the report says so.
        """
        for role, cells in update.row.people.items():
            earlier = update.known.said.values.get(role, "")
            text = person_text(cells, earlier)
            named, said = person_of(text) or cells, person_of(earlier)
            present = [each for each in there if each[0].role == role]
            if text == earlier or any(self._is_there(named, each) for each in present):
                continue
            brought = next((each for each in present if said is not None and self._is_as_brought(said, each)), None)
            if present and brought is None:
                names = [related_views.name_of(self._desk, person) for person, _ in present]
                update.remark("person_kept", role, present=names, new=named.name)
                continue
            update.columns.add(role)
            self._change(update, role, named, brought)

    async def finish(self) -> None:
        """Let search find everybody by their present name and phone."""
        if self._found_by:
            await self._desk.session.flush()
            await queries.replace_terms(self._desk.session, self._found_by)

    def _change(self, update: Update, role: str, named: PersonCells, brought: Present | None) -> None:
        desk, loan = self._desk, update.known.loan
        if brought is not None and self._is_named(named, brought[0]):
            person, phones = brought
            related.write_phone(desk, person, phones, _phone(role, named.phone))
            self._found_by[person.id] = related.digests_of(desk, named.name, [named.phone])
            record_correction(desk, loan, "person.changed", f"{role} {named.name}")
            return
        if brought is not None:
            gone = track(desk, brought[0])
            gone.removed_at = desk.now
            self._found_by[gone.id] = []
            record_correction(desk, loan, "person.removed", f"{role} {related_views.name_of(desk, gone)}")
        self.add(loan.id, {role: named})
        record_correction(desk, loan, "person.added", f"{role} {named.name}")

    def _is_named(self, cells: PersonCells, person: RelatedPerson) -> bool:
        return spelling_key(related_views.name_of(self._desk, person)) == spelling_key(cells.name)

    def _is_there(self, cells: PersonCells, present: Present) -> bool:
        person, phones = present
        return self._is_named(cells, person) and (not cells.phone or cells.phone in self._numbers(phones))

    def _is_as_brought(self, said: PersonCells, present: Present) -> bool:
        """Return whether a person is as the last file said, with nothing that a member added."""
        person, phones = present
        added = person.relation_cipher or person.hours_cipher or person.language
        marked = any(
            each.wrong_at or each.preferred or each.kind != related.phone_kind_of(person.role) for each in phones
        )
        same_phones = self._numbers(phones) == ([said.phone] if said.phone else [])
        return self._is_named(said, person) and same_phones and not added and not marked

    def _numbers(self, phones: Sequence[RelatedPhone]) -> list[str]:
        return [unreadable.read(self._desk, RelatedPhone.phone_cipher, each, unreadable.PHONE) for each in phones]


def _entry(role: str, cells: PersonCells) -> PersonEntry:
    return PersonEntry(role, cells.name, phones=(_phone(role, cells.phone),) if cells.phone else ())


def _phone(role: str, phone: str) -> PhoneEntry:
    return PhoneEntry(related.phone_kind_of(role), phone)
