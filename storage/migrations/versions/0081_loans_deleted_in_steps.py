"""Loans deleted in steps"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0081"
down_revision: str | None = "0080"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REMOVED = sa.text("removed_at IS NOT NULL")


def upgrade() -> None:
    at = sa.Column("removed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
    op.add_column("loan", at)
    op.create_index(
        "ix_loan_removed",
        "loan",
        ["workspace_id", "id"],
        unique=False,
        sqlite_where=_REMOVED,
        postgresql_where=_REMOVED,
    )


def downgrade() -> None:
    op.drop_index("ix_loan_removed", table_name="loan")
    op.drop_column("loan", "removed_at")
