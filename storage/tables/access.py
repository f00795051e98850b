"""Who asked to be let in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from storage.tables.columns import instant, maybe_instant, references, row_id


class AccessRequest(SQLModel, table=True):
    """That somebody who is no member asked for access on that day, where the workspace is.

    `state` is open, granted or declined; `roles` are those that were granted, codes joined by blanks. Name, zone and
    language are as Slack had them then.
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
