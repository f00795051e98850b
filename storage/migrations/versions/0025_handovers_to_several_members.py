"""Handovers to several members"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch_id", sa.Uuid(), nullable=True))

    op.execute("UPDATE handover SET batch_id = id")  # each was to one member, and its Undo has its id

    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.alter_column("batch_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.create_index("ix_handover_batch", ["batch_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_index("ix_handover_batch")
        batch_op.drop_column("batch_id")
