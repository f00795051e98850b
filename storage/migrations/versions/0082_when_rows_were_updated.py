"""When rows were updated"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.engine.types import UtcDateTime

revision: str = "0082"
down_revision: str | None = "0081"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_TABLES = ("loan", "follow_up", "call", "document_item", "promise")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("updated_at", UtcDateTime(timezone=True), nullable=True))
        op.create_index(f"ix_{table}_updated", table, ["workspace_id", "updated_at", "id"], unique=False)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_index(f"ix_{table}_updated", table_name=table)
        op.drop_column(table, "updated_at")
