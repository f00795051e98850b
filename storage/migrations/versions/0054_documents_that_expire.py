"""Documents that expire"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    seen = sa.Column("expiry_seen_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
    op.add_column("document_item", seen)
    op.create_index(
        "ix_document_item_expiry",
        "document_item",
        ["workspace_id", "valid_until"],
        unique=False,
        sqlite_where=sa.text("valid_until IS NOT NULL AND expiry_seen_at IS NULL"),
        postgresql_where=sa.text("valid_until IS NOT NULL AND expiry_seen_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_document_item_expiry", table_name="document_item")
    op.drop_column("document_item", "expiry_seen_at")
