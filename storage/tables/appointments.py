"""Appointments: a signing, an interview, a pickup."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_OPEN = text("state IN ('planned', 'confirmed')")
_TO_REMIND = text("remind_at IS NOT NULL")


class Appointment(Row, table=True):
    """A meeting with a borrower, for `minutes` from `at` on. `kind` is a code of `desk/data`; `member_id` is who attends.

    `state` is planned, confirmed, kept, missed or cancelled. `follow_up_id` is the call that confirms it. `remind_at` is when
    its member is reminded of it next, None when they were or need not be. Place and video link are encrypted: a place may be a
    home.
    """

    __tablename__ = "appointment"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_appointment_loan", "loan_id", "at"),
        Index("ix_appointment_open_loan", "loan_id", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_appointment_member", "member_id", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_appointment_remind_at", "remind_at", sqlite_where=_TO_REMIND, postgresql_where=_TO_REMIND),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    kind: str
    at: datetime = instant()
    minutes: int
    member_id: UUID = references("member")
    state: str = "planned"
    place_cipher: bytes | None = maybe_cipher()
    link_cipher: bytes | None = maybe_cipher()
    follow_up_id: UUID | None = references("follow_up", nullable=True, index=True, when_gone="clear")
    remind_at: datetime | None = maybe_instant()
    by_id: UUID = references("member")
    made_at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1
