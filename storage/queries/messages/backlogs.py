"""What is still to be sent: for `loandesk doctor` and the metrics."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    case,
    func,
    select,
)

from storage.engine.work import Work
from storage.queries.messages.notices import NOTICE

_N = NOTICE.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts of pending notices. `oldest` is when the oldest became pending; `doubtful` have an unknown outcome."""

    pending: int
    oldest: datetime | None
    failing: int
    doubtful: int
    gave_up: int


async def backlog(session: Work, workspace_id: UUID) -> Backlog:
    """Return the counts of pending, failing, doubtful and abandoned notices."""
    present = select(
        func.count(),
        func.min(_N.owed_from),
        func.coalesce(func.sum(case((_N.attempts > 0, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_N.tried_at.is_not(None), 1), else_=0)), 0),
    ).where(_N.workspace_id == workspace_id, _N.owed_from.is_not(None))
    row = (await session.execute(present)).one()
    gave_up = select(func.count()).where(_N.workspace_id == workspace_id, _N.gave_up_at.is_not(None))
    return Backlog(row[0], row[1], row[2], row[3], (await session.execute(gave_up)).scalar_one())


async def gave_up_since(session: Work, workspace_id: UUID, instant: datetime) -> int:
    """Return how many notices were given up since `instant`."""
    statement = select(func.count()).where(_N.workspace_id == workspace_id, _N.gave_up_at >= instant)
    return (await session.execute(statement)).scalar_one()


async def waiting(session: Work, workspace_ids: Collection[UUID]) -> tuple[int, datetime | None]:
    """Return how many notices of these workspaces are pending and since when the oldest is.

    The cost does not grow with the table.
    """
    since = case((_N.posted_at.is_(None), _N.created_at), else_=_N.owed_from)
    pending = _N.workspace_id.in_(list(workspace_ids)), _N.owed_from.is_not(None)
    row = (await session.execute(select(func.count(), func.min(since)).where(*pending))).one()
    return row[0], row[1]
