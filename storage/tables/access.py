"""Requests for access to the desk."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import instant, maybe_instant, references, row_id


class AccessRequest(SQLModel, table=True):
    """A request for access by a person who is no member; one per person and local day of the workspace.

    `state` is open, granted or declined; `roles` are the granted roles, codes joined by blanks. Name, zone and locale are
    as Slack gave them then.
    """

    __tablename__ = "access_request"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("workspace_id", "slack_user_id", "asked_on"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    slack_user_id: str
    name: str
    locale: str
    zone: str
    asked_on: date
    asked_at: datetime = instant()
    state: str = "open"
    roles: str = ""
    decided_by_id: UUID | None = references("member", nullable=True)
    decided_at: datetime | None = maybe_instant()
