"""Samples of encrypted data, to check that the configured keys open it."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, UnaryExpression, select
from sqlmodel import select as sqlmodel_select

from storage.engine.cipher import Cipher, UnreadableError, key_of
from storage.engine.work import Work
from storage.queries.loans.search import phone_digest
from storage.tables import Borrower, SearchTerm
from storage.upkeep.rotation import Place, places

SAMPLES = 12
"""Values of a column that are tried when its first or last one cannot be decrypted."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the keys do to some values of a column: the rows that they open, and those that they do not, by id.

    `wrong_key`: that is the fault of a key, not of the rows: nothing opens, or fewer than half of the values that name the
    same key, if there are several.
    """

    place: Place
    opened: tuple[UUID, ...]
    unreadable: tuple[UUID, ...]
    wrong_key: bool


async def samples(session: Work, cipher: Cipher) -> list[Sample]:
    """Return a sample of every encrypted column."""
    return [await _sample(session, cipher, place) for place in places()]


async def wrong_key(session: Work, cipher: Cipher) -> tuple[str | None, tuple[UUID, ...]]:
    """Return the setting whose key does not fit the borrowers, or None, and the borrowers that are damaged, by id.

    Costs a few rows only.
    """
    found = [await _sample(session, cipher, place) for place in places() if place.table.name == "borrower"]
    damaged = {row_id for each in found for row_id in each.unreadable}
    if any(each.wrong_key for each in found):
        return "LOANDESK_ENCRYPTION_KEYS", ()
    opened = sorted(set[UUID]().union(*(each.opened for each in found)) - damaged)
    for row_id in {*opened[:1], *opened[-1:]}:
        if not await _is_findable(session, cipher, row_id):
            return "LOANDESK_SEARCH_KEY", ()
    return None, tuple(sorted(damaged))


async def spread(session: Work, place: Place) -> list[tuple[UUID, bytes]]:
    """Return up to SAMPLES values of a column: the first, the last, and others as evenly between them as rows are there."""
    found = await _ends(session, place)
    gaps = deque([(found[0][0], found[-1][0])] if found else [])
    while gaps and len(found) < SAMPLES:
        low, high = gaps.popleft()
        between = await _between(session, place, low, high)
        if between is not None:
            found.append(between)
            gaps.extend(((low, between[0]), (between[0], high)))
    return found


async def _sample(session: Work, cipher: Cipher, place: Place) -> Sample:
    """Try the first and the last value of a column, and more of them when one does not open."""
    sample = _try(cipher, place, await _ends(session, place))
    return _try(cipher, place, await spread(session, place)) if sample.unreadable else sample


def _try(cipher: Cipher, place: Place, values: Sequence[tuple[UUID, bytes]]) -> Sample:
    opened: list[UUID] = []
    unreadable: list[UUID] = []
    named, opening = Counter[int](), Counter[int]()
    for row_id, value in values:
        key = key_of(value)
        named[key] += 1
        try:
            cipher.decrypt_at(place.encrypted, row_id, value)
        except UnreadableError:
            unreadable.append(row_id)
        else:
            opened.append(row_id)
            opening[key] += 1
    lost = any(key and count > 1 and 2 * opening[key] < count for key, count in named.items())
    return Sample(place, tuple(opened), tuple(unreadable), wrong_key=bool(unreadable) and (lost or not opened))


async def _between(session: Work, place: Place, low: UUID, high: UUID) -> tuple[UUID, bytes] | None:
    """Return the value of a row between two others, the nearest to the middle on one side of it; None if there is none."""
    key, middle = place.table.c.id, UUID(int=(low.int + high.int) // 2)
    for within, order in (
        ((key >= middle) & (key < high) & (key > low), key.asc()),
        ((key > low) & (key < middle), key.desc()),
    ):
        if (row := await _one(session, place, order, within)) is not None:
            return row
    return None


async def _ends(session: Work, place: Place) -> list[tuple[UUID, bytes]]:
    """Return the first and the last value of a column; one if there is only one."""
    key = place.table.c.id
    found = [await _one(session, place, order) for order in (key.asc(), key.desc())]
    return list(dict.fromkeys(row for row in found if row is not None))


async def _one(
    session: Work, place: Place, order: UnaryExpression[UUID], *within: ColumnElement[bool]
) -> tuple[UUID, bytes] | None:
    statement = (
        select(place.table.c.id, place.column).where(place.column.is_not(None), *within).order_by(order).limit(1)
    )
    row = (await session.execute(statement)).first()
    return (row[0], row[1]) if row is not None else None


async def _is_findable(session: Work, cipher: Cipher, borrower_id: UUID) -> bool:
    """Return whether the search index has this borrower under the current key."""
    borrower = (await session.exec(sqlmodel_select(Borrower).where(Borrower.id == borrower_id))).one()
    phone = cipher.decrypt(Borrower.phone_cipher, borrower)
    # Those of a name would need the dictionary of pinyin: 50 MB and 0.4 s at each start.
    statement = sqlmodel_select(SearchTerm.digest).where(
        SearchTerm.borrower_id == borrower.id, SearchTerm.digest == phone_digest(cipher, phone)
    )
    return (await session.exec(statement.limit(1))).first() is not None
