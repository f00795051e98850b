"""The desk's running processes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import instant, maybe_instant, references, row_id


class Process(SQLModel, table=True):
    """A process that runs, or died without a word. `name` is its own among those of its kind, and the same after a restart.

    `incarnation` is another with each start. `beats` goes on for as long as it lives; `worked_at` is when the worker's last
    complete round began, None in a process that has no worker.
    """

    __tablename__ = "process"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "name"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    kind: str
    name: str
    incarnation: UUID
    beats: int = 0
    started_at: datetime = instant()
    beat_at: datetime = instant()
    worked_at: datetime | None = maybe_instant()
