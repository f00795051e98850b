"""What somebody typed that waits for their yes: a button may carry no personal data, so it carries a draft's id."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from desk.core.errors import NotFound
from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.queries.core import drafts
from storage.tables import Draft

KEPT_FOR = timedelta(hours=1)
"""How long a draft waits."""


async def keep(desk: Desk, body: dict[str, Any]) -> UUID:
    """Keeps what the acting member typed, encrypted. Gives the id for the button."""
    await drafts.forget_before(desk.session, desk.workspace.id, desk.now - KEPT_FOR)
    row_id = new_id()
    desk.add(
        Draft(
            id=row_id,
            workspace_id=desk.workspace.id,
            member_id=desk.member.id,
            body_cipher=desk.cipher.encrypt(json.dumps(body), "draft", row_id, "body"),
            at=desk.now,
        )
    )
    return row_id


async def use(desk: Desk, draft_id: UUID) -> dict[str, Any]:
    """What was kept; it is used once. Raises NotFound (`draft_gone`: used, too old, or somebody else's)."""
    draft = await drafts.by_id(desk.session, draft_id)
    if draft is None or draft.member_id != desk.member.id or desk.now - draft.at > KEPT_FOR:
        raise NotFound("draft_gone")
    body: dict[str, Any] = json.loads(desk.cipher.decrypt(draft.body_cipher, "draft", draft.id, "body"))
    await desk.session.delete(draft)
    return body
