"""Set aside a row with which a chore of the worker fails, so that the chore goes on with the others."""

from uuid import UUID

import structlog

from desk.core.transaction import Desk
from storage.queries.core import set_aside as queries
from storage.tables import SetAside

log = structlog.get_logger()


async def set_aside(desk: Desk, chore: str, subject_id: UUID, error: BaseException) -> None:
    """Set a row aside, and log why. The admins are told once a day of all such rows."""
    log.error("row_set_aside", chore=chore, subject=str(subject_id), exc_info=error)
    await queries.save(
        desk.session,
        SetAside(
            workspace_id=desk.workspace.id,
            chore=chore,
            subject_id=subject_id,
            error=type(error).__name__,
            since=desk.now,
            until=desk.now + queries.SET_ASIDE_FOR,
        ),
    )
