"""The audit trail: who did and saw what, chained so that a changed, removed or inserted entry is found.

No foreign key refers from here to another table: what becomes of a loan or a member changes nothing in the trail. Triggers of the
database refuse every change of an entry but the one that seals it, and every deletion.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, col

from storage.engine.rows import Row
from storage.tables.columns import followed, instant, maybe_instant, references, row_id

_THERE = text("dropped_at IS NULL")


class AuditEntry(Row, table=True):
    """Who did or saw what, and when. `actor_id` None is the desk itself. `details` are codes, numbers and ids only.

    `sequence` (from 1 on, without gaps, for each workspace) and `hash` are set when the worker seals the entry.
    """

    __tablename__ = "audit_entry"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("audit",)

    id: UUID = row_id()
    workspace_id: UUID
    at: datetime = instant()
    actor_id: UUID | None = None
    act: str
    loan_id: UUID | None = None
    subject_id: UUID | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sequence: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    hash: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)


_SEALED, _UNSEALED = col(AuditEntry.sequence).is_not(None), col(AuditEntry.sequence).is_(None)

Index("ix_audit_entry_at", col(AuditEntry.workspace_id), col(AuditEntry.at))
Index("ix_audit_entry_loan", col(AuditEntry.loan_id), col(AuditEntry.at))
# What seals an entry writes these; the transaction that writes the entry does not wait for them.
Index(
    "ix_audit_entry_sequence",
    col(AuditEntry.workspace_id),
    col(AuditEntry.sequence),
    unique=True,
    sqlite_where=_SEALED,
    postgresql_where=_SEALED,
)
Index(
    "ix_audit_entry_actor",
    col(AuditEntry.actor_id),
    col(AuditEntry.at),
    sqlite_where=_SEALED,
    postgresql_where=_SEALED,
)
Index(
    "ix_audit_entry_unsealed",
    col(AuditEntry.workspace_id),
    col(AuditEntry.id),
    sqlite_where=_UNSEALED,
    postgresql_where=_UNSEALED,
)


class AuditSegment(Row, table=True):
    """Entries that were sealed together: those from `first` to `last`. `previous` and `head` are the hashes of the entry before
    them and of the last of them; `seal` is the HMAC of it all with a key that the database does not have.

    `found`: its entries are from before the desk chained them. `dropped_at`: retention has deleted its entries.
    """

    __tablename__ = "audit_segment"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof",)
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        Index("ix_audit_segment_there", "workspace_id", "number", sqlite_where=_THERE, postgresql_where=_THERE),
    )

    id: UUID = row_id()
    workspace_id: UUID
    number: int
    first: int = Field(sa_type=BigInteger)
    last: int = Field(sa_type=BigInteger)
    last_at: datetime = instant()
    previous: bytes = Field(sa_type=LargeBinary)
    head: bytes = Field(sa_type=LargeBinary)
    seal: bytes = Field(sa_type=LargeBinary)
    found: bool = False
    sealed_at: datetime = instant()
    dropped_at: datetime | None = maybe_instant()


class AuditChain(Row, table=True):
    """The end of a workspace's chain, which sealing locks: its last segment, entry and hash.

    Entries up to the id `found_up_to` are from before the desk chained them.
    """

    __tablename__ = "audit_chain"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof",)

    workspace_id: UUID = Field(primary_key=True)
    segments: int = 0
    entries: int = Field(default=0, sa_type=BigInteger)
    head: bytes = Field(sa_type=LargeBinary)
    found_up_to: UUID | None = None


class AuditLoan(Row, table=True):
    """A loan that an entry names among several. It follows from the entry, and is written when that is sealed."""

    __tablename__ = "audit_loan"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("audit",)
    __table_args__ = (Index("ix_audit_loan_entry", "entry_id"),)

    loan_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    workspace_id: UUID
    at: datetime = instant()


class ComplianceRules(Row, table=True):
    """What compliance has set: the channel that gets the day's report, and how many phone numbers a member may look at in a day,
    by the code of their role. `reported_on` is the day of the last report.
    """

    __tablename__ = "compliance_rules"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace", unique=True)
    channel_id: str | None = None
    reveal_limits: dict[str, int] = Field(default_factory=dict[str, int], sa_type=JSON)
    reported_on: date | None = followed()
    version: int = 1
