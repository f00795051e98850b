"""Whom a caller has taken from a queue to call next."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_instant, references


class Reservation(Row, table=True):
    """A borrower whom a member took to call next, until an instant; there is one row for each loan, the last.

    It is over before that once the member gave it back (`returned_at`), a call was logged on the loan, or one of its follow-ups
    was closed: these are asked for when it is read. `fence` counts how often the loan was taken, so that a button of an earlier
    time changes nothing. `follow_up_id` is the call that is to be made, if there is one.
    """

    __tablename__ = "reservation"  # pyright: ignore[reportAssignmentType]
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
