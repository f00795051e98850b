"""Borrowers: their encrypted name and phone, and how they are found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

from desk.core.changes import track
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.rules.masking import masked_name, phone_tail
from storage.engine.types import new_id
from storage.queries.loans import loans, search
from storage.tables import Borrower


@dataclass(frozen=True, slots=True)
class Contact:
    """A borrower's name and phone (E.164) in clear. Only an ephemeral answer may show the whole of it."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    phone_is_wrong: bool = False

    @property
    def masked(self) -> str:
        """The name as a channel may see it: `王*`."""
        return masked_name(self.name)

    @property
    def tail(self) -> str:
        """The last four digits of the phone."""
        return phone_tail(self.phone)


def new_borrower(desk: Desk, *, name: str, phone: str) -> Borrower:
    """Writes a borrower, encrypted and findable. `phone` is E.164."""
    row_id = new_id()
    borrower = Borrower(**_values(desk, row_id, name, phone))
    desk.add(borrower)
    for term in search.search_rows(desk.cipher, desk.workspace.id, row_id, name, phone):
        desk.add(term)
    return borrower


async def write_many(desk: Desk, contacts: Sequence[tuple[UUID, str, str]]) -> None:
    """Writes many new borrowers at once, by their ids, names and phones; no row of theirs is at hand afterwards."""
    await loans.add_borrowers(desk.session, [_values(desk, *contact) for contact in contacts])
    await search.add_terms(desk.session, desk.cipher, desk.workspace.id, contacts)


async def correct(desk: Desk, borrower: Borrower, *, name: str | None = None, phone: str | None = None) -> None:
    """Corrects the name or the phone (E.164), and indexes the borrower anew. A new phone is not known to be wrong."""
    known = contact(desk, borrower)
    track(desk, borrower)
    if name is not None:
        borrower.name_cipher = desk.cipher.encrypt(Borrower.name_cipher, borrower.id, name)
    if phone is not None and phone != known.phone:
        borrower.phone_cipher = desk.cipher.encrypt(Borrower.phone_cipher, borrower.id, phone)
        borrower.phone_wrong_at = None
    await index(desk, borrower)


@recomputes_after(Borrower)
async def index_each(desk: Desk, rows: Iterable[Borrower]) -> None:
    """Index these borrowers again."""
    for borrower in rows:
        await index(desk, borrower)


async def index(desk: Desk, borrower: Borrower) -> None:
    """Has the borrower found by the name and phone that they have now, and by no earlier ones."""
    now = contact(desk, borrower)
    await search.replace_terms(desk.session, desk.cipher, desk.workspace.id, borrower.id, now.name, now.phone)


def contact(desk: Desk, borrower: Borrower) -> Contact:
    """The borrower's name and phone, decrypted."""
    return Contact(
        name=desk.cipher.decrypt(Borrower.name_cipher, borrower),
        phone=desk.cipher.decrypt(Borrower.phone_cipher, borrower),
        phone_is_wrong=borrower.phone_wrong_at is not None,
    )


def _values(desk: Desk, row_id: UUID, name: str, phone: str) -> dict[str, Any]:
    return {
        "id": row_id,
        "workspace_id": desk.workspace.id,
        "name_cipher": desk.cipher.encrypt(Borrower.name_cipher, row_id, name),
        "phone_cipher": desk.cipher.encrypt(Borrower.phone_cipher, row_id, phone),
        "version": 1,
        "created_at": desk.now,
    }


async def contact_of(desk: Desk, borrower_id: object) -> Contact:
    """The contact of the borrower of that id."""
    return contact(desk, await desk.session.get_one(Borrower, borrower_id))


async def contacts_of(desk: Desk, borrower_ids: Iterable[UUID]) -> dict[UUID, Contact]:
    """The contacts of the borrowers of those ids."""
    return {row.id: contact(desk, row) for row in await loans.borrowers_by_ids(desk.session, borrower_ids)}


DEFAULT_REGION = "CN"
"""Where phone numbers without a country's prefix belong, in a workspace that names no country."""


def region_of(desk: Desk) -> str:
    """Where phone numbers without a country's prefix belong."""
    return desk.workspace.country or DEFAULT_REGION


def read_phone(text: str, region: str) -> str:
    """The number in E.164. `region` is where a number without a country prefix belongs.

    Raises Invalid (`phone_invalid`).
    """
    try:
        number = parse(text, region)
    except NumberParseException:
        raise Invalid("phone_invalid", given=text, nearest=("13800138000", "+86 138 0013 8000")) from None
    if not is_valid_number(number):
        raise Invalid("phone_invalid", given=text, nearest=("13800138000", "+86 138 0013 8000"))
    return format_number(number, PhoneNumberFormat.E164)


def readable(phone: str) -> str:
    """An E.164 number as people read it: `+86 138 0013 8000`."""
    return format_number(parse(phone), PhoneNumberFormat.INTERNATIONAL)
