"""Steps that escalate"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("collection_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("escalate_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_collection_step_escalate_at",
            ["escalate_at"],
            unique=False,
            sqlite_where=sa.text("escalate_at IS NOT NULL"),
            postgresql_where=sa.text("escalate_at IS NOT NULL"),
        )

    with op.batch_alter_table("replanning", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rules", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("replanning", schema=None) as batch_op:
        batch_op.drop_column("rules")

    with op.batch_alter_table("collection_step", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_collection_step_escalate_at",
            sqlite_where=sa.text("escalate_at IS NOT NULL"),
            postgresql_where=sa.text("escalate_at IS NOT NULL"),
        )
        batch_op.drop_column("escalate_at")
