"""Endpoints of webhooks."""

from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.tables import WebhookEndpoint


async def of_workspace(session: Work, workspace_id: UUID) -> list[WebhookEndpoint]:
    """Return the endpoints of a workspace, the oldest first."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.workspace_id == workspace_id)
    return list((await session.exec(statement.order_by(col(WebhookEndpoint.id)))).all())


async def locked(session: Work, workspace_id: UUID, endpoint_id: UUID) -> WebhookEndpoint | None:
    """Return an endpoint of the workspace, locked until the transaction ends; None if there is no such."""
    row = await session.get(WebhookEndpoint, endpoint_id, with_for_update=True, populate_existing=True)
    return row if row is not None and row.workspace_id == workspace_id else None
