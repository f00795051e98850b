"""Delete what the desk needs only for minutes: answers for repeats, drafts, unsent forms, links to files, and what Undo needs."""

from datetime import timedelta

from desk.core.deliveries import ANSWER_LIFETIME
from desk.core.drafts import DRAFT_LIFETIME
from desk.core.transaction import Desk
from desk.core.undo import UNDO_FOR
from storage.queries.core import retention

BATCH = 500
"""Rows of a table that one transaction deletes, which holds up others for some hundredths of a second."""

UNDO_KEPT_FOR = UNDO_FOR + timedelta(minutes=1)
"""How long what Undo needs is kept: a press at the last second may take a while."""

REFUSALS_KEPT_FOR = timedelta(days=7)
"""How long the refused rows of a file are kept, to be mended, and the names and remarks that its message shows."""

LINK_KEPT_FOR = timedelta(days=1)
"""How long a link to a file is kept that can no longer be used: who follows it is told why."""


ANSWERS_KEPT_FOR = timedelta(days=1)
"""How long the answer to a request with an idempotency key is kept for its repeats."""

EVENTS_KEPT_FOR = timedelta(days=90)
"""How long the desk knows which events of the lender came, and what became of them."""


async def forget_old(desk: Desk) -> bool:
    """Delete the next batch of what is no longer needed. Return whether there may be more."""
    session, workspace_id, now = desk.session, desk.workspace.id, desk.now
    deleted = (
        await retention.delete_deliveries(session, workspace_id, now - ANSWER_LIFETIME, limit=BATCH),
        await retention.delete_drafts(session, workspace_id, now - DRAFT_LIFETIME, limit=BATCH),
        await retention.delete_undos(session, workspace_id, now - UNDO_KEPT_FOR, limit=BATCH),
        await retention.delete_file_links(session, workspace_id, now - LINK_KEPT_FOR, limit=BATCH),
        await retention.delete_import_refusals(session, workspace_id, now - REFUSALS_KEPT_FOR, limit=BATCH),
        await retention.clear_import_samples(session, workspace_id, now - REFUSALS_KEPT_FOR, limit=BATCH),
        await retention.delete_handovers(session, workspace_id, now - UNDO_KEPT_FOR, limit=BATCH),
        await retention.delete_api_answers(session, workspace_id, now - ANSWERS_KEPT_FOR, limit=BATCH),
        await retention.delete_lender_events(session, workspace_id, now - EVENTS_KEPT_FOR, limit=BATCH),
    )
    return max(deleted) == BATCH
