"""Methods of Slack's API that no process may use for a while."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import RateLimit

_LONGEST = timedelta(minutes=10)
"""A limit that ends later was set before the clock was set back."""


async def save(session: Work, workspace_id: UUID, method: str, until: datetime) -> None:
    """Record that Slack asked to wait with a method."""
    row = RateLimit(workspace_id=workspace_id, method=method, until=until)
    statement = insert_into(session, RateLimit).values(column_values(row))
    await session.exec(
        statement.on_conflict_do_update(index_elements=["workspace_id", "method"], set_={"until": until})
    )


async def present(session: Work, workspace_id: UUID, now: datetime) -> Mapping[str, datetime]:
    """Return until when methods must be left alone."""
    statement = select(RateLimit.method, RateLimit.until).where(
        RateLimit.workspace_id == workspace_id, col(RateLimit.until) > now, col(RateLimit.until) <= now + _LONGEST
    )
    return dict((await session.exec(statement)).all())
