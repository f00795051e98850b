"""Legal holds, what a workspace says about how long records are kept, and what retention and erasure have deleted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_NOT_LIFTED = text("lifted_at IS NULL")


class LegalHold(Row, table=True):
    """That nothing of a loan's borrower may be deleted: by whom, since when, and why. It ends after the day `until_on`, if it has
    one, or when compliance lifts it."""

    __tablename__ = "legal_hold"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_legal_hold_loan", "loan_id", "at"),
        Index("ix_legal_hold_present", "workspace_id", "at", sqlite_where=_NOT_LIFTED, postgresql_where=_NOT_LIFTED),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    reason_cipher: bytes | None = maybe_cipher()
    until_on: date | None = None
    by_id: UUID = references("member")
    at: datetime = instant()
    lifted_at: datetime | None = maybe_instant()
    lifted_by_id: UUID | None = references("member", nullable=True)
    version: int = 1


class RetentionPolicy(Row, table=True):
    """How many months a workspace keeps a kind of record; the last of a kind that was not undone counts.

    `months` None: as the desk has it. `number` counts the versions of a kind.
    """

    __tablename__ = "retention_policy"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (Index("ix_retention_policy_kind", "workspace_id", "kind", "number", unique=True),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    kind: str
    months: int | None = None
    number: int
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class RetentionRun(Row, table=True):
    """A run of `loandesk retention` that deleted. `counts` has what it deleted by kind; `ended_at` None: it was broken off."""

    __tablename__ = "retention_run"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof",)
    __table_args__ = (Index("ix_retention_run_workspace", "workspace_id", "began_at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    began_at: datetime = instant()
    ended_at: datetime | None = maybe_instant()
    counts: dict[str, Any] = Field(default_factory=dict[str, Any], sa_type=JSON)


class ErasedRecord(Row, table=True):
    """A loan, borrower or other row that was deleted for good, by its id and table: a restored backup must not bring it back.

    `why` is the kind of record whose time was over, or `request`.
    """

    __tablename__ = "erased_record"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof",)
    __table_args__ = (Index("ix_erased_record_at", "at"),)

    id: UUID = Field(primary_key=True)
    workspace_id: UUID = references("workspace", index=True)
    table_name: str
    why: str
    at: datetime = instant()
