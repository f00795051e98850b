"""Samples of encrypted data, to check that the configured keys open it."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel import select as sqlmodel_select

from storage.engine.cipher import Cipher, UnreadableError
from storage.engine.work import Work
from storage.queries.loans.search import terms_of
from storage.tables import Borrower, SearchTerm
from storage.upkeep.rotation import Place, places


async def unreadable_samples(session: Work, cipher: Cipher) -> list[str]:
    """Return the encrypted columns whose first or last value cannot be decrypted."""
    wrong: list[str] = []
    for place in places():
        for row_id, value in await _ends(session, place):
            try:
                cipher.decrypt_at(place.encrypted, row_id, value)
            except UnreadableError:
                wrong.append(place.name)
                break
    return wrong


async def wrong_key(session: Work, cipher: Cipher) -> str | None:
    """Return the setting whose key does not fit the first or the last borrower, or None. Costs a few rows only."""
    try:
        return None if await sample_is_findable(session, cipher) else "LOANDESK_SEARCH_KEY"
    except UnreadableError:
        return "LOANDESK_ENCRYPTION_KEYS"


async def sample_is_findable(session: Work, cipher: Cipher) -> bool:
    """Return whether the search index has the first and the last borrower under the current key, or there is none.

    The last alone would not do: one who was added with another key is found by that one. Raises UnreadableError.
    """
    for order in (col(Borrower.id).asc(), col(Borrower.id).desc()):
        borrower = (await session.exec(sqlmodel_select(Borrower).order_by(order).limit(1))).first()
        if borrower is not None and not await _is_findable(session, cipher, borrower):
            return False
    return True


async def _is_findable(session: Work, cipher: Cipher, borrower: Borrower) -> bool:
    name = cipher.decrypt(Borrower.name_cipher, borrower)
    phone = cipher.decrypt(Borrower.phone_cipher, borrower)
    digests = [cipher.digest(kind, text) for kind, text in terms_of(name, phone)]
    statement = sqlmodel_select(SearchTerm.digest).where(
        SearchTerm.borrower_id == borrower.id, col(SearchTerm.digest).in_(digests)
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def _ends(session: Work, place: Place) -> list[tuple[UUID, bytes]]:
    key = place.table.c.id
    filled = select(key, place.column).where(place.column.is_not(None)).limit(1)
    found = [(await session.execute(filled.order_by(order))).first() for order in (key.asc(), key.desc())]
    return [(row[0], row[1]) for row in found if row]
