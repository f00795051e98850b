"""The results of verifications, and what a workspace asks for before a stage."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_instant, references, row_id


class Check(Row, table=True):
    """What a check (identity, income, employer, vehicle) found. `state` is open, confirmed or failed; of several of one
    purpose the last counts.

    `items` maps the codes of the items that were compared to matches, differs or not_asked; `notes_cipher` is a JSON object
    of the notes on them. `call_id` is the call that ended it, whose note says why. `by_id` and `at` say who last worked on it.
    A manager's `decision` about a failed one is go_on or again, with its reason.
    """

    __tablename__ = "loan_check"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_loan_check_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    follow_up_id: UUID = references("follow_up", index=True)
    call_id: UUID | None = references("call", nullable=True, index=True)
    purpose: str
    state: str = "open"
    items: dict[str, str] = Field(default_factory=dict[str, str], sa_type=JSON)
    notes_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    by_id: UUID = references("member")
    at: datetime = instant()
    decision: str | None = None
    decision_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    decided_by_id: UUID | None = references("member", nullable=True)
    decided_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class StageRules(Row, table=True):
    """A workspace's own rules of stages and checks, written when one of them is set first.

    `checks_a_day` is how many checks the desk plans for one verifier and day. `required_needs` are the needs of a stage
    without which no member moves a loan there; the others are pointed out. A loan whose product nobody said counts as one of
    `default_product`, a code of `desk/data`.
    """

    __tablename__ = "stage_rules"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace", unique=True)
    checks_a_day: int = 8
    required_needs: list[str] = Field(default_factory=list[str], sa_type=JSON)
    default_product: str | None = None
    version: int = 1
