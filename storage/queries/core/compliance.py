"""What compliance has set, and how many phone numbers members have looked at."""

import itertools
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from storage.engine.database import insert_into
from storage.engine.types import new_id
from storage.engine.work import Work
from storage.tables import AuditEntry, ComplianceRules

REVEAL = "show_number"
"""The act of looking at a number."""


async def rules(session: Work, workspace_id: UUID) -> ComplianceRules | None:
    """Return what was set; None while nothing was."""
    statement = select(ComplianceRules).where(ComplianceRules.workspace_id == workspace_id)
    return (await session.exec(statement)).first()


async def mark_reported(session: Work, workspace_id: UUID, today: date) -> bool:
    """Note that today's report is made. Return False if it was made before: of several workers, one makes it."""
    first: dict[str, Any] = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "channel_id": None,
        "reveal_limits": {},
        "version": 1,
    }
    statement = insert_into(session, ComplianceRules).values(reported_on=None, **first)
    await session.exec(statement.on_conflict_do_nothing(index_elements=["workspace_id"]))
    due = or_(col(ComplianceRules.reported_on).is_(None), col(ComplianceRules.reported_on) < today)
    marked = update(ComplianceRules).where(col(ComplianceRules.workspace_id) == workspace_id, due)
    return (await session.exec(marked.values(reported_on=today))).rowcount == 1


async def reveals_of(
    session: Work, workspace_id: UUID, member_ids: Collection[UUID], *, since: datetime
) -> dict[UUID, list[datetime]]:
    """Return when each of the members looked at a number, from `since` on."""
    seen = (col(AuditEntry.act) == REVEAL, col(AuditEntry.actor_id).in_(member_ids), col(AuditEntry.at) >= since)
    found: dict[UUID, list[datetime]] = {member_id: [] for member_id in member_ids}
    # Each of the two has an index of its own.
    for which in (col(AuditEntry.sequence).is_not(None), col(AuditEntry.sequence).is_(None)):
        statement = select(AuditEntry.actor_id, AuditEntry.at)
        for member_id, at in await session.exec(statement.where(AuditEntry.workspace_id == workspace_id, which, *seen)):
            if member_id is not None:
                found[member_id].append(at)
    return found


async def count_acts(
    session: Work, workspace_id: UUID, act: str, *, since: datetime, until: datetime
) -> dict[UUID | None, int]:
    """Count the entries of an act within a time, by who did it."""
    within = (col(AuditEntry.at) >= since, col(AuditEntry.at) < until)
    statement = select(AuditEntry.actor_id, func.count()).where(
        AuditEntry.workspace_id == workspace_id, AuditEntry.act == act, *within
    )
    return dict((await session.exec(statement.group_by(col(AuditEntry.actor_id)))).all())


async def count_between(
    session: Work, workspace_id: UUID, act: str, bounds: Sequence[datetime]
) -> dict[UUID | None, tuple[int, ...]]:
    """Count the entries of an act from each of the instants to the next, by who did it."""
    at = col(AuditEntry.at)
    counts: list[Any] = [
        func.sum(case(((at >= begin) & (at < end), 1), else_=0)) for begin, end in itertools.pairwise(bounds)
    ]
    statement = select_columns(col(AuditEntry.actor_id), *counts).where(
        col(AuditEntry.workspace_id) == workspace_id, col(AuditEntry.act) == act, at >= bounds[0], at < bounds[-1]
    )
    found = (await session.execute(statement.group_by(col(AuditEntry.actor_id)))).all()
    return {row[0]: tuple(row[1:]) for row in found}
