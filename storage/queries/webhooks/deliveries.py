"""Events on their way to endpoints: what is owed, in which order, what became of it, and the log."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.messages.rounds import held_now
from storage.tables import DeliveryRound, Loan, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

LONGEST_PAUSE = timedelta(hours=24)
"""The longest that an endpoint, or a delivery, waits for its next attempt."""

_CHANNEL = "webhook:"
_PENDING = col(WebhookDelivery.state) == literal_column("'pending'")
"""As its text, for which the databases take the index of what is pending."""


def channel_of(endpoint_id: UUID) -> str:
    """Return the name of an endpoint among the channels of rounds."""
    return f"{_CHANNEL}{endpoint_id}"


def endpoint_of(channel: str) -> UUID:
    """Return the endpoint of such a channel."""
    return UUID(channel.removeprefix(_CHANNEL))


async def unspread(session: Work, workspace_id: UUID, *, limit: int) -> list[WebhookEvent]:
    """Return the oldest events of which no deliveries have been written, locked by this transaction; another skips them."""
    statement = (
        select(WebhookEvent)
        .where(WebhookEvent.workspace_id == workspace_id, col(WebhookEvent.spread_at).is_(None))
        .order_by(col(WebhookEvent.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())


async def has_unspread(session: Work, workspace_id: UUID) -> bool:
    """Return whether there are events of which no deliveries have been written."""
    statement = select(WebhookEvent.id).where(
        WebhookEvent.workspace_id == workspace_id, col(WebhookEvent.spread_at).is_(None)
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def demo_loans(session: Work, loan_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these loans belong to the demo."""
    found: set[UUID] = set()
    for some in chunks(loan_ids):
        statement = select(Loan.id).where(col(Loan.id).in_(some), col(Loan.demo_at).is_not(None))
        found.update((await session.exec(statement)).all())
    return found


@dataclass(frozen=True, slots=True)
class OwedEndpoint:
    """An endpoint that is owed something now. `held`: a process holds a round of it."""

    endpoint_id: UUID
    held: bool


async def owed(session: Work, workspace_id: UUID, now: datetime) -> list[OwedEndpoint]:
    """Return the endpoints that are owed something now and neither disabled nor paused."""
    endpoint = WebhookEndpoint
    ready = select(endpoint.id).where(
        endpoint.workspace_id == workspace_id,
        col(endpoint.disabled_at).is_(None),
        or_(col(endpoint.paused_until).is_(None), ~_waits(col(endpoint.paused_until), now)),
    )
    names: dict[str, UUID] = {}
    for endpoint_id in (await session.exec(ready.order_by(col(endpoint.id)))).all():
        # One by one: of all together, PostgreSQL reads everything that is pending.
        if (await session.exec(_next_due(WebhookDelivery.id, endpoint_id, now))).first() is not None:
            names[channel_of(endpoint_id)] = endpoint_id
    if not names:
        return []
    held = select(DeliveryRound.channel).where(
        DeliveryRound.workspace_id == workspace_id, col(DeliveryRound.channel).in_(names), held_now(now)
    )
    there = set((await session.exec(held)).all())
    return [OwedEndpoint(endpoint_id, name in there) for name, endpoint_id in names.items()]


async def next_due(session: Work, endpoint_id: UUID, now: datetime) -> WebhookDelivery | None:
    """Return what is sent to an endpoint next: the oldest that is due and before which nothing of its loan is pending."""
    return (await session.exec(_next_due(WebhookDelivery, endpoint_id, now))).first()


def _next_due(what: Any, endpoint_id: UUID, now: datetime) -> Any:
    row = WebhookDelivery
    statement = select(what).where(row.endpoint_id == endpoint_id, _PENDING, _due(row, now), _is_next_of_loan(row))
    return statement.order_by(col(row.event_id)).limit(1)


