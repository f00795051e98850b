"""Read models of a loan's documents."""

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups.chasing import due_of, is_past
from storage.queries.documents import documents
from storage.queries.people import members
from storage.tables import DocumentItem, DocumentRequest


@dataclass(frozen=True, slots=True)
class ItemView:
    """A requested document, due at `by`. `words` name one of the code `other`; `reason` says why it was rejected. `late`: it is
    still to be brought and its date has passed.

    `valid_until` is its last day, and `expired` whether that is over.
    `changed_by` is the Slack id of the member who last changed its state, None for the desk.
    """

    id: UUID
    version: int
    code: str
    words: str = field(repr=False)
    state: str
    reason: str = field(repr=False)
    asked_at: datetime
    by: Due | None
    changed_at: datetime
    changed_by: str | None
    late: bool = False
    valid_until: date | None = None
    expired: bool = False


async def item_views(desk: Desk, rows: Sequence[tuple[DocumentItem, DocumentRequest]]) -> tuple[ItemView, ...]:
    """Return the documents in the given order."""
    people = await members.by_ids(desk.session, {item.changed_by_id for item, _ in rows if item.changed_by_id})
    dues = [due_of(request) for _, request in rows]
    return tuple(
        ItemView(
            id=item.id,
            version=item.version,
            code=item.document,
            words=words_of(desk, item),
            state=item.state,
            reason=unreadable.read(desk, DocumentItem.reason_cipher, item),
            asked_at=request.created_at,
            by=by,
            changed_at=item.changed_at,
            changed_by=people[item.changed_by_id].slack_user_id if item.changed_by_id else None,
            valid_until=item.valid_until,
            expired=is_expired(desk, item),
            late=by is not None and item.state in documents.TO_BRING and is_past(desk, by),
        )
        for (item, request), by in zip(rows, dues, strict=True)
    )


def is_expired(desk: Desk, item: DocumentItem) -> bool:
    """Return whether a document that has come is not valid any more."""
    has_come = item.state in ("received", "accepted")
    return has_come and item.valid_until is not None and item.valid_until < desk.workspace_today


async def arrived(desk: Desk, item_ids: Sequence[UUID]) -> tuple[str, ...]:
    """Return the codes of these documents, without those that count as not arrived again."""
    rows = await documents.by_ids(desk.session, item_ids)
    return tuple(row.document for row in rows if row.state not in (*documents.TO_BRING, "undone"))


def words_of(desk: Desk, item: DocumentItem) -> str:
    """Return the free words that name a document, or the empty text."""
    return unreadable.read(desk, DocumentItem.words_cipher, item)
