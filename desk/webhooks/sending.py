"""What is sent to an endpoint next, and what becomes of it."""

import json
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.webhook_endpoints import host_of
from desk.core.webhook_events import EVENT_TYPES, EventType, plain
from desk.follow_ups.contact_states import RESTRICTED
from desk.loans import borrowers
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.webhooks.endpoints import disable, secrets_of, wants
from desk.webhooks.retries import DISABLED_AFTER, GIVEN_UP_AFTER, Answer, failing_since, is_given_up, is_paused
from storage.engine.types import new_id
from storage.queries.follow_ups import contacts
from storage.queries.people import members
from storage.queries.webhooks import deliveries, endpoints
from storage.tables import Loan, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

BATCH = 200
"""Events of which one transaction writes the deliveries."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery as it is to be sent: the id by which the receiver knows repeats, the body, and the secrets that sign it."""

    endpoint_id: UUID
    delivery_id: UUID
    webhook_id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]


async def spread(desk: Desk) -> bool:
    """Write the deliveries of new events to the endpoints that want them. Return whether there may be more.

    What happens in the demo is told to nobody.
    """
    events = await deliveries.unspread(desk.session, desk.workspace.id, limit=BATCH)
    if not events:
        return False
    there = await endpoints.of_workspace(desk.session, desk.workspace.id)
    demo = await deliveries.demo_loans(desk.session, {each.loan_id for each in events if each.loan_id is not None})
    for event in events:
        event.spread_at = desk.now
        desk.add(event)
        if event.loan_id in demo:
            continue
        for row in there:
            if row.disabled_at is None and row.created_at <= event.at and wants(row, event.type, event.data):
                desk.add(new_delivery(desk, row, event))
    return len(events) == BATCH


def new_delivery(desk: Desk, row: WebhookEndpoint, event: WebhookEvent) -> WebhookDelivery:
    """Return a delivery of an event to an endpoint."""
    return WebhookDelivery(
        id=new_id(),
        workspace_id=desk.workspace.id,
        endpoint_id=row.id,
        event_id=event.id,
        loan_id=event.loan_id,
        created_at=desk.now,
    )


async def next_outgoing(desk: Desk, endpoint_id: UUID) -> Outgoing | None:
    """Return what an endpoint is sent next; None: nothing now. For an endpoint with personal data this records the disclosure."""
    row = await desk.session.get(WebhookEndpoint, endpoint_id)
    if row is None or row.disabled_at is not None or is_paused(row.paused_until, desk.now):
        return None
    delivery = await deliveries.next_due(desk.session, endpoint_id, desk.now)
    if delivery is None:
        return None
    event = await desk.session.get_one(WebhookEvent, delivery.event_id)
    data = await _data(desk, event, personal=row.personal)
    return Outgoing(
        endpoint_id=row.id,
        delivery_id=delivery.id,
        webhook_id=str(event.id),
        url=row.url,
        body=body_of(event.type, plain(event.at), data),
        secrets=secrets_of(desk, row),
    )


async def record(desk: Desk, sent: Outgoing, answer: Answer) -> bool:
    """Record what came of a request. Return whether the next one may follow at once."""
    row = await endpoints.locked(desk.session, desk.workspace.id, sent.endpoint_id)
    delivery = await desk.session.get(WebhookDelivery, sent.delivery_id)
    if row is None or delivery is None:
        return False  # removed meanwhile
    desk.add(
        WebhookAttempt(
            workspace_id=desk.workspace.id,
            delivery_id=delivery.id,
            status=answer.status,
            error=answer.error,
            milliseconds=answer.milliseconds,
            at=desk.now,
        )
    )
    delivery.attempts += 1
    delivery.last_status, delivery.last_error = answer.status, answer.error
    desk.add(delivery)
    if answer.meaning == "delivered":
        delivery.state, delivery.settled_at, delivery.due_at, delivery.last_error = "delivered", desk.now, None, None
        _note_success(desk, row)
        return True
    if delivery.state != "pending":
        return row.disabled_at is None  # another process has settled it meanwhile
    return await _failed(desk, row, delivery, answer)


