"""What a release changed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "member_news",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("tell_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("member_id"),
    )
    with op.batch_alter_table("member_news", schema=None) as batch_op:
        batch_op.create_index("ix_member_news_tell_at", ["workspace_id", "tell_at"], unique=False)

    op.add_column("workspace", sa.Column("release", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("workspace", "release")

    with op.batch_alter_table("member_news", schema=None) as batch_op:
        batch_op.drop_index("ix_member_news_tell_at")

    op.drop_table("member_news")
