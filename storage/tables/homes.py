"""The App Homes that members opened, and what they show."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field, SQLModel

from storage.tables.columns import instant, references


class Home(SQLModel, table=True):
    """A member's App Home. For a while after it was opened, the worker checks it (`checked_at`) and publishes it again if
    `digest`, the HMAC of its content, differs. `hash` is Slack's name for the published content, `showing` the page shown.
    """

    __tablename__ = "home"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_home_checked_at", "checked_at"),)

    member_id: UUID = references("member", primary_key=True)
    workspace_id: UUID = references("workspace")
    opened_at: datetime = instant()
    checked_at: datetime = instant()
    digest: bytes = Field(default=b"", sa_type=LargeBinary)
    hash: str = ""
    showing: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
