"""What a lender said about the columns of its files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, references, row_id


class ImportColumn(Row, table=True):
    """What a heading of files of that kind means at this lender: `field` is the column that it heads, empty for one that is not
    imported. `heading_key` is the heading as it is compared. `by_id`: the member who said it, None for the operator."""

    __tablename__ = "import_column"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "heading_key"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    kind: str
    heading_key: str
    heading: str
    field: str = Field(default="")
    by_id: UUID | None = references("member", nullable=True)
    at: datetime = instant()
