"""Borrowers: their encrypted name and phone, and the search index that finds them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.rules.contacts import format_phone, without_extension
from desk.rules.masking import masked_name, phone_tail
from storage.engine import bulk
from storage.engine.cipher import encrypted_column
from storage.engine.types import new_id
from storage.queries.loans import loans, search
from storage.queries.loans.search import DigestCache
from storage.tables import Borrower

NAME, PHONE = encrypted_column("borrower", "name_cipher"), encrypted_column("borrower", "phone_cipher")


@dataclass(frozen=True, slots=True)
class Contact:
    """A borrower's name and phone, decrypted. Only ephemeral answers may show them in full.

    The phone is E.164 with its extension, as `desk.rules.contacts` reads it. What does not open is a mark of
    `desk.core.unreadable`.
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)
    phone_is_wrong: bool = False

    @property
    def masked(self) -> str:
        """The name as a channel may see it: `王*`."""
        return masked_name(self.name) if self.name_is_readable else self.name

    @property
    def tail(self) -> str:
        """The last four digits of the phone, without its extension."""
        return phone_tail(without_extension(self.phone)) if self.phone_is_readable else self.phone

    @property
    def formatted_phone(self) -> str:
        """The phone as people read it."""
        return format_phone(self.phone) if self.phone_is_readable else self.phone

    @property
    def name_is_readable(self) -> bool:
        """Whether a key opens the name."""
        return self.name != unreadable.NAME

    @property
    def phone_is_readable(self) -> bool:
        """Whether a key opens the phone."""
        return self.phone != unreadable.PHONE


def new_borrower(desk: Desk, *, name: str, phone: str) -> Borrower:
    """Write a borrower, encrypted and indexed for search. `phone` is E.164."""
    row_id = new_id()
    borrower = Borrower(**_values(desk, row_id, name, phone))
    desk.add(borrower)
    for term in search.search_rows(desk.cipher, row_id, name, phone):
        desk.add(term)
    return borrower


async def write_encrypted(
    desk: Desk,
    ids: Sequence[UUID],
    *,
    names: Sequence[bytes],
    phones: Sequence[bytes],
    wrong: Sequence[datetime | None],
    digests: Sequence[Sequence[int]],
) -> None:
    """Write many new borrowers at once, of whom everything is computed: ciphertexts, since when their phones are marked as wrong,
    and the digests by which search finds them."""
    columns = {"id": ids, "name_cipher": names, "phone_cipher": phones, "phone_wrong_at": wrong}
    shared = {
        "workspace_id": desk.workspace.id,
        "search_version": search.VERSION,
        "version": 1,
        "created_at": desk.now,
    }
    await bulk.insert(desk.session, Borrower, columns, shared)
    await search.add_digests(desk.session, zip(ids, digests, strict=True))


async def correct(desk: Desk, borrower: Borrower, *, name: str | None = None, phone: str | None = None) -> None:
    """Correct the name or the phone (E.164), as `rewrite` does, and index the borrower again."""
    await rewrite(desk, borrower, name=name, phone=phone)
    await index(desk, [borrower])


async def rewrite(
    desk: Desk,
    borrower: Borrower,
    *,
    name: str | None = None,
    phone: str | None = None,
    wrong: Mapping[str, datetime] | None = None,
) -> None:
    """Write another name or phone (E.164). The caller has the borrower indexed again.

    A new phone is marked as wrong only if it is on another loan: `wrong`, if given, is `wrong_since` of it.
    """
    known = contact(desk, borrower)
    track(desk, borrower)
    if name is not None:
        borrower.name_cipher = desk.cipher.encrypt(Borrower.name_cipher, borrower.id, name)
    if phone is not None and phone != known.phone:
        borrower.phone_cipher = desk.cipher.encrypt(Borrower.phone_cipher, borrower.id, phone)
        borrower.phone_wrong_at = (wrong if wrong is not None else await wrong_since(desk, [phone])).get(phone)


