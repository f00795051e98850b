"""How the lender's own systems reach the desk: tokens, answers kept for a repeated request, and events to apply."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_cipher, maybe_instant, references, row_id

_WAITING = text("state = 'waiting'")


class ApiToken(Row, table=True):
    """A token with which a program acts as a service member. `prefix` is its first part, by which people tell it; of the rest
    only `secret_digest` is kept. `used_on` is the last date (UTC) on which it was used."""

    __tablename__ = "api_token"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("member",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace", index=True)
    member_id: UUID = references("member", index=True)
    prefix: str = Field(unique=True)
    secret_digest: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = maybe_instant()
    used_on: date | None = None


class ApiAllowance(Row, table=True):
    """How many requests a token has left, where several processes of the desk count together: until `full_at`, microseconds since
    1970, it has fewer than all. On PostgreSQL the table is not logged: a crash of the database forgets what was used of the last
    seconds."""

    __tablename__ = "api_allowance"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)

    token_id: UUID = references("api_token", primary_key=True)
    workspace_id: UUID = references("workspace")
    full_at: int = Field(sa_type=BigInteger)


class ApiAnswer(Row, table=True):
    """The answer to a request that had an idempotency key, for its repeats. `id` follows from the member and the key;
    `request_digest` is of what was asked."""

    __tablename__ = "api_answer"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)
    __table_args__ = (Index("ix_api_answer_at", "at"),)

    id: UUID = Field(primary_key=True)
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    request_digest: bytes = Field(sa_type=LargeBinary)
    status: int = 0
    answer_cipher: bytes | None = maybe_cipher()
    at: datetime = instant()


class LenderEventBatch(Row, table=True):
    """Events that came together, to be applied by the worker. `total` is how many were accepted."""

    __tablename__ = "lender_event_batch"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("quarter",)
    __table_args__ = (Index("ix_lender_event_batch_at", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    total: int
    at: datetime = instant()


class LenderEvent(Row, table=True):
    """What the lender's system says has happened to a loan. `event_id` is its own name for it: the same comes once.

    `state` is waiting, applied or refused. Events of one loan are applied in the order of `id`. `body_cipher` is what was sent,
    until it is applied or refused; `result_cipher` says what became of it.
    """

    __tablename__ = "lender_event"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("quarter",)
    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id"),
        Index("ix_lender_event_waiting", "workspace_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(
            "ix_lender_event_loan",
            "workspace_id",
            "number_key",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        index_where_set("ix_lender_event_batch", "batch_id"),
        Index("ix_lender_event_at", "at"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    batch_id: UUID | None = references("lender_event_batch", nullable=True)
    member_id: UUID = references("member")
    event_id: str
    kind: str
    number_key: str
    body_digest: bytes = Field(sa_type=LargeBinary)
    body_cipher: bytes | None = maybe_cipher()
    state: str = "waiting"
    result_cipher: bytes | None = maybe_cipher()
    at: datetime = instant()
    applied_at: datetime | None = maybe_instant()
