"""Recordings of calls, and who listened to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id


class Recording(Row, table=True):
    """A recording of a loan, and of one of its calls once a member has said which (`call_id`).

    It is a file of the store (`file_id`) or kept elsewhere (`link_cipher`, an https address). `ready_at` is when its bytes were
    stored, or the link entered; before that it is expected. `seconds` is its length as read from the audio, None: unknown. A
    discarded one keeps its row and its bytes, with the reason in `discarded_why_cipher`, until its time of retention ends.
    """

    __retained__ = ("loan", "recording")
    __tablename__ = "recording"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_recording_loan", "loan_id", "at"),
        Index("ix_recording_call", "call_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    call_id: UUID | None = references("call", nullable=True, when_gone="clear")
    file_id: UUID | None = references("stored_file", nullable=True, when_gone="delete", index=True)
    link_cipher: bytes | None = maybe_cipher()
    seconds: int | None = None
    added_by_id: UUID = references("member")
    at: datetime = instant()
    ready_at: datetime | None = maybe_instant()
    discarded_at: datetime | None = maybe_instant()
    discarded_by_id: UUID | None = references("member", nullable=True)
    discarded_why_cipher: bytes | None = maybe_cipher()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class RecordingPlay(Row, table=True):
    """That a member opened a recording, and when."""

    __retained__ = ("loan", "recording")
    __tablename__ = "recording_play"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_recording_play_recording", "recording_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    recording_id: UUID = references("recording")
    member_id: UUID = references("member")
    at: datetime = instant()
