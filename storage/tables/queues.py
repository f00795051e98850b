"""Whom a caller has taken from a queue to call next, and steps beyond calls."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_TO_REMIND = text("remind_at IS NOT NULL")
_TO_ESCALATE = text("escalate_at IS NOT NULL")
_PLANNED = text("state = 'planned'")


class Reservation(Row, table=True):
    """A borrower whom a member took to call next, until an instant; there is one row for each loan, the last.

    It is over before that once the member gave it back (`returned_at`), a call was logged on the loan, or one of its follow-ups
    was closed: these are asked for when it is read. `fence` counts how often the loan was taken, so that a button of an earlier
    time changes nothing. `follow_up_id` is the call that is to be made, if there is one.
    """

    __tablename__ = "reservation"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_reservation_member", "member_id", "until"),)

    loan_id: UUID = references("loan", primary_key=True)
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    follow_up_id: UUID | None = references("follow_up", nullable=True, index=True, when_gone="clear")
    kind: str
    fence: int = 1
    taken_at: datetime = instant()
    until: datetime = instant()
    returned_at: datetime | None = maybe_instant()


class CollectionStep(Row, table=True):
    """What is done about arrears beyond a call; `kind` is a code of `desk/data/collection_steps.toml`, `assignee_id` who does it.

    `state` is planned, done or cancelled; `day` is the one for which it is planned or on which it was done. `remind_at` is when
    its member is reminded of it, and `escalate_at` when the managers hear that nobody said what became of it, None when they
    were or need not be. `stopped_by` is what cancelled it without a member: `payment`, `pause` or `ended`.
    """

    __tablename__ = "collection_step"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_collection_step_loan", "loan_id", "at"),
        Index("ix_collection_step_day", "workspace_id", "day"),
        Index("ix_collection_step_planned", "assignee_id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        Index("ix_collection_step_remind_at", "remind_at", sqlite_where=_TO_REMIND, postgresql_where=_TO_REMIND),
        Index(
            "ix_collection_step_escalate_at", "escalate_at", sqlite_where=_TO_ESCALATE, postgresql_where=_TO_ESCALATE
        ),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    kind: str
    state: str
    day: date
    assignee_id: UUID = references("member")
    note_cipher: bytes | None = maybe_cipher()
    remind_at: datetime | None = maybe_instant()
    escalate_at: datetime | None = maybe_instant()
    stopped_by: str | None = None
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1
