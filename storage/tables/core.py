"""Deliveries already handled, drafts, what Undo needs, times to recompute, and running processes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_instant, references, row_id


class ProcessedDelivery(Row, table=True):
    """A delivery that was handled, with its answer: a repeat has no effect and gets the same answer."""

    __tablename__ = "processed_delivery"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)
    __table_args__ = (UniqueConstraint("workspace_id", "delivery_key"), Index("ix_processed_delivery_at", "at"))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    delivery_key: str
    answer_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    at: datetime = instant()


class Draft(Row, table=True):
    """What a member typed and has not confirmed or sent. A button carries its id, because it may carry no personal data.

    `form` names a form that was not sent; None: the button with this id confirms it.
    """

    __tablename__ = "draft"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)
    __table_args__ = (Index("ix_draft_at", "at"), Index("ix_draft_form", "member_id", "form", unique=True))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    form: str | None = None
    body_cipher: bytes = Field(sa_type=LargeBinary)
    at: datetime = instant()


class Undo(Row, table=True):
    """What Undo needs of an act: the rows that it changed, as they were before, and the versions that it gave them.

    `steps` holds no readable personal data: encrypted columns stay encrypted in it. `part_of` is the act to which this
    one belongs, a batch that the worker carried out.
    """

    __tablename__ = "undo"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "short")
    __table_args__ = (Index("ix_undo_made_at", "made_at"), Index("ix_undo_part_of", "part_of"))

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    act: str
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    steps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    part_of: UUID | None = None
    made_at: datetime = instant()
    undone_at: datetime | None = maybe_instant()


class Recomputation(Row, table=True):
    """Times that the worker must compute again: `kind` says which, `member_id` whose; None is everybody's.

    The worker goes through the members, and the follow-ups of each, in the order of their ids; it has done all up to and
    including `at_member_id` and `at_follow_up_id`, None when it has not begun. The row is deleted when all is done.
    """

    __tablename__ = "recomputation"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace", index=True)
    kind: str
    member_id: UUID | None = references("member", nullable=True)
    at_member_id: UUID | None = None
    at_follow_up_id: UUID | None = None
    requested_at: datetime = instant()


class SetAside(Row, table=True):
    """A row with which a chore of the worker failed. The chore leaves it alone until `until`, and then tries it again.

    `subject_id` is a row of the table that the chore works on. For `time_zones` it is a member whose time zone this machine
    does not know, for `unreadable` a row of which a text does not open: no chore leaves them alone, and the admins are told all
    the same. `error` is the kind of the failure,
    without values. `told_on` is the last date on which the admins were told.
    """

    __tablename__ = "set_aside"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)
    __table_args__ = (UniqueConstraint("workspace_id", "chore", "subject_id"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    chore: str
    subject_id: UUID
    error: str
    since: datetime = instant()
    until: datetime = instant()
    told_on: date | None = None


class RateLimit(Row, table=True):
    """A method of Slack's API that no process may use until `until`, because Slack asked one of them to wait."""

    __tablename__ = "rate_limit"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)

    workspace_id: UUID = references("workspace", primary_key=True)
    method: str = Field(primary_key=True)
    until: datetime = instant()


class Process(Row, table=True):
    """A process that runs, or ended without saying so, of the deployment and no workspace. `name` is unique for its kind, and the
    same after a restart.

    `incarnation` changes with each start. `beats` counts while the process lives; `worked_at` is when the worker's last
    complete round began, None for a process without a worker.
    """

    __tablename__ = "process"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: UUID = row_id()
    kind: str
    name: str
    incarnation: UUID
    beats: int = 0
    started_at: datetime = instant()
    beat_at: datetime = instant()
    worked_at: datetime | None = maybe_instant()
