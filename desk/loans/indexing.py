"""Index borrowers and people around loans again whose search entries an earlier release made, a few at a time, while others
search and write."""

from collections.abc import Callable, Sequence
from uuid import UUID

from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.loans import related
from desk.loans.borrowers import contact
from storage.engine.cipher import UnreadableError
from storage.queries.loans import index_versions, search
from storage.queries.loans import related as queries
from storage.queries.loans.index_versions import SEARCH_ENTRIES, Indexed
from storage.tables import Borrower, RelatedPerson, RelatedPhone

BATCH = 25
"""Borrowers or people of one transaction, which holds up others for some hundredths of a second."""


async def index_next(desk: Desk) -> bool:
    """Index the next batch of borrowers again, and when there is none, of people around loans. Return False when there was none.

    A batch is done completely or not at all, two processes take different borrowers, and one who is corrected meanwhile has
    the entries of the correction. A borrower or person whose name or phone cannot be read is set aside and keeps the earlier
    entries.
    """
    rows = await index_versions.take_next(desk.session, Borrower, desk.workspace.id, desk.now, limit=BATCH)
    if rows:
        await _index(desk, Borrower, rows, lambda borrower: _digests_of_borrower(desk, borrower))
        return True
    people = await index_versions.take_next(desk.session, RelatedPerson, desk.workspace.id, desk.now, limit=BATCH)
    if not people:
        return False
    phones = await queries.phones_of_people(desk.session, [person.id for person in people])
    await _index(
        desk, RelatedPerson, people, lambda person: _digests_of_person(desk, person, phones.get(person.id, ()))
    )
    return True


async def _index(
    desk: Desk, table: type[Indexed], rows: Sequence[Indexed], digests_of: Callable[[Indexed], Sequence[int]]
) -> None:
    digests: dict[UUID, Sequence[int]] = {}
    failed: list[UUID] = []
    for row in rows:
        try:
            digests[row.id] = digests_of(row)
        except Exception as error:  # whatever is wrong with this one, the others are indexed
            await set_aside(desk, SEARCH_ENTRIES, row.id, error)
            failed.append(row.id)
    await index_versions.write(desk.session, table, digests, failed)


def _digests_of_borrower(desk: Desk, borrower: Borrower) -> Sequence[int]:
    known = contact(desk, borrower)
    if not (known.name_is_readable and known.phone_is_readable):
        raise UnreadableError("borrower")
    return search.digests_of(desk.cipher, known.name, known.phone)


def _digests_of_person(desk: Desk, person: RelatedPerson, phones: Sequence[RelatedPhone]) -> Sequence[int]:
    """Return the digests that find a person, none for one who was removed."""
    if person.removed_at is not None or person.undone_at is not None:
        return ()
    name = desk.cipher.decrypt(RelatedPerson.name_cipher, person)
    return related.digests_of(desk, name, [desk.cipher.decrypt(RelatedPhone.phone_cipher, each) for each in phones])
