"""The desk's running processes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import instant, maybe_instant, references, row_id


class Process(SQLModel, table=True):
    """A process that runs, or ended without saying so. `name` is unique for its kind, and the same after a restart.

    `incarnation` changes with each start. `beats` counts while the process lives; `worked_at` is when the worker's last
    complete round began, None for a process without a worker.
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
