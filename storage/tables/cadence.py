"""What a workspace changes in the rules that plan calls, and the loans that need none for a while."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_instant, references, row_id


class CadenceVersion(Row, table=True):
    """The numbers that a workspace's rules had from a change on: those of `workspace.cadence` after it."""

    __tablename__ = "cadence_version"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (Index("ix_cadence_version_workspace", "workspace_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    numbers: dict[str, dict[str, int]] = Field(sa_type=JSON)  # pyright: ignore[reportArgumentType]
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class Replanning(Row, table=True):
    """A loan whose calls by rule the worker plans again, because a day, a promise or a rule may have changed what is due.

    `rules` are the codes of rules that were switched on, with blanks between them: they also plan for what happened before.
    """

    __tablename__ = "replanning"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_replanning_requested", "workspace_id", "requested_at"),)

    loan_id: UUID = references("loan", primary_key=True)
    workspace_id: UUID = references("workspace")
    requested_at: datetime = instant()
    rules: str | None = None


class DailyLook(Row, table=True):
    """A day, in the workspace's zone, of which the loans were listed that may need other calls by rule. The last one is kept.

    `id` follows from workspace and day, so that of two processes that begin a day one is first.
    """

    __tablename__ = "daily_look"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)
    __table_args__ = (Index("ix_daily_look_day", "workspace_id", "looked_on"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    looked_on: date


class QuietPeriod(Row, table=True):
    """A loan that needs no call before `until_on`, and why. `ended_at` is when another one, or a member, ended it earlier."""

    __tablename__ = "quiet_period"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_quiet_period_loan", "loan_id", "until_on"),
        Index("ix_quiet_period_until", "workspace_id", "until_on"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    until_on: date
    reason_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    by_id: UUID = references("member")
    at: datetime = instant()
    ended_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1