async def mark_phone(desk: Desk, borrower_id: UUID, *, wrong: bool, at: datetime | None = None) -> None:
    """Mark a borrower's phone as wrong since a call at that instant (None: now), or remove the mark, on every loan with it."""
    own = await desk.session.get_one(Borrower, borrower_id)
    known = contact(desk, own)
    with_phone = await loans.borrowers_with(desk.session, desk.workspace.id, [phone_digest(desk, known.phone)])
    for row in with_phone if known.phone_is_readable else [own]:
        if (row.phone_wrong_at is not None) is not wrong and contact(desk, row).phone == known.phone:
            track(desk, row).phone_wrong_at = (at or desk.now) if wrong else None


async def wrong_since(desk: Desk, phones: Sequence[str]) -> dict[str, datetime]:
    """Return since when each of these phones is marked as wrong, on whichever loan; the others are left out."""
    if not phones:
        return {}
    digests = {phone_digest(desk, phone) for phone in phones}
    marked = await loans.borrowers_with(desk.session, desk.workspace.id, digests, marked_only=True)
    return {contact(desk, row).phone: row.phone_wrong_at for row in marked if row.phone_wrong_at}


def phone_digest(desk: Desk, phone: str) -> int:
    """Return the digest by which search finds a phone (E.164), whatever its extension."""
    return search.phone_digest(desk.cipher, phone)


@recomputes_after(Borrower)
async def index(desk: Desk, rows: Iterable[Borrower]) -> None:
    """Make search find these borrowers by their present name and phone, and by no earlier ones."""
    cache: DigestCache = desk.cache.get(DigestCache) or DigestCache(desk.cipher)
    digests: dict[UUID, list[int]] = {}
    for borrower in rows:
        now = contact(desk, borrower)
        borrower.search_version = search.VERSION
        desk.add(borrower)
        digests[borrower.id] = cache.of(
            now.name if now.name_is_readable else "", now.phone if now.phone_is_readable else ""
        )
    await search.replace_digests(desk.session, digests)


def contact(desk: Desk, borrower: Borrower) -> Contact:
    """Decrypt the borrower's name and phone. What no key opens is a mark, and the admins are told."""
    return Contact(
        name=_text(desk, Borrower.name_cipher, borrower, unreadable.NAME),
        phone=_text(desk, Borrower.phone_cipher, borrower, unreadable.PHONE),
        phone_is_wrong=borrower.phone_wrong_at is not None,
    )


def _text(desk: Desk, column: Any, borrower: Borrower, instead: str) -> str:
    """Return a text that every borrower has: without any, it is damaged."""
    if text := unreadable.read(desk, column, borrower, instead):
        return text
    unreadable.note_damage(desk, column, borrower)
    return instead


async def contact_of(desk: Desk, borrower_id: object) -> Contact:
    """Return the contact of the borrower with this id."""
    return contact(desk, await desk.session.get_one(Borrower, borrower_id))


async def contacts_of(desk: Desk, borrower_ids: Iterable[UUID]) -> dict[UUID, Contact]:
    """Return the contacts of these borrowers by id."""
    return {row.id: contact(desk, row) for row in await loans.borrowers_by_ids(desk.session, borrower_ids)}


def _values(desk: Desk, row_id: UUID, name: str, phone: str) -> dict[str, Any]:
    return {
        "id": row_id,
        "workspace_id": desk.workspace.id,
        "name_cipher": desk.cipher.encrypt(Borrower.name_cipher, row_id, name),
        "phone_cipher": desk.cipher.encrypt(Borrower.phone_cipher, row_id, phone),
        "search_version": search.VERSION,
        "version": 1,
        "created_at": desk.now,
    }


def region_of(desk: Desk) -> str:
    """Return the country that phone numbers without a country code belong to: the workspace's, or else China."""
    return desk.workspace.country or "CN"
