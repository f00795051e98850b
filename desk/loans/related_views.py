"""What is shown of the people around a loan: names, and the ends of their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.dialling import Dialling, dialling_of
from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from desk.rules.contacts import without_extension
from desk.rules.masking import phone_tail
from storage.queries.loans import related as queries
from storage.queries.loans import search
from storage.tables import RelatedPerson, RelatedPhone


@dataclass(frozen=True, slots=True)
class RelatedName:
    """Whom a search has found: their role and name."""

    role: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RelatedPhoneView:
    """A phone of a person around a loan, masked."""

    id: UUID
    tail: str
    kind: str
    preferred: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class RelatedView:
    """A person around a loan. `role` and `language` are codes."""

    id: UUID
    version: int
    role: str
    name: str = field(repr=False)
    relation: str = field(repr=False)
    hours: str = field(repr=False)
    language: str
    phones: tuple[RelatedPhoneView, ...]


@dataclass(frozen=True, slots=True)
class RelatedList:
    """The people around a loan, and whether the reader may change them."""

    loan: LoanView
    name: str = field(repr=False)
    people: tuple[RelatedView, ...]
    may_edit: bool
    dialling: Dialling = ""
    """What **Call** does for the reader."""


async def list_people(desk: Desk, loan_id: UUID) -> RelatedList:
    """Return the people around a loan. Raises NotFound (`unknown_loan_pressed`)."""
    loan = await lookup.lock_by_id(desk, loan_id)
    shown = await loan_view(desk, loan)
    may_edit = has_role_for(desk.member, "edit_people")
    return RelatedList(shown, shown.name, await people_of(desk, loan.id), may_edit, dialling_of(desk, desk.member))


async def people_of(desk: Desk, loan_id: UUID) -> tuple[RelatedView, ...]:
    """Return the people around a loan, by role in the order of the vocabulary."""
    order = [role.code for role in VOCABULARY.related_roles]
    found = [view(desk, person, phones) for person, phones in (await queries.of_loan(desk.session, loan_id)).values()]
    return tuple(sorted(found, key=lambda each: order.index(each.role)))


async def related_names(
    desk: Desk, loan_ids: Sequence[UUID], words: Sequence[str]
) -> dict[UUID, tuple[RelatedName, ...]]:
    """Return the people around these loans whom one of the typed words finds, by the loan's id."""
    digests = search.digests_of_words(desk.cipher, words)
    found: dict[UUID, tuple[RelatedName, ...]] = {}
    for person in await queries.named(desk.session, desk.workspace.id, loan_ids, digests):
        found[person.loan_id] = (*found.get(person.loan_id, ()), RelatedName(person.role, name_of(desk, person)))
    return found


def view(desk: Desk, person: RelatedPerson, phones: Iterable[RelatedPhone]) -> RelatedView:
    """Return a person around a loan as a card shows them."""
    shown = tuple(
        RelatedPhoneView(
            id=phone.id,
            tail=_tail(unreadable.read(desk, RelatedPhone.phone_cipher, phone, unreadable.PHONE)),
            kind=phone.kind,
            preferred=phone.preferred,
            wrong=phone.wrong_at is not None,
        )
        for phone in phones
    )
    return RelatedView(
        id=person.id,
        version=person.version,
        role=person.role,
        name=name_of(desk, person),
        relation=unreadable.read(desk, RelatedPerson.relation_cipher, person),
        hours=unreadable.read(desk, RelatedPerson.hours_cipher, person),
        language=person.language or "",
        phones=shown,
    )


def name_of(desk: Desk, person: RelatedPerson) -> str:
    """Return the name of a person around a loan."""
    return unreadable.read(desk, RelatedPerson.name_cipher, person, unreadable.NAME)


def _tail(number: str) -> str:
    return number if number == unreadable.PHONE else phone_tail(without_extension(number))
