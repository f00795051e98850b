"""Samples of what is encrypted: do the keys at hand open it?"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel import select as sqlmodel_select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.cipher import CIPHER_SUFFIX, Cipher, UnreadableError
from storage.queries.loans.search import terms_of
from storage.tables import Borrower, SearchTerm
from storage.upkeep.rotation import Place, places


async def unreadable_samples(session: AsyncSession, cipher: Cipher) -> list[str]:
    """The encrypted columns of which the first or the last row does not open."""
    wrong: list[str] = []
    for place in places():
        for row_id, value in await _ends(session, place):
            try:
                cipher.decrypt(value, place.table.name, row_id, place.column.name.removesuffix(CIPHER_SUFFIX))
            except UnreadableError:
                wrong.append(place.name)
                break
    return wrong


async def sample_is_findable(session: AsyncSession, cipher: Cipher) -> bool:
    """Return whether the search index has a sample borrower under the current key; True when there is no borrower."""
    borrower = (await session.exec(sqlmodel_select(Borrower).order_by(col(Borrower.id).desc()).limit(1))).first()
    if borrower is None:
        return True
    name = cipher.decrypt(borrower.name_cipher, "borrower", borrower.id, "name")
    phone = cipher.decrypt(borrower.phone_cipher, "borrower", borrower.id, "phone")
    digests = [cipher.digest(kind, text) for kind, text in terms_of(name, phone)]
    statement = sqlmodel_select(SearchTerm.digest).where(
        SearchTerm.borrower_id == borrower.id, col(SearchTerm.digest).in_(digests)
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def _ends(session: AsyncSession, place: Place) -> list[tuple[UUID, bytes]]:
    connection = await session.connection()
    key = place.table.c.id
    rows: list[tuple[UUID, bytes]] = []
    for order in (key.asc(), key.desc()):
        statement = select(key, place.column).where(place.column.is_not(None)).order_by(order).limit(1)
        rows += [(row[0], row[1]) for row in await connection.execute(statement)]
    return rows
