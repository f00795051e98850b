"""Index borrowers again whose search entries an earlier release made, a few at a time, while others search and write."""

from uuid import UUID

from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.loans.borrowers import contact
from storage.engine.cipher import UnreadableError
from storage.queries.loans import index_versions, search
from storage.queries.loans.index_versions import SEARCH_ENTRIES

BATCH = 25
"""Borrowers of one transaction, which holds up others for some hundredths of a second."""


async def index_next(desk: Desk) -> bool:
    """Index the next batch of borrowers again. Return False when there was none.

    A batch is done completely or not at all, two processes take different borrowers, and one who is corrected meanwhile has
    the entries of the correction. A borrower whose name or phone cannot be read is set aside and keeps the earlier entries.
    """
    rows = await index_versions.take_next(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    if not rows:
        return False
    digests: dict[UUID, list[bytes]] = {}
    failed: list[UUID] = []
    for borrower in rows:
        try:
            known = contact(desk, borrower)
            if not (known.name_is_readable and known.phone_is_readable):
                raise UnreadableError("borrower")
            digests[borrower.id] = search.digests_of(desk.cipher, known.name, known.phone)
        except Exception as error:  # whatever is wrong with this one, the others are indexed
            await set_aside(desk, SEARCH_ENTRIES, borrower.id, error)
            failed.append(borrower.id)
    await index_versions.write(desk.session, desk.workspace.id, digests, failed)
    return True
