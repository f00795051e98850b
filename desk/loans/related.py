"""The people around a loan: add, change and remove them, show them, and let search find the loan by them."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.core.values import NAME_LIMIT, LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.contact_gate import Held, held
from desk.loans import lookup
from desk.loans.corrections import record_correction
from desk.loans.related_views import RelatedView, name_of, view
from desk.loans.views import LoanView, loan_view
from desk.people.compliance import require_reveal
from desk.rules.contacts import clean_name, format_phone
from storage.engine.types import new_id
from storage.queries.loans import related as queries
from storage.queries.loans import search
from storage.tables import Loan, RelatedPerson, RelatedPhone

PHONES = 3
"""The most phones of a person."""

TEXT_LIMIT = 100
"""The longest relation and hours, in characters."""


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """A phone as a form gives it: E.164, or None to leave the one that was there. `remove` drops that one."""

    kind: str
    phone: str | None = field(default=None, repr=False)
    preferred: bool = False
    wrong: bool = False
    remove: bool = False


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person as a form gives them. `phones` are in the order of those that the person has, and then new ones."""

    role: str
    name: str = field(repr=False)
    relation: str = field(default="", repr=False)
    hours: str = field(default="", repr=False)
    language: str = ""
    phones: tuple[PhoneEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonSaved:
    """A person who was added, changed or removed (`act`)."""

    loan: LoanView
    act: str
    person: RelatedView
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class RevealedPhone:
    """A phone of a person around a loan: `phone` as people read it. `readable`: a key opens it. `liable`: they answer for the
    debt; nobody else is told about the loan."""

    loan: LoanView
    role: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    is_wrong: bool
    readable: bool
    liable: bool
    held: Held | None = None
    """Why the number is not shown: contact rules speak against a call now."""
    phone_id: UUID | None = None


async def add_person(desk: Desk, *, loan: LoanRef, entry: PersonEntry) -> PersonSaved:
    """Add a person to a loan.

    Raises NotAllowed (`role_missing`), Invalid (`person_name_missing`, `name_too_long`, `term_too_long`), and as
    `lookup.resolve` does.
    """
    require_role(desk, "edit_people")
    _check(entry)
    named = (await lookup.resolve(desk, loan)).loan
    person = write_person(desk, named.id, entry)
    return await _saved(desk, named, person, "added")


def write_person(desk: Desk, loan_id: UUID, entry: PersonEntry) -> RelatedPerson:
    """Write a new person around a loan. The caller has search find them."""
    row_id = new_id()
    person = create(
        desk,
        RelatedPerson(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan_id,
            role=entry.role,
            name_cipher=desk.cipher.encrypt(RelatedPerson.name_cipher, row_id, clean_name(entry.name)),
            search_version=search.VERSION,
            created_at=desk.now,
        ),
    )
    _write(desk, person, entry)
    _write_phones(desk, person, [], entry.phones)
    return person


async def take_people(desk: Desk, loan_id: UUID, other_id: UUID) -> None:
    """Give a locked loan the people around another one, of the roles that it lacks."""
    known = await queries.of_loans(desk.session, [loan_id, other_id])
    roles = {person.role for person, _ in known.get(loan_id, ())}
    taken: list[RelatedPerson] = []
    for person, phones in known.get(other_id, ()):
        if person.role not in roles:
            numbers = [unreadable.read(desk, RelatedPhone.phone_cipher, each, unreadable.PHONE) for each in phones]
            entries = tuple(PhoneEntry(each.kind, number) for each, number in zip(phones, numbers, strict=True))
            taken.append(write_person(desk, loan_id, PersonEntry(person.role, name_of(desk, person), phones=entries)))
    if taken:
        await desk.session.flush()
        await index(desk, taken)


def write_phone(desk: Desk, person: RelatedPerson, there: Sequence[RelatedPhone], entry: PhoneEntry) -> None:
    """Write the first phone of a person, in place of the one that they have."""
    _write_phones(desk, person, there, [entry])


def phone_kind_of(role: str) -> str:
    """Return what kind of line the phone of that role is, unless a form says otherwise."""
    return "work" if VOCABULARY.related_role(role).firm else "mobile"


async def change_person(desk: Desk, person_id: UUID, version: int, entry: PersonEntry) -> PersonSaved:
    """Change a person whom a form showed at that version.

    Raises as `add_person` does, NotFound (`unknown_person`), Conflict (`person_changed`).
    """
    _check(entry)
    loan, person = await _locked(desk, person_id, version)
    track(desk, person)
    person.role = entry.role
    person.name_cipher = desk.cipher.encrypt(RelatedPerson.name_cipher, person.id, clean_name(entry.name))
    _write(desk, person, entry)
    _write_phones(desk, person, await queries.phones_of(desk.session, person.id), entry.phones)
    return await _saved(desk, loan, person, "changed")


async def remove_person(desk: Desk, person_id: UUID, version: int) -> PersonSaved:
    """Remove a person from a loan.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_person`), Conflict (`person_changed`).
    """
    loan, person = await _locked(desk, person_id, version)
    track(desk, person).removed_at = desk.now
    return await _saved(desk, loan, person, "removed")


async def person_to_change(desk: Desk, person_id: UUID) -> tuple[LoanView, RelatedView]:
    """Return a person whom the acting member may change, and their loan. Raises as `change_person` does."""
    loan, person = await _locked(desk, person_id)
    return await loan_view(desk, loan), view(desk, person, await queries.phones_of(desk.session, person.id))


async def reveal_phone(desk: Desk, phone_id: UUID) -> RevealedPhone:
    """Return a phone of a person around a loan, and record the reveal.

    Raises NotFound (`unknown_person`), NotAllowed (`reveal_limit`).
    """
    phone = await desk.session.get(RelatedPhone, phone_id)
    person = await queries.present(desk.session, phone.person_id) if phone is not None else None
    if phone is None or person is None or phone.removed_at or phone.undone_at:
        raise NotFound("unknown_person")
    if not await lookup.may_see(desk, person.loan_id):
        raise NotFound("unknown_person")
    about = await lookup.lock_by_id(desk, person.loan_id)
    if (why := await held(desk, about, person)) is not None:
        seen, name, liable = (
            await loan_view(desk, about),
            name_of(desk, person),
            VOCABULARY.related_role(person.role).liable,
        )
        return RevealedPhone(seen, person.role, name, "", False, False, liable, held=why, phone_id=phone.id)
    await require_reveal(desk)
    number = unreadable.read(desk, RelatedPhone.phone_cipher, phone, unreadable.PHONE)
    readable = number != unreadable.PHONE
    if readable:
        desk.audit("show_number", loan_id=person.loan_id, subject_id=phone.id, roles=desk.member.roles)
    return RevealedPhone(
        loan=await loan_view(desk, about),
        role=person.role,
        name=name_of(desk, person),
        phone=format_phone(number) if readable else number,
        is_wrong=phone.wrong_at is not None,
        readable=readable,
        liable=VOCABULARY.related_role(person.role).liable,
    )


@recomputes_after(RelatedPerson, RelatedPhone)
async def index(desk: Desk, rows: Iterable[RelatedPerson | RelatedPhone]) -> None:
    """Make search find these people by their present names and phones, and those who were removed by none."""
    digests: dict[UUID, list[int]] = {}
    for person_id in {row.id if isinstance(row, RelatedPerson) else row.person_id for row in rows}:
        person = await queries.present(desk.session, person_id)
        if person is None:
            digests[person_id] = []
            continue
        name = unreadable.read(desk, RelatedPerson.name_cipher, person, "")
        phones = [
            unreadable.read(desk, RelatedPhone.phone_cipher, phone, "")
            for phone in await queries.phones_of(desk.session, person_id)
        ]
        digests[person_id] = digests_of(desk, name, phones)
    await queries.replace_terms(desk.session, digests)


def digests_of(desk: Desk, name: str, phones: Sequence[str]) -> list[int]:
    """Return the digests by which search finds a person."""
    return search.digests_of(desk.cipher, name, *phones)


def _check(entry: PersonEntry) -> None:
    if not clean_name(entry.name):
        raise Invalid("person_name_missing")
    if len(entry.name) > NAME_LIMIT:
        raise Invalid("name_too_long", length=len(entry.name), limit=NAME_LIMIT)
    for text in (entry.relation, entry.hours):
        if len(text) > TEXT_LIMIT:
            raise Invalid("term_too_long", length=len(text), limit=TEXT_LIMIT)


def _write(desk: Desk, person: RelatedPerson, entry: PersonEntry) -> None:
    encrypt = desk.cipher.encrypt_optional
    person.relation_cipher = encrypt(RelatedPerson.relation_cipher, person.id, entry.relation.strip())
    person.hours_cipher = encrypt(RelatedPerson.hours_cipher, person.id, entry.hours.strip())
    person.language = entry.language or None


def _write_phones(
    desk: Desk, person: RelatedPerson, there: Sequence[RelatedPhone], entries: Sequence[PhoneEntry]
) -> None:
    for position, entry in enumerate(entries):
        row = there[position] if position < len(there) else None
        if row is None and entry.phone is not None:
            row_id = new_id()
            cipher = desk.cipher.encrypt(RelatedPhone.phone_cipher, row_id, entry.phone)
            create(
                desk,
                RelatedPhone(
                    id=row_id,
                    workspace_id=desk.workspace.id,
                    person_id=person.id,
                    phone_cipher=cipher,
                    kind=entry.kind,
                    preferred=entry.preferred,
                    position=position,
                    wrong_at=desk.now if entry.wrong else None,
                ),
            )
        elif row is not None:
            _change_phone(desk, track(desk, row), entry)


def _change_phone(desk: Desk, row: RelatedPhone, entry: PhoneEntry) -> None:
    if entry.remove:
        row.removed_at = desk.now
    if entry.phone is not None:
        row.phone_cipher = desk.cipher.encrypt(RelatedPhone.phone_cipher, row.id, entry.phone)
    row.kind, row.preferred = entry.kind, entry.preferred
    if entry.wrong != (row.wrong_at is not None):
        row.wrong_at = desk.now if entry.wrong else None


async def _locked(desk: Desk, person_id: UUID, version: int | None = None) -> tuple[Loan, RelatedPerson]:
    require_role(desk, "edit_people")
    known = await desk.session.get(RelatedPerson, person_id)
    if known is None or not await lookup.may_see(desk, known.loan_id):
        raise NotFound("unknown_person")
    loan = await lookup.lock_by_id(desk, known.loan_id)
    person = await queries.present(desk.session, person_id)
    if person is None:
        raise NotFound("unknown_person")
    if version is not None and person.version != version:
        raise Conflict("person_changed")
    return loan, person


async def _saved(desk: Desk, loan: Loan, person: RelatedPerson, act: str) -> PersonSaved:
    name = name_of(desk, person)
    record_correction(desk, loan, f"person.{act}", f"{person.role} {name}")
    desk.audit("person", loan_id=loan.id, subject_id=person.id, what=act, role=person.role)
    await desk.session.flush()
    await index(desk, [person])
    shown = view(desk, person, await queries.phones_of(desk.session, person.id))
    return PersonSaved(await loan_view(desk, loan), act, shown, offer_undo(desk, "person", loan_id=loan.id))