async def set_aside(
    session: Work, endpoint_id: UUID, now: datetime, *, before: datetime | None = None, error: str | None = None
) -> int:
    """Give up what is pending for an endpoint, of that written before `before` if given. Return how many."""
    row = WebhookDelivery
    which = [col(row.endpoint_id) == endpoint_id, _PENDING]
    if before is not None:
        which.append(col(row.created_at) <= before)
    values: dict[str, Any] = {"state": "set_aside", "settled_at": now}
    if error is not None:
        values["last_error"] = error
    return (await session.exec(update(row).where(*which).values(values))).rowcount


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery with its event, and its last attempt: when and how many milliseconds it took."""

    delivery: WebhookDelivery
    event: WebhookEvent
    tried_at: datetime | None
    milliseconds: int | None


async def logged(
    session: Work,
    workspace_id: UUID,
    *,
    endpoint_id: UUID | None = None,
    failed: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[LoggedDelivery]:
    """Return deliveries, the newest first, those before `before` if given; `failed`: of which an attempt failed and none has
    succeeded."""
    row = WebhookDelivery
    statement = select(row, WebhookEvent).join(WebhookEvent, col(WebhookEvent.id) == col(row.event_id))
    statement = statement.where(row.workspace_id == workspace_id)
    if endpoint_id is not None:
        statement = statement.where(row.endpoint_id == endpoint_id)
    if before is not None:
        statement = statement.where(col(row.id) < before)
    if failed:
        statement = statement.where(
            or_(col(row.state) == "set_aside", and_(col(row.state) == "pending", col(row.attempts) > 0))
        )
    found = list((await session.exec(statement.order_by(col(row.id).desc()).limit(limit))).all())
    last = await _last_attempts(session, [delivery.id for delivery, _ in found])
    return [
        LoggedDelivery(
            delivery,
            event,
            *((last[delivery.id].at, last[delivery.id].milliseconds) if delivery.id in last else (None, None)),
        )
        for delivery, event in found
    ]


async def attempts_of(session: Work, delivery_id: UUID) -> list[WebhookAttempt]:
    """Return the attempts of a delivery, the first one first."""
    statement = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return list((await session.exec(statement.order_by(col(WebhookAttempt.at), col(WebhookAttempt.id)))).all())


async def counts(session: Work, endpoint_id: UUID) -> dict[str, int]:
    """Return how many deliveries of an endpoint are in each state."""
    row = WebhookDelivery
    statement: Any = select_columns(col(row.state), func.count()).where(col(row.endpoint_id) == endpoint_id)
    return dict((await session.execute(statement.group_by(col(row.state)))).all())


async def pending_since(session: Work, endpoint_id: UUID) -> datetime | None:
    """Return when the oldest delivery was written that is pending for an endpoint; None: there is none."""
    row = WebhookDelivery
    statement: Any = select_columns(func.min(col(row.created_at))).where(col(row.endpoint_id) == endpoint_id, _PENDING)
    return (await session.execute(statement)).scalar_one()


async def with_ids(session: Work, workspace_id: UUID, ids: Collection[UUID]) -> list[WebhookDelivery]:
    """Return the deliveries with these ids, or of the events with these ids, locked until the transaction ends."""
    row = WebhookDelivery
    named = or_(col(row.id).in_(ids), col(row.event_id).in_(ids))
    statement = select(row).where(row.workspace_id == workspace_id, named).order_by(col(row.id)).with_for_update()
    return list((await session.exec(statement)).all())


async def events_since(
    session: Work, workspace_id: UUID, since: datetime, *, after: UUID, limit: int
) -> list[WebhookEvent]:
    """Return the next events from `since` on, in the order of their ids."""
    event = WebhookEvent
    statement = select(event).where(
        event.workspace_id == workspace_id, event.at >= since, event.id > after, col(event.spread_at).is_not(None)
    )
    return list((await session.exec(statement.order_by(col(event.id)).limit(limit))).all())


async def of_events(session: Work, endpoint_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, WebhookDelivery]:
    """Return the deliveries of these events to an endpoint, by event."""
    row = WebhookDelivery
    statement = select(row).where(row.endpoint_id == endpoint_id, col(row.event_id).in_(event_ids))
    return {each.event_id: each for each in (await session.exec(statement.with_for_update())).all()}


async def _last_attempts(session: Work, delivery_ids: Sequence[UUID]) -> dict[UUID, WebhookAttempt]:
    statement = select(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(delivery_ids))
    rows = await session.exec(statement.order_by(col(WebhookAttempt.at), col(WebhookAttempt.id)))
    return {row.delivery_id: row for row in rows.all()}


def _due(row: type[WebhookDelivery], now: datetime) -> ColumnElement[bool]:
    return or_(col(row.due_at).is_(None), ~_waits(col(row.due_at), now))


def _waits(until: Any, now: datetime) -> ColumnElement[bool]:
    # An instant further ahead than any pause was set before the clock was set back.
    return and_(until > now, until <= now + LONGEST_PAUSE)


def _is_next_of_loan(row: type[WebhookDelivery]) -> ColumnElement[bool]:
    earlier: Any = also(WebhookDelivery)
    before = exists().where(
        earlier.loan_id == col(row.loan_id),
        earlier.endpoint_id == col(row.endpoint_id),
        earlier.state == literal_column("'pending'"),
        earlier.event_id < col(row.event_id),
    )
    return ~before
