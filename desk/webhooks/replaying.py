"""Send events again that the operator names, or all since a time, under the ids that they had."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from desk.core.operator_acts import operator
from desk.core.transaction import Desk
from desk.core.webhook_endpoints import host_of
from desk.webhooks.endpoints import WebhookError, wants
from desk.webhooks.sending import BATCH, new_delivery
from storage.queries.core.retention_due import NONE_YET
from storage.queries.webhooks import deliveries, endpoints
from storage.tables import WebhookDelivery, WebhookEndpoint

FIRST = NONE_YET
"""Before the first event."""


async def replay(desk: Desk, ids: Sequence[UUID]) -> int:
    """Send these deliveries again, or those of these events (their `webhook-id`). Return how many.

    Raises WebhookError: there is none, or its endpoint is disabled.
    """
    found = await deliveries.with_ids(desk.session, desk.workspace.id, ids)
    if not found:
        raise WebhookError("there is no such delivery or event: `loandesk webhooks deliveries` lists them")
    there = {row.id: row for row in await endpoints.of_workspace(desk.session, desk.workspace.id)}
    for delivery in found:
        _require_enabled(there[delivery.endpoint_id])
        _again(desk, delivery)
    desk.audit("replay_webhooks", by=operator(), count=len(found))
    return len(found)


async def replay_since(desk: Desk, endpoint_id: UUID, since: datetime, after: UUID) -> tuple[int, UUID | None]:
    """Send an endpoint the next events from `since` on that it wants, also those of the time in which it was disabled.

    `after` is the last event that was looked at, first `FIRST`. Return how many are sent, and the last event that was looked at,
    None at the end. Raises WebhookError.
    """
    row = await endpoints.locked(desk.session, desk.workspace.id, endpoint_id)
    if row is None:
        raise WebhookError("there is no such endpoint: `loandesk webhooks list` lists them")
    _require_enabled(row)
    events = await deliveries.events_since(desk.session, desk.workspace.id, since, after=after, limit=BATCH)
    demo = await deliveries.demo_loans(desk.session, {each.loan_id for each in events if each.loan_id is not None})
    wanted = [each for each in events if each.loan_id not in demo and wants(row, each.type, each.data)]
    there = await deliveries.of_events(desk.session, row.id, [each.id for each in wanted])
    for event in wanted:
        if event.id in there:
            _again(desk, there[event.id])
        else:
            desk.add(new_delivery(desk, row, event))
    if wanted:
        desk.audit("replay_webhooks", subject_id=row.id, by=operator(), count=len(wanted), since=since.isoformat())
    return len(wanted), events[-1].id if len(events) == BATCH else None


def _again(desk: Desk, delivery: WebhookDelivery) -> None:
    delivery.state, delivery.attempts = "pending", 0
    delivery.due_at = delivery.settled_at = delivery.last_error = delivery.last_status = None
    delivery.created_at = desk.now
    desk.add(delivery)


def _require_enabled(row: WebhookEndpoint) -> None:
    if row.disabled_at is not None:
        raise WebhookError(
            f"the endpoint {row.id} ({host_of(row)}) is disabled: `loandesk webhooks enable {row.id}` comes first"
        )
