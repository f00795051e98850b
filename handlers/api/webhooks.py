"""Routes of webhooks: the log of deliveries."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from desk.core.webhook_events import plain
from desk.webhooks.log import read_log
from handlers.api.cursors import read_cursor, write_cursor
from handlers.api.routes import Call, Reply, Route
from handlers.api.schemas import Closed, Cursor, Instant, PageSize
from storage.queries.webhooks.deliveries import LoggedDelivery


class DeliveryDocument(Closed):
    """A delivery of an event to an endpoint. `webhook_id` is the header that the receiver got; `last_status` is that of the last
    answer, `last_error` says what went wrong before there was one."""

    id: str
    webhook_id: str
    endpoint: str
    type: str
    happened_at: Instant
    state: Literal["pending", "delivered", "set_aside"]
    attempts: int
    last_status: int | None
    last_error: str | None
    tried_at: Instant | None
    milliseconds: int | None


class DeliveryList(Closed):
    """Deliveries, the newest first. `next` is the cursor of the following ones."""

    deliveries: list[DeliveryDocument]
    next: str | None


class DeliveryQuery(Closed):
    """Which deliveries to show. `status` failed: those of which an attempt failed and none has succeeded."""

    status: Literal["failed"] | None = None
    endpoint: Annotated[UUID | None, Field(description="The id of an endpoint.")] = None
    limit: PageSize = 50
    cursor: Cursor | None = None


async def read_deliveries(call: Call) -> Reply:
    """Answer with the log of deliveries."""
    query: DeliveryQuery = call.query
    page = await read_log(
        call.desk,
        failed=query.status == "failed",
        endpoint_id=query.endpoint,
        before=read_cursor(query.cursor, dated=False),
        limit=query.limit,
    )
    return Reply(
        DeliveryList(deliveries=[_document(each) for each in page.deliveries], next=write_cursor(page.following))
    )


def _document(each: LoggedDelivery) -> DeliveryDocument:
    row, event = each.delivery, each.event
    return DeliveryDocument.model_validate(
        {
            "id": str(row.id),
            "webhook_id": str(event.id),
            "endpoint": str(row.endpoint_id),
            "type": event.type,
            "happened_at": plain(event.at),
            "state": row.state,
            "attempts": row.attempts,
            "last_status": row.last_status,
            "last_error": row.last_error,
            "tried_at": plain(each.tried_at),
            "milliseconds": each.milliseconds,
        }
    )


ROUTES = (
    Route(
        "GET",
        "/webhooks/deliveries",
        "Read the log of webhook deliveries",
        "read_webhooks",
        read_deliveries,
        {200: DeliveryList},
        query=DeliveryQuery,
        description="docs/webhooks.md says what is sent and when it is tried again.",
    ),
)
