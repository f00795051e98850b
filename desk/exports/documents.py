"""Documents that wait on a member's loans, as a list for a file."""

from collections.abc import Mapping

from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.documents.views import item_views
from desk.documents.waiting import STATES, Waiting
from desk.exports.rows import Page, Wanted, loan_cells, reader_of
from storage.queries.core.keyset import Key
from storage.queries.documents import documents

_WAITING: Mapping[str, Waiting] = {waiting: waiting for waiting in STATES}


async def waiting_documents(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    """Return the next documents of the acting member's loans that wait, the longest waiting first."""
    states = STATES[_WAITING.get(wanted.about.get("s", ""), "open")]
    owner = reader_of(desk)
    found = await documents.of_owner(desk.session, owner.id, states, limit=limit, beyond=place)
    cells = await loan_cells(desk, [loan for loan, _, _ in found])
    items = await item_views(desk, [(item, request) for _, item, request in found])
    rows = [
        cells[loan.id].row(
            document=VOCABULARY.document(item.code),
            document_words=item.words,
            state=item.state,
            asked=item.asked_at,
            bring_by=item.by,
            late=item.late,
            changed=item.changed_at,
        )
        for (loan, _, _), item in zip(found, items, strict=True)
    ]
    last = found[-1][1] if found and len(found) == limit else None
    return Page(rows, (last.changed_at, last.id) if last else None)
