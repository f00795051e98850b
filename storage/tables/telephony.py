"""What the lender's phone system reported of calls, and the calls that it was asked to make."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_instant, references, row_id

_TO_APPLY = text("apply_at IS NOT NULL")
_TO_RING = text("ring_at IS NOT NULL")


class PhoneCall(Row, table=True):
    """A call as the phone system reported it: `record_cipher` is the normalised record of all reports so far, as JSON.

    `state` is pending (it goes on, or its reports are still to be applied), logged (`call_id`), asks (its agent has to say the
    outcome), unmatched (it fits nobody), aside (it cannot be true, or has no number) or none (no attempt to reach a borrower);
    `why` is a code for the last three, and of a logged attempt the outcome that its record gave. `apply_at` is when the worker
    applies what was reported last. `result` is that of the record; `began_at`, `talk_seconds` and `inbound` are those of the
    call, once it was matched with a loan.
    """

    __tablename__ = "phone_call"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "running")
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "key"),
        Index("ix_phone_call_apply_at", "apply_at", sqlite_where=_TO_APPLY, postgresql_where=_TO_APPLY),
        Index("ix_phone_call_state", "workspace_id", "state", "changed_at"),
        index_where_set("ix_phone_call_loan", "loan_id"),
        index_where_set("ix_phone_call_person", "person_id"),
        index_where_set("ix_phone_call_call", "call_id"),
        index_where_set("ix_phone_call_agent", "agent_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    source: str
    key: str
    record_cipher: bytes = Field(sa_type=LargeBinary)
    state: str = "pending"
    why: str | None = None
    result: str = "pending"
    apply_at: datetime | None = maybe_instant()
    agent_id: UUID | None = references("member", nullable=True)
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    person_id: UUID | None = references("related_person", nullable=True, when_gone="clear")
    call_id: UUID | None = references("call", nullable=True, when_gone="clear")
    began_at: datetime | None = maybe_instant()
    talk_seconds: int = 0
    inbound: bool = False
    received_at: datetime = instant()
    changed_at: datetime = instant()
    version: int = 1


class PhoneRing(Row, table=True):
    """That a member asked the phone system to ring a borrower, or (`phone_id`) another person around the loan, for them.

    `state` is asked, asking (the request is under way), rung (the phone system took it) or failed (`why`). `ring_at` is when the
    worker asks it, or gives it up. The id goes with the request, and comes back with the record of the call.
    """

    __tablename__ = "phone_ring"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_phone_ring_loan", "loan_id"),
        Index("ix_phone_ring_ring_at", "ring_at", sqlite_where=_TO_RING, postgresql_where=_TO_RING),
        index_where_set("ix_phone_ring_phone", "phone_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    loan_id: UUID = references("loan")
    phone_id: UUID | None = references("related_phone", nullable=True, when_gone="delete")
    state: str = "asked"
    why: str | None = None
    ring_at: datetime | None = maybe_instant()
    at: datetime = instant()
