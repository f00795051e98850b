"""Access requests: at most one a person and day, decided once."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import AccessRequest


async def insert(session: Work, request: AccessRequest) -> bool:
    """Insert the request. Return False if that person has asked on that day already."""
    statement = insert_into(session, AccessRequest).values(column_values(request)).on_conflict_do_nothing()
    return (await session.exec(statement.returning(col(AccessRequest.id)))).first() is not None


async def of_day(session: Work, workspace_id: UUID, slack_user_id: str, on: date) -> AccessRequest | None:
    """Return the request of that person on that day."""
    statement = select(AccessRequest).where(
        AccessRequest.workspace_id == workspace_id,
        AccessRequest.slack_user_id == slack_user_id,
        AccessRequest.asked_on == on,
    )
    return (await session.exec(statement)).first()


async def open_of(session: Work, workspace_id: UUID, slack_user_id: str) -> list[AccessRequest]:
    """Return that person's undecided requests, locked until the transaction ends."""
    statement = (
        select(AccessRequest)
        .where(
            AccessRequest.workspace_id == workspace_id,
            AccessRequest.slack_user_id == slack_user_id,
            AccessRequest.state == "open",
        )
        .order_by(col(AccessRequest.asked_on))
        .with_for_update()
    )
    return list((await session.exec(statement)).all())
