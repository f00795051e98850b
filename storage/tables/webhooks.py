"""Webhooks: where the lender's systems hear of what happens, what happened, and what became of each delivery."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_instant, references, row_id

_PENDING = text("state = 'pending'")
_UNSPREAD = text("spread_at IS NULL")


class WebhookEndpoint(Row, table=True):
    """An address that gets events of these `types`. `personal`: with the borrower's name and phone, and amounts.

    `secret_cipher` signs; until `old_secret_until`, the one before it signs too. `failing_since` is the first failure since the
    last success. `failures` counts those after each of which nothing is sent for a longer time, until `paused_until`; after an
    event that was refused, that is at once.
    `disabled_at` is when the desk or its operator stopped sending there (`disabled_why`: gone, failing, operator).
    """

    __tablename__ = "webhook_endpoint"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (Index("ix_webhook_endpoint_workspace", "workspace_id"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    url: str
    types: list[str] = Field(default_factory=list, sa_type=JSON)
    personal: bool = False
    secret_cipher: bytes = Field(sa_type=LargeBinary)
    old_secret_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    old_secret_until: datetime | None = maybe_instant()
    failures: int = 0
    failing_since: datetime | None = maybe_instant()
    paused_until: datetime | None = maybe_instant()
    last_error: str | None = None
    delivered_at: datetime | None = maybe_instant()
    disabled_at: datetime | None = maybe_instant()
    disabled_why: str | None = None
    created_at: datetime = instant()


class WebhookEvent(Row, table=True):
    """Something that happened, written in the transaction in which it did. `data` has codes, ids and times only.

    `subject_id` is the row that it happened to. `actor_id` None is the desk itself. `spread_at` is when the deliveries to the
    endpoints were written.
    """

    __tablename__ = "webhook_event"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "webhook")
    __table_args__ = (
        Index("ix_webhook_event_at", "at"),
        index_where_set("ix_webhook_event_loan", "loan_id"),
        Index("ix_webhook_event_unspread", "workspace_id", "id", sqlite_where=_UNSPREAD, postgresql_where=_UNSPREAD),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    type: str
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    subject_id: UUID
    actor_id: UUID | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = instant()
    spread_at: datetime | None = maybe_instant()


class WebhookDelivery(Row, table=True):
    """An event on its way to an endpoint. `state` is pending, delivered or set_aside (given up, until it is replayed).

    `due_at` is when it is tried next, None at once; `loan_id` is the event's: what follows about the same loan waits for it.
    """

    __tablename__ = "webhook_delivery"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "webhook")
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_event", "event_id"),
        Index(
            "ix_webhook_delivery_pending", "endpoint_id", "event_id", sqlite_where=_PENDING, postgresql_where=_PENDING
        ),
        Index(
            "ix_webhook_delivery_loan",
            "loan_id",
            "endpoint_id",
            "event_id",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    endpoint_id: UUID = references("webhook_endpoint")
    event_id: UUID = references("webhook_event")
    loan_id: UUID | None = None
    state: str = "pending"
    attempts: int = 0
    due_at: datetime | None = maybe_instant()
    last_status: int | None = None
    last_error: str | None = None
    created_at: datetime = instant()
    settled_at: datetime | None = maybe_instant()


class WebhookAttempt(Row, table=True):
    """A request of a delivery: the answer's status, or the code of what went wrong, and the milliseconds that it took."""

    __tablename__ = "webhook_attempt"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "webhook")
    __table_args__ = (Index("ix_webhook_attempt_delivery", "delivery_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    delivery_id: UUID = references("webhook_delivery")
    status: int | None = None
    error: str | None = None
    milliseconds: int = 0
    at: datetime = instant()
