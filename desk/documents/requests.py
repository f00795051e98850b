"""The rows of requested documents."""

from collections.abc import Sequence

from desk.core.changes import create
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.documents.names import DocumentName
from desk.documents.steps import create_item
from storage.engine.types import new_id
from storage.tables import DocumentItem, DocumentRequest, FollowUp, Loan, Member


def write_request(
    desk: Desk, loan: Loan, by: Due | None, follow_up: FollowUp | None, *, requester: Member | None = None
) -> DocumentRequest:
    """Write a request of the acting member, or in the name of another one, due at `by`, for which a follow-up asks."""
    return create(
        desk,
        DocumentRequest(
            id=new_id(),
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            requested_by_id=(requester or desk.member).id,
            follow_up_id=follow_up.id if follow_up else None,
            due_on=by.on if by else None,
            due_at=by.at if by else None,
            created_at=desk.now,
        ),
    )


def write_items(
    desk: Desk, request: DocumentRequest, wanted: Sequence[DocumentName], *, state: str = "requested"
) -> list[DocumentItem]:
    """Write the documents of a request, in that state."""
    items: list[DocumentItem] = []
    for position, each in enumerate(wanted):
        row_id = new_id()
        item = DocumentItem(
            id=row_id,
            workspace_id=desk.workspace.id,
            request_id=request.id,
            loan_id=request.loan_id,
            document=each.code,
            position=position,
            words_cipher=desk.cipher.encrypt_optional(DocumentItem.words_cipher, row_id, each.words),
            state=state,
            changed_at=desk.now,
            changed_by_id=desk.actor.id if desk.actor else None,
        )
        items.append(create_item(desk, item))
    return items
