"""Remove files that nobody filed, and stored bytes to which no row refers: of what was deleted, and of interrupted writes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from desk.core.transaction import Desk
from desk.rules.file_kinds import KINDS
from storage.queries.files import files

UNFILED_FOR = timedelta(days=7)
"""How long a file waits for its sender, how long it is known why one was not taken, and how long one is kept that
the desk made."""

AFTER_RESTORE = timedelta(days=7)
"""How long no bytes are removed after a restore: the rows may be older than they, or the backup the wrong one."""

_BATCH = 100
_FOR_A_WEEK = ("waiting", "refused", "making", "made", "import")

_RECORDINGS = [kind.code for kind in KINDS.values() if kind.audio]


async def forget_unfiled(desk: Desk) -> bool:
    """Delete the next files that nobody filed in time, that were not taken, or that the desk made. Return whether
    there may be more. Recordings of calls wait until they are filed or discarded."""
    before = desk.now - UNFILED_FOR
    ids = await files.unfiled_before(
        desk.session, desk.workspace.id, _FOR_A_WEEK, before, but_kinds=_RECORDINGS, limit=_BATCH
    )
    await files.delete_files(desk.session, ids)
    return len(ids) == _BATCH


async def leftovers(desk: Desk, stored: Sequence[UUID]) -> list[UUID]:
    """Return which of these stored bytes no row refers to, and may be deleted. A row names its bytes before they are written."""
    restored_at = desk.workspace.restored_at
    if not stored or (restored_at is not None and desk.now < restored_at + AFTER_RESTORE):
        return []
    known = await files.known_blobs(desk.session, stored)
    return [blob_id for blob_id in stored if blob_id not in known]
