"""Collection steps by member"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("collection_step", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_step_planned",
            ["assignee_id"],
            unique=False,
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("collection_step", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_collection_step_planned",
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )
