"""Change a document's state, and record each state as a step of its history."""

from desk.core.changes import create, track
from desk.core.transaction import Desk
from desk.core.undo_rules import takes_back
from storage.engine.types import new_id
from storage.tables import DocumentItem, DocumentStep


def create_item(desk: Desk, item: DocumentItem) -> DocumentItem:
    """Write a newly requested document."""
    create(desk, item)
    _record(desk, item)
    return item


def set_state(desk: Desk, item: DocumentItem, state: str, reason: str = "") -> None:
    """Change a document's state in the name of the acting member, or of the desk."""
    track(desk, item)
    item.state, item.changed_at = state, desk.now
    item.changed_by_id = desk.actor.id if desk.actor else None
    item.reason_cipher = desk.cipher.encrypt_optional(DocumentItem.reason_cipher, item.id, reason)
    _record(desk, item, reason)


@takes_back(DocumentItem)
async def take_back_request(desk: Desk, item: DocumentItem) -> None:
    """Withdraw a document because the act that requested it is undone."""
    item.state, item.changed_at = "undone", desk.now


def _record(desk: Desk, item: DocumentItem, reason: str = "") -> None:
    row_id = new_id()
    create(
        desk,
        DocumentStep(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=item.loan_id,
            item_id=item.id,
            state=item.state,
            by_id=item.changed_by_id,
            reason_cipher=desk.cipher.encrypt_optional(DocumentStep.reason_cipher, row_id, reason),
            at=desk.now,
        ),
    )