def body_of(code: str, at: str, data: dict[str, Any]) -> bytes:
    """Return the body of a request, as Standard Webhooks lays it out."""
    said = {"type": code, "timestamp": at, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _note_success(desk: Desk, row: WebhookEndpoint) -> None:
    row.delivered_at = desk.now
    row.failures, row.failing_since, row.paused_until, row.last_error = 0, None, None, None
    desk.add(row)


async def _failed(desk: Desk, row: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer) -> bool:
    row.failing_since, row.last_error = failing_since(row.failing_since, row.paused_until, desk.now), answer.code
    if row.failing_since == desk.now:
        row.failures = 0
    desk.add(row)
    if is_given_up(delivery.created_at, desk.now):
        delivery.state, delivery.settled_at, delivery.due_at = "set_aside", desk.now, None
    if answer.meaning == "gone":
        await _give_up(desk, row, "gone")
        return False
    if desk.now - row.failing_since >= DISABLED_AFTER:
        await _give_up(desk, row, "failing")
        return False
    if answer.lets_others_pass(delivery.attempts):
        if delivery.state == "pending":
            delivery.due_at = desk.now + answer.pause(delivery.attempts)
        row.failures, row.paused_until = 0, desk.now
        return True
    row.failures += 1
    row.paused_until = desk.now + answer.pause(row.failures)
    await desk.session.flush()
    await deliveries.set_aside(desk.session, row.id, desk.now, before=desk.now - GIVEN_UP_AFTER)
    return False


async def _give_up(desk: Desk, row: WebhookEndpoint, why: str) -> None:
    """Disable an endpoint, and tell the admins."""
    await desk.session.flush()
    count = await disable(desk, row, why)
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        await queue_notice(
            desk,
            kind=kinds.WEBHOOK_DISABLED,
            key=f"webhook_disabled:{row.id}:{desk.now.isoformat()}:{admin.id}",
            to=admin,
            facts={"host": host_of(row), "why": why, "error": row.last_error or "", "count": count, "id": str(row.id)},
        )


async def _data(desk: Desk, event: WebhookEvent, *, personal: bool) -> dict[str, Any]:
    """Return the data of an event: whom it names, codes, ids and times, and for `personal` what else the type has."""
    loan = await desk.session.get(Loan, event.loan_id) if event.loan_id else None
    kind = EVENT_TYPES.get(str(event.data.get("undoes", event.type)))
    data: dict[str, Any] = {"workspace": desk.workspace.slack_team_id, "id": str(event.subject_id)}
    if loan is not None:
        data["loan"] = {"id": str(loan.id), "number": loan.number}
    named = _named(kind, event.data)
    if event.actor_id is not None:
        named.add(event.actor_id)
    people = await members.by_ids(desk.session, named)
    data["by"] = str(event.actor_id) if event.actor_id else None
    data |= event.data
    data["members"] = {str(row.id): row.slack_user_id for row in people.values()}
    if personal and kind is not None and loan is not None:
        data["personal"] = None if await _is_restricted(desk, loan) else await _personal(desk, event, kind, loan)
    return data


async def _is_restricted(desk: Desk, loan: Loan) -> bool:
    """Return whether the borrower asked that their data is kept and not used."""
    there = await contacts.states_of(desk.session, loan.id)
    return any(row.code == RESTRICTED and row.person_id is None for row in there)


async def _personal(desk: Desk, event: WebhookEvent, kind: EventType, loan: Loan) -> dict[str, Any]:
    """Return the personal data of an event, and record its disclosure."""
    desk.audit("webhook_disclosed", loan_id=loan.id, subject_id=event.id, event=event.type)
    contact = await borrowers.contact_of(desk, loan.borrower_id)
    row = await desk.session.get(kind.row, event.subject_id)
    found: dict[str, Any] = {
        "name": contact.name if contact.name_is_readable else None,
        "phone": contact.phone if contact.phone_is_readable else None,
    }
    return found | {name: plain(getattr(row, name)) for name in kind.personal if row is not None}


def _named(kind: EventType | None, data: dict[str, Any]) -> set[UUID]:
    if kind is None:
        return set()
    before: dict[str, Any] = data.get("before", {})
    told = [data.get(name) for name in kind.member_fields] + [before.get(name) for name in kind.member_fields]
    return {UUID(each) for each in told if each}
