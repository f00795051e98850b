"""Messages to send, deliveries already handled, drafts, what Undo needs, and the audit trail."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import instant, maybe_instant, references, row_id

_OWED = text("owed_from IS NOT NULL")


class Notice(SQLModel, table=True):
    """One Slack message that the desk must send and keep up to date.

    `key` is unique for what the message announces (follow-up and announced instant, member and minute, member and local
    date…). `wanted` is the revision that should be shown, `sent` the one that was last sent; `owed_from` is the instant
    from which something must be sent, None when nothing must. `to_id` is the reader; without one the message goes to
    `target`, a channel. `channel_id` and `ts` say where the message was posted. `fence` counts the senders, `lease_until`
    is how long the present sender has; `tried_at` is the first attempt whose answer is unknown: after it, look for the
    message before sending it again. `enqueued` names the attempt that the delivery engine was given. `dropped_at` ends a
    notice that need not be sent, `gave_up_at` one that cannot be.
    """

    __tablename__ = "notice"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_notice_owed_from", "owed_from", sqlite_where=_OWED, postgresql_where=_OWED),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    key: str
    kind: str
    urgent: bool = True
    to_id: UUID | None = references("member", nullable=True, index=True)
    target: str | None = None
    about_loan_id: UUID | None = references("loan", nullable=True, when_gone="clear")
    about_member_id: UUID | None = references("member", nullable=True)
    local_date: date | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    wanted: int = 1
    sent: int = 0
    owed_from: datetime | None = maybe_instant()
    attempts: int = 0
    enqueued: int = 0
    fence: int = 0
    lease_until: datetime | None = maybe_instant()
    tried_at: datetime | None = maybe_instant()
    channel_id: str | None = None
    ts: str | None = None
    posted_at: datetime | None = maybe_instant()
    dropped_at: datetime | None = maybe_instant()
    gave_up_at: datetime | None = maybe_instant()
    last_error: str | None = None
    created_at: datetime = instant()


class NoticeItem(SQLModel, table=True):
    """A follow-up that a notice shows; when the follow-up changes, the notice is rewritten."""

    __tablename__ = "notice_item"  # pyright: ignore[reportAssignmentType]

    notice_id: UUID = references("notice", primary_key=True)
    follow_up_id: UUID = references("follow_up", primary_key=True, index=True)
    workspace_id: UUID = references("workspace")
    position: int = 0
    follow_up_version: int = 1


class ProcessedDelivery(SQLModel, table=True):
    """A delivery that was handled, with its answer: a repeat has no effect and gets the same answer."""

    __tablename__ = "processed_delivery"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("workspace_id", "delivery_key"), Index("ix_processed_delivery_at", "at"))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    delivery_key: str
    answer_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    at: datetime = instant()


class Draft(SQLModel, table=True):
    """What a member typed and has not confirmed or sent. A button carries its id, because it may carry no personal data.

    `form` names a form that was not sent; None: the button with this id confirms it.
    """

    __tablename__ = "draft"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_draft_at", "at"), Index("ix_draft_form", "member_id", "form", unique=True))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    form: str | None = None
    body_cipher: bytes = Field(sa_type=LargeBinary)
    at: datetime = instant()


class Undo(SQLModel, table=True):
    """What Undo needs of an act: the rows that it changed, as they were before, and the versions that it gave them.

    `steps` holds no readable personal data: encrypted columns stay encrypted in it.
    """

    __tablename__ = "undo"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_undo_made_at", "made_at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    act: str
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    steps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    made_at: datetime = instant()
    undone_at: datetime | None = maybe_instant()


class AuditEntry(SQLModel, table=True):
    """Who did what, to what, and when. `actor_id` None is the desk itself. `details` are codes, numbers and ids only."""

    __tablename__ = "audit_entry"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_audit_entry_at", "workspace_id", "at"), Index("ix_audit_entry_loan", "loan_id", "at"))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    at: datetime = instant()
    actor_id: UUID | None = references("member", nullable=True)
    act: str
    loan_id: UUID | None = references("loan", nullable=True, when_gone="clear")
    subject_id: UUID | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
