"""Requests for access: at most one a person and day, decided once."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.database import insert_into
from storage.tables import AccessRequest, Notice


async def ask(session: AsyncSession, request: AccessRequest) -> bool:
    """Writes the request. False when that person has asked on that day already."""
    statement = insert_into(session, AccessRequest).values(request.model_dump()).on_conflict_do_nothing()
    return (await session.exec(statement.returning(col(AccessRequest.id)))).first() is not None


async def of_day(session: AsyncSession, workspace_id: UUID, slack_user_id: str, on: date) -> AccessRequest | None:
    """What that person asked on that day."""
    statement = select(AccessRequest).where(
        AccessRequest.workspace_id == workspace_id,
        AccessRequest.slack_user_id == slack_user_id,
        AccessRequest.asked_on == on,
    )
    return (await session.exec(statement)).first()


async def locked(session: AsyncSession, request_id: UUID) -> AccessRequest | None:
    """The request as it is now, held until the transaction ends."""
    statement = select(AccessRequest).where(AccessRequest.id == request_id).with_for_update()
    return (await session.exec(statement.execution_options(populate_existing=True))).first()


async def open_of(session: AsyncSession, workspace_id: UUID, slack_user_id: str) -> list[AccessRequest]:
    """What that person asked and nobody has decided, held until the transaction ends."""
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


async def notice_ids(session: AsyncSession, workspace_id: UUID, key_begins: str) -> list[UUID]:
    """The notices whose keys begin so."""
    statement = select(Notice.id).where(Notice.workspace_id == workspace_id, col(Notice.key).startswith(key_begins))
    return list((await session.exec(statement)).all())
